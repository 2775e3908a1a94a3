# Calls: every kind of parameter, unpacking, defaults, errors of binding, signatures, partial application.
import functools
import inspect


def show(function, *args, **keywords):
    try:
        print(function(*args, **keywords))
    except TypeError as error:
        print("TypeError:", error)


def plain(a, b=2, *args, c, d=4, **keywords):
    return a, b, args, c, d, keywords


def only(a, b=1, /, c=2, *, d=3):
    return a, b, c, d


def none():
    return "none"


for args, keywords in (((1,), {"c": 3}), ((1, 2, 3, 4), {"c": 5, "e": 6}), ((), {}), ((1,), {}), ((1,), {"a": 2, "c": 3}), ((), {"a": 1, "c": 2}), ((1, 2), {"c": 1, "args": 5, "self": 6})):
    show(plain, *args, **keywords)
for args, keywords in (((1,), {}), ((1, 2, 3), {"d": 9}), ((), {"a": 1}), ((1,), {"b": 2}), ((1, 2, 3, 4), {}), ((), {}), ((1,), {"c": 5, "e": 1}), ((1,), {"a": 1, "b": 2})):
    show(only, *args, **keywords)
show(none, 1)
show(none, x=1)
show(lambda a, b, c: 0)
show(lambda a, b, c: 0, 1)
show(lambda *, x, y, z: 0)
show(lambda **keywords: keywords, **{"not an identifier": 1, "": 2})
print(plain(*[1], *(2, 3), c=1, **{"x": 1}, **{"y": 2}), [*range(3), *"ab"], {**{"a": 1}, "b": 2, **{"a": 3}}, (*(), 1), {*[1, 2], *{2, 3}})
for code in ("plain(**{'a': 1}, **{'a': 2})", "plain(*5)", "plain(**5)", "plain(**{1: 2})", "plain(c=1, *[1], **{'c': 2})", "len()", "len(1, 2)", "len(x=1)", "int(base=5)", "'a'.join()", "[].append(1, 2)",
             "dict(1)", "dict([1])", "dict([(1, 2, 3)])", "print(end=5)", "print(foo=1)", "sorted()", "object(1)", "int.__add__()", "int.__add__('a', 1)", "str.upper(5)", "isinstance(1)", "type()", "super()",
             "(lambda x: x).__call__()", "None()", "5()", "'s'()", "[]()", "getattr()", "range()", "range(1, 2, 3, 4)", "zip(1)", "map()", "map(5)", "enumerate()", "abs()", "sum(1)", "sum('ab')", "max()", "open()"):
    try:
        print(code, eval(code))
    except Exception as error:
        print(code, "->", type(error).__name__, error)
default = []


def accumulating(item, into=default):
    into.append(item)
    return into


print(accumulating(1), accumulating(2) is default, accumulating.__defaults__, plain.__kwdefaults__)
plain.__kwdefaults__ = {"c": "new", "d": "other"}
plain.__defaults__ = (8, 9)
print(plain(), inspect.signature(plain), inspect.signature(only))


def annotated(a: int, b: "text" = None, *rest: float, key: list[int] = (), **others: dict) -> str: ...


print(inspect.signature(annotated), annotated.__annotations__, inspect.getfullargspec(only))
bound = inspect.signature(only).bind(1, 2, d=5)
bound.apply_defaults()
print(bound.arguments, bound.args, bound.kwargs)


class Methods:
    def method(self, a):
        return a

    @classmethod
    def on_class(cls, a):
        return cls.__name__, a

    @staticmethod
    def static(a):
        return a

    def __call__(self, *args, **keywords):
        return args, keywords


m = Methods()
for call in (m.method, Methods.method, m.on_class, Methods.static, m, Methods):
    show(call)
    show(call, 1, 2, 3)
partial = functools.partial(plain, 1, c="kept", x=0)
print(partial(2, x=1), partial.func.__name__, partial.args, partial.keywords, functools.partial(partial, 5)(), inspect.signature(partial))


def order(tag, value):
    print("eval", tag)
    return value


print(plain(order("a", 1), *order("args", [2]), c=order("c", 3), **order("keywords", {"d": 4})))
