# collections: Counter, deque, defaultdict, OrderedDict, namedtuple, ChainMap, User*; dictionaries and sets.
import collections
import types

c = collections.Counter("mississippi")
print(c, c.most_common(2), c["absent"], sorted(c.elements()), c.total(), +collections.Counter(a=1, b=-2), c - collections.Counter("miss"), c & collections.Counter("sip"), c | collections.Counter(m=5))
c.subtract("ppp")
c.update({"z": 4})
print(c, c == collections.Counter(dict(c)), c > collections.Counter(), -c)
d = collections.deque(range(5), maxlen=5)
d.append(5), d.appendleft(-1), d.rotate(2)
print(d, d.maxlen, d[1], d[-1], d.index(3), 2 in d, d.count(4), d.pop(), d.popleft(), list(reversed(d)), d + collections.deque([9]), d * 2)
d.extend("ab"), d.extendleft("cd"), d.insert(2, "i") if len(d) < 5 else None
print(d, d.copy() == d, len(d))
del d[0]
d.remove(d[2])
d[0] = "first"
print(d)
for bad in (lambda: collections.deque().pop(), lambda: d[10], lambda: d.remove("absent"), lambda: collections.deque(maxlen=-1), lambda: d.index("absent"), lambda: collections.deque([1], 1).insert(0, 2)):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
dd = collections.defaultdict(list, a=[1])
dd["b"].append(2)
print(dd, dd.get("c"), "c" in dd, dd.default_factory, dd | {"z": 1}, collections.defaultdict(None, x=1))
od = collections.OrderedDict(a=1, b=2, c=3)
od.move_to_end("a")
od.move_to_end("c", last=False)
print(od, od.popitem(), od.popitem(last=False), od == {"b": 2}, od == collections.OrderedDict(b=2), list(reversed(od)))
Point = collections.namedtuple("Point", "x y z", defaults=[0])
p = Point(1, y=2)
print(p, p._asdict(), p._replace(x=9), p[1:], Point._fields, Point._field_defaults, Point._make("abc"), p == (1, 2, 0), hash(p) == hash((1, 2, 0)), Point.__doc__, Point.x.__doc__)
print(collections.namedtuple("Renamed", ["a", "def", "a", "_b"], rename=True)._fields)
for bad in (lambda: Point(), lambda: Point(1, 2, 3, 4), lambda: setattr(p, "x", 1), lambda: p._replace(w=1), lambda: collections.namedtuple("X", "a a"), lambda: collections.namedtuple("X", "class"), lambda: collections.namedtuple("1", "a")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
chain = collections.ChainMap({"a": 1}, {"a": 2, "b": 3})
chain["c"] = 4
print(chain, chain["a"], sorted(chain), chain.parents, chain.new_child({"b": 0})["b"], len(chain))


class Upper(collections.UserDict):
    def __setitem__(self, key, value):
        super().__setitem__(key.upper(), value)


print(Upper(a=1, b=2), collections.UserList([1, 2]) + [3], collections.UserString("text").upper())
# Dictionaries.
d = dict(one=1, two=2) | {"three": 3}
d |= [("four", 4)]
print(d, list(d.items())[1:3], d.setdefault("five", 5), d.pop("one"), d.pop("one", "gone"), d.popitem(), list(reversed(d)), dict.fromkeys("ab", 0), d.keys() & {"two", "x"}, d.items() - {("two", 2)}, len(d))
view = d.keys()
d["new"] = 1
print(view, d.values(), "new" in view, d.items() >= {("new", 1)}, view == {"two", "three", "four", "new"}, d == dict(reversed(list(d.items()))), types.MappingProxyType(d))
for bad in (lambda: d["absent"], lambda: {}.popitem(), lambda: {[]: 1}, lambda: d.update(5), lambda: dict.fromkeys(5), lambda: {**[1]}, lambda: [d.pop(k) for k in d], lambda: d.keys() + d.keys(), lambda: d < d, lambda: dict(a=1, **{"a": 2})):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print({1: "int", 1.0: "float", True: "bool"}, {(1, 2): 3}[(1, 2)], {0: "a", -0.0: "b", False: "c"})


class Missing(dict):
    def __missing__(self, key):
        return f"no {key}"


print(Missing(a=1)["b"], Missing().get("b"), "%(x)s" % Missing(), Missing(a=1).copy(), type(Missing(a=1) | {}).__name__)
# Sets.
a, b = {1, 2, 3, 4}, frozenset([3, 4, 5])
print(a & b, a | b, a - b, a ^ b, b - a, type(b | a).__name__, a <= {1, 2, 3, 4, 5}, a.isdisjoint([9]), a.issuperset([1]), {1} < {1}, a.union([7], (8,)), a.intersection([1, 2], [2]), hash(b) == hash(frozenset([5, 4, 3])))
a.discard(99), a.add(10), a.update([11], {12}), a.difference_update([1]), a.symmetric_difference_update({2, 50}), a.intersection_update(range(40))
print(sorted(a), a.pop() in range(40), frozenset(), set(), {*"b"}, frozenset("a"), {frozenset([1])} == {frozenset([1])}, {1} == frozenset([1]), {frozenset({1}): 5}[frozenset([1])], {1, 2} > {1})
for bad in (lambda: {[]}, lambda: a.remove("absent"), lambda: set().pop(), lambda: a | [1], lambda: a < [1], lambda: set(5), lambda: frozenset().add(1), lambda: [a.add(x + 100) for x in a]):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
