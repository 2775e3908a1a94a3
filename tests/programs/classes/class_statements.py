# class statements: what a program sees must be what it sees under CPython. Addresses are masked.
from types import *
def t(f):
    try: print(f())
    except BaseException as e: print(type(e).__name__, e.args)
class Meta(type):
    def __new__(m, name, bases, ns, **kw):
        print("new", name, kw)
        return super().__new__(m, name, bases, ns)
    def __init__(c, name, bases, ns, **kw): print("init", name)
    @classmethod
    def __prepare__(m, name, bases, **kw): print("prep"); return {"pre": 1}
    def __call__(c, *a): print("call", a); return super().__call__(*a)
class M(metaclass=Meta, k=3):
    def __init__(self, *a): self.a = a
m = M(1, 2)
print(m.a, M.pre, type(M).__name__)
class Base:
    subs = []
    def __init_subclass__(cls, /, tag=None, **kw): super().__init_subclass__(**kw); Base.subs.append((cls.__name__, tag))
class C1(Base, tag="x"): pass
print(Base.subs)
class D:
    def __set_name__(self, owner, name): self.n = name; print("set_name", owner.__name__, name)
    def __get__(self, i, o): return (self.n, i is None, o.__name__)
    def __set__(self, i, v): print("set", v)
    def __delete__(self, i): print("del")
class E: d = D()
e = E(); print(e.d, E.d); e.d = 3; del e.d
class P:
    @property
    def x(self): "doc x"; return self._x
    @x.setter
    def x(self, v): self._x = v
    @staticmethod
    def s(a): return a * 2
    @classmethod
    def c(cls, a): return cls.__name__, a
p = P(); p.x = 5; print(p.x, P.s(4), p.c(1), P.x.__doc__)
t(lambda: delattr(p, "x"))
class S:
    __slots__ = ("a", "b", "__dict__")
s = S(); s.a = 1; s.z = 2; print(s.a, s.__dict__)
t(lambda: s.b)
class S2: __slots__ = ("a",)
t(lambda: setattr(S2(), "q", 1))
t(lambda: type("X", (S2, S), {}))
t(lambda: type("X", (int, str), {}))
t(lambda: type("X", (bool,), {}))
t(lambda: type("X", (object, object), {}))
t(lambda: type("X", (), {"__slots__": ["1a"]}))
t(lambda: type("X", (), {"__slots__": "x", "x": 1}))
t(lambda: type("X", (int,), {"__slots__": "x"}))
class V:
    def __init__(self, v): self.v = v
    def __add__(self, o): return ("add", self.v)
    def __radd__(self, o): return ("radd", self.v)
    def __eq__(self, o): return self.v == o.v
    def __lt__(self, o): return self.v < o.v
    def __len__(self): return self.v
    def __getitem__(self, k): 
        if k >= 3: raise IndexError
        return k * 10
    def __call__(self, *a, **k): return a, k
    def __contains__(self, x): return x == 7
    def __bool__(self): return self.v > 5
    def __getattr__(self, n): return "dyn " + n
    def __iadd__(self, o): self.v += o; return self
    def __index__(self): return 3
v = V(3)
print(v + 1, 1 + v, v == V(3), v < V(4), len(v), v[2], v(1, k=2), 7 in v, bool(v), v.foo, list(v), [1,2,3,4][v])
v += 4; print(v.v, bool(v))
t(lambda: hash(v))
t(lambda: v > V(1))
t(lambda: v >= V(1))
t(lambda: -v)
class W(V):
    def __radd__(self, o): return ("W radd",)
print(V(1) + W(2))
V.__len__ = lambda self: 99
print(len(W(1)))
del V.__len__
t(lambda: len(W(1)))
V.__hash__ = lambda self: 5
print(hash(W(1)))
class L(list):
    def __repr__(self): return "L" + super().__repr__()
    def append(self, x): super().append(x * 2)
l = L([1, 2]); l.append(3); print(l, len(l), l + [4], type(l + [4]).__name__, l == [1, 2, 6])
print(int.__add__(1, 2), (5).__add__(6), int.__add__, (1).__add__.__name__, int.__dict__["__add__"].__objclass__)
t(lambda: int.__add__("x", 1)); t(lambda: int.__add__()); t(lambda: object.__new__(int)); t(lambda: int.__new__(str)); t(lambda: int.__new__()); t(lambda: object.__new__(3))
print(type("T", (), {})().__class__.__name__, object.__repr__.__qualname__)
t(lambda: object.__init__(p, 1)); t(lambda: P(1))
class N:
    def __new__(cls, *a): return object.__new__(cls)
t(lambda: N(1, 2).__class__.__name__)
class N2:
    def __init__(self): return 5
t(N2)
a1 = type("a1", (), {}); b1 = type("b1", (a1,), {})
o = a1(); o.__class__ = b1; print(type(o).__name__)
def setcls(): o.__class__ = int
t(setcls)
def setcls(): o.__class__ = S2
t(setcls)
b1.__bases__ = (P,); print(b1.__mro__)
def sb(): P.__bases__ = (b1,)
t(sb)
print(super(L, l).__len__(), super(L, l))
t(lambda: super(int, "x")); t(lambda: super())
print(list[int], dict[str, list[int]], int | None, int | str | int, isinstance(3, int | str), list[int] == list[int], (int|str).__args__)
t(lambda: isinstance(3, list[int]))
print(repr(SimpleNamespace(a=1, b="x")), SimpleNamespace(a=1) == SimpleNamespace(a=1))
mp = MappingProxyType({"a": 1}); print(mp, mp["a"], len(mp), "a" in mp, list(mp))
t(lambda: mp.__setitem__("a", 2))
print(P.__dict__["s"], P.__dict__["c"].__func__.__name__)
class G:
    def __class_getitem__(cls, i): return cls.__name__, i
print(G[3])
t(lambda: P[3]); t(lambda: int.x); t(lambda: setattr(int, "x", 1)); t(lambda: P().nope); t(lambda: P.nope); t(lambda: (3).nope); t(lambda: setattr(3, "x", 1)); t(lambda: setattr(object(), "x", 1))
class Dup1(type): pass
class Dup2(type): pass
class K1(metaclass=Dup1): pass
class K2(metaclass=Dup2): pass
t(lambda: type("K", (K1, K2), {}))
t(lambda: type("O", (a1, b1, a1), {})); t(lambda: type("O", (a1, type("z", (a1,), {})), {}))
t(lambda: type()); t(lambda: type(1, 2)); t(lambda: type("a", (), 3)); t(lambda: type("a", [], {})); t(lambda: type(3, (), {}))
print(P.__name__, P.__qualname__, P.__module__, P.__doc__, P.__bases__, P.__base__, int.__module__, dir(P)[:3], P.__subclasses__())
def setn(): P.__name__ = 3
t(setn)
def setn(): int.__name__ = "x"
t(setn)
def setn(): del P.__module__
t(setn)
print(isinstance(True, int), issubclass(bool, int), issubclass(int, (str, int)))
t(lambda: isinstance(1, 2)); t(lambda: issubclass(1, int))
class Fin:
    def __del__(self): print("del")
f = Fin(); f = None
class GA:
    def __getattribute__(self, n):
        if n == "x": return 42
        return object.__getattribute__(self, n)
    def __getattr__(self, n): return "fallback " + n
    def __setattr__(self, n, v): print("setattr", n, v); object.__setattr__(self, n, v)
    def __delattr__(self, n): print("delattr", n)
g = GA(); print(g.x, g.y); g.z = 1; print(g.z); del g.z
t(lambda: object.__setattr__(int, "x", 1))
print(p.c, P.c, p.x.__class__, "abc".upper, [].append.__self__, str.upper)
class It:
    def __iter__(self): return self
    n = 0
    def __next__(self):
        self.n += 1
        if self.n > 3: raise StopIteration
        return self.n
print(list(It()), [x for x in It()])
class Ctx:
    def __enter__(self): print("enter"); return 5
    def __exit__(self, *a): print("exit", a[0]); return True
with Ctx() as c: print(c); raise ValueError
print((lambda: 1).__name__, t.__code__.co_name, t.__defaults__, t.__closure__)
class Abs:
    def __hash__(self): return 1 << 70
print(hash(Abs()) == hash(1 << 70), hash(Abs()) != 0)
class NB:
    def __bool__(self): return 3
t(lambda: bool(NB()))
class NL:
    def __len__(self): return -1
t(lambda: len(NL())); 
class NI: __iter__ = None
t(lambda: iter(NI())); t(lambda: iter(3)); 
class NC: __contains__ = None
t(lambda: 3 in NC())
print(object.__subclasshook__(), P.__eq__(1, 2) if 0 else "", object().__eq__(3), object().__ne__(3))
