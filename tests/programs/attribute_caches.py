"""Attributes through instructions that have specialised: every change below must be seen at once."""

import types


class Point:
    kind = "point"

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def total(self):
        return self.x + self.y

    @property
    def double(self):
        return self.x * 2


class Named(Point):
    kind = "named"

    def total(self):
        return 100


class Slotted:
    __slots__ = ("a", "b")


class Both(Slotted):
    pass


def read_x(o):
    return o.x


def read_kind(o):
    return o.kind


def read_double(o):
    return o.double


def call_total(o):
    return o.total()


def write_x(o, value):
    o.x = value


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def instances():
    p, n = Point(1, 2), Named(3, 4)
    for o in [p] * 5 + [n] * 80 + [p, n] * 5 + [p] * 80:
        result = read_x(o), read_kind(o), read_double(o), call_total(o)
    print(result)
    Point.kind = "changed"
    print(read_kind(p), read_kind(n))
    Point.total = lambda self: "new total"
    print(call_total(p), call_total(n))
    Point.double = property(lambda self: "new double")
    print(read_double(p), read_double(n))
    Point.double.__init__(lambda self: "other getter")
    print(read_double(p))
    p.kind = "own"
    p.total = lambda: "own total"
    print(read_kind(p), call_total(p), read_kind(Point(1, 1)))
    del p.kind, p.total
    print(read_kind(p), call_total(p))
    p.__dict__["x"] = "from dict"
    print(read_x(p))
    write_x(p, "written")
    print(p.__dict__["x"], vars(p))
    p.__dict__ = {"x": 5, "y": 6, "kind": "in dict"}
    print(read_x(p), read_kind(p), call_total(Named(1, 2)))
    p.__class__ = Named
    print(read_kind(p), call_total(p))
    del p.x
    print(attempt(read_x, p))
    Point.x = "fallback"
    print(read_x(p))
    del Point.x
    print(attempt(read_x, p))
    Point.__getattr__ = lambda self, name: "missing " + name
    print(read_x(p))
    del Point.__getattr__
    Point.__getattribute__ = lambda self, name: "always " + name
    print(read_x(p), read_kind(Named(1, 1)))
    del Point.__getattribute__
    Point.__setattr__ = lambda self, name, value: print("set", name, value)
    write_x(p, 9)
    del Point.__setattr__
    write_x(p, 10)
    print(read_x(p))


def slots():
    def read(o):
        return o.a

    def write(o, value):
        o.a = value

    s, b = Slotted(), Both()
    print(attempt(read, s), attempt(read, b))
    for o in [s, b] * 70:
        write(o, 1)
        o.a += 1
        assert read(o) == 2
    b.other = 7
    print(read(s), read(b), b.other)
    del s.a
    print(attempt(read, s))
    print(attempt(lambda: Slotted.a.__get__(Point(1, 2))))
    Point.stolen = Slotted.a
    print(attempt(lambda: Point(1, 2).stolen), attempt(lambda: setattr(Point(1, 2), "stolen", 1)))
    s.a = 3
    Slotted.a = "no slot any more"
    print(read(s), attempt(write, s, 1))


class Growing:
    def __init__(self, n):
        self.a = n
        if n % 2:
            self.b = n
        self.c = n
        self.d = self.e = self.f = self.g = n
        if n % 3 == 0:
            del self.g
        self.h = n


def shapes():
    made = [Growing(n) for n in range(300)]
    print(sum(o.h + o.c for o in made), [sorted(vars(o)) for o in made[:4]])
    print(len({tuple(vars(o)) for o in made}))
    for n, o in enumerate(made):
        setattr(o, f"z{n % 130}", n)
    print(sum(len(vars(o)) for o in made))

    class Watched:
        pass

    for n in range(10):
        o = Watched()
        o.one = n
        if n == 5:
            Watched.one = property(lambda self: "property", lambda self, value: print("setter", value))
        if n == 8:
            del Watched.one
    print(vars(o))


class Meta(type):
    def __call__(cls, *args):
        return super().__call__(*args)


class Registry(metaclass=Meta):
    count = 0

    @classmethod
    def make(cls, *args):
        return cls.__name__, args

    @staticmethod
    def plain(*args):
        return args


class Sub(Registry):
    pass


def classes():
    def read(c):
        return c.count

    def call(c):
        return c.make(1), c.plain(2)

    for n in range(200):
        c = (Registry, Sub)[n % 2 if n > 100 else 0]
        read(c), call(c)
        c.count += 1
    print(read(Registry), read(Sub), call(Sub), Registry.__dict__["count"], Sub.__dict__["count"])
    Meta.count = property(lambda cls: "from the metaclass")
    print(read(Registry), read(Sub))
    del Meta.count
    print(read(Registry))
    Meta.__getattribute__ = lambda cls, name: "meta " + name
    print(read(Registry))
    del Meta.__getattribute__
    Registry.make = classmethod(lambda cls, n: ("replaced", cls.__name__))
    print(call(Sub))
    Registry.plain = lambda n: ("function", n)
    print(call(Registry))


def descriptors_that_become_such():
    class Value:
        pass

    class Owner:
        attribute = Value()

    def read(o):
        return o.attribute

    o = Owner()
    for _ in range(5):
        first = read(o), read(Owner)
    print([type(v).__name__ for v in first])
    Value.__get__ = lambda self, instance, owner: "got"
    print(read(o), read(Owner))
    o.__dict__["attribute"] = "own"
    print(read(o))
    Value.__set__ = lambda self, instance, value: print("set", value)
    print(read(o))
    o.attribute = 1


def modules():
    m = types.ModuleType("m")
    m.f = lambda: "f"

    def call(m):
        return m.f(), m.f

    for _ in range(3):
        call(m)
    m.f = lambda: "g"
    print(call(m)[0])
    m.extra = 1
    print(call(m)[0])
    del m.f
    print(attempt(call, m))
    m.__getattr__ = lambda name: lambda: "lazy " + name
    print(call(m)[0])

    class Loud(types.ModuleType):
        @property
        def f(self):
            return lambda: "property"

    m.__class__ = Loud
    print(call(m)[0])


class Items:
    def __getitem__(self, key):
        if key == "bad":
            raise KeyError(key)
        return key, self

    def __len__(self):
        return 3


class Lazy:
    def __getitem__(self, key):
        yield key
        yield key * 2


def items():
    def get(o, key):
        return o[key]

    o = Items()
    for key in ["a", 1, None]:
        print(get(o, key)[0], o["const"][0], o[7][1] is o)
    print(attempt(get, o, "bad"), list(get(Lazy(), 4)))
    Items.__getitem__ = lambda self, key, extra="default": (key, extra)
    print(get(o, 1), o[2])
    Items.__getitem__ = lambda self: None
    print(attempt(get, o, 1))
    for container in [[1, 2, 3], (1, 2, 3), "abc", {1: "one", -1: "minus", "k": 2}, b"abc"]:
        print([attempt(get, container, key) for key in (1, -1, 2, -3, 3, -4, "k", True, 1.0, 10**30)])
    print([[1, 2, 3, 4][a:b] for a in (None, 0, 1, -1, 9, -9) for b in (None, 0, 2, -1, 9, -9)])
    print([(1, 2, 3, 4)[a:b] for a in (None, 1, -1, 9) for b in (None, 2, -9)])

    class Tuple(tuple):
        pass

    t = Tuple((1, 2))
    print(type(t[:]).__name__, t[:] is t, (1, 2)[:] == t)


def deep():
    class Node:
        def __init__(self, below):
            self.below = below

        @property
        def depth(self):
            return 0 if self.below is None else 1 + self.below.depth

    node = None
    for _ in range(100):
        node = Node(node)
    print(node.depth)

    class Endless:
        @property
        def more(self):
            return self.more

        def __getitem__(self, key):
            return self[key]

    print(attempt(lambda: Endless().more)[:30], attempt(lambda: Endless()[0])[:30])


def pairs():
    d = {n: str(n) for n in range(4)}
    kept = list(d.items()), list(zip(d, d.values())), list(enumerate(d.values()))
    print(kept)
    for pair in d.items():
        first, second = pair
        if first == 1:
            saved = pair
    print(saved, pair)
    try:
        for key in d:
            d[key + 10] = 1
    except RuntimeError as error:
        print(error)
    print([*d][:5], [v for v in d.values()][-1], [k for k in reversed(d)][0])
    iterator = iter(d.items())
    print(next(iterator), next(iterator) is next(iterator))


for part in [
    instances, slots, shapes, classes, descriptors_that_become_such, modules, items, deep, pairs,
]:
    print("---", part.__name__)
    part()
