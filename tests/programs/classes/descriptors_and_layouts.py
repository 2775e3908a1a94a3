# descriptors and layouts: what a program sees must be what it sees under CPython. Addresses are masked.
from types import *
def t(f):
    try: print(f())
    except BaseException as e: print(type(e).__name__, e.args)
# special method lookups bypass instance
class A: pass
a = A(); a.__len__ = lambda: 5
t(lambda: len(a))
# class attribute None special
class H: __hash__ = None
t(lambda: hash(H()))
class NoAdd: __add__ = None
t(lambda: NoAdd() + 1)
class NoIter: __iter__ = None; __getitem__ = lambda s, i: 1
t(lambda: list(NoIter()))
class NE:
    def __eq__(self, o): return "eqres"
t(lambda: NE() != 1); print(NE() == 1)
class St:
    def __str__(self): return 3
t(lambda: str(St()))
class Rp:
    def __repr__(self): return 3
t(lambda: repr(Rp()))
class Fmt:
    def __format__(self, s): return "<" + s + ">"
print(f"{Fmt():abc}", f"{Fmt()}", format(Fmt(), "q"))
t(lambda: format(object(), "x"))
class Ix:
    def __index__(self): return "x"
t(lambda: [1][Ix()])
class Cn:
    def __contains__(self, o): return []
print(3 in Cn())
class CallMeta(type):
    def __call__(cls, *a): return "meta call"
class CM(metaclass=CallMeta): pass
print(CM(1))
class Sing:
    _i = None
    def __new__(cls, *a):
        if cls._i is None: cls._i = super().__new__(cls)
        return cls._i
    def __init__(self, *a): print("init", a)
print(Sing(1) is Sing(2))
class Other:
    def __new__(cls): return 5
    def __init__(self): print("never")
print(Other())
# property subclass
class MyProp(property): 
    "myprop doc"
class UP:
    @MyProp
    def x(self): "xdoc"; return 1
print(UP().x, UP.x.__doc__, type(UP.__dict__["x"]).__name__)
class PP:
    x = property(lambda s: 1, doc="D")
    y = property()
print(PP.x.__doc__, PP.y.fget, PP.x.getter(lambda s: 2).__doc__)
t(lambda: PP().y)
def sx(): PP().x = 1
t(sx)
class Sub(PP):
    @PP.x.getter
    def x(self): return 99
print(Sub().x)
# staticmethod callable
@staticmethod
def sm(a): "smdoc"; return a
print(sm(3), sm.__name__, sm.__doc__, sm.__wrapped__ is sm.__func__, repr(sm)[:20])
class CMD:
    @classmethod
    @property
    def p(cls): return cls.__name__
print(CMD.p)
# descriptors on metaclass
class MD:
    def __get__(self, o, t): return ("MD", o is None, t.__name__)
class Met(type): d = MD()
class UM(metaclass=Met): pass
print(UM.d)
class DataM:
    def __get__(self, o, t): return "meta data"
    def __set__(self, o, v): print("meta set", v)
class Met2(type): d = DataM()
class UM2(metaclass=Met2): d = "own"
print(UM2.d); UM2.d = 3; print(UM2.__dict__["d"])
# __dict__ assignment
class Dd: pass
d = Dd(); d.x = 1; dd = {"y": 2}; d.__dict__ = dd; print(d.y, hasattr(d, "x")); dd["z"] = 3; print(d.z)
def sd(): d.__dict__ = 3
t(sd)
d.__dict__["w"] = 5; print(d.w, sorted(d.__dict__)); del d.y; print(dd)
# many attrs
class Many: pass
m = Many()
for i in range(200): setattr(m, "a%d" % i, i)
print(m.a0, m.a150, m.a199, len(m.__dict__))
for i in range(0, 200, 2): delattr(m, "a%d" % i)
print(len(m.__dict__), m.a1, hasattr(m, "a0"))
# attr order
class Or: pass
o = Or(); o.b = 1; o.a = 2; del o.b; o.c = 3; o.b = 4; print(list(o.__dict__))
# layouts
class Ls(list): __slots__ = ("x",)
l = Ls([1]); l.x = 5; print(l, l.x)
class Tp(tuple): pass
tp = Tp((1, 2)); tp.q = 3; print(tp, tp.q)
class Ii(int): pass
ii = Ii(7); ii.q = 3; print(ii, ii.q, ii + 1)
class Ss(str): __slots__ = ("x",)
ss = Ss("abc"); ss.x = 3; print(ss, ss.x)
class Ex(Exception): __slots__ = ("x",)
e = Ex(1); e.x = 3; e.y = 4; print(e.x, e.y, e.args)
class Fl(float): pass
f = Fl(1.5); f.q = 2; print(f, f.q, f * 2)
class Dc(dict): pass
dc = Dc(a=1); dc.q = 2; print(dc, dc.q)
class By(bytes): pass
b = By(b"ab"); b.q = 1; print(b, b.q, len(b))
class Se(set): pass
s = Se([1]); s.q = 2; print(s, s.q)
class Fs(frozenset): pass
print(Fs([1]), hash(Fs([1])) == hash(frozenset([1])))
class Md(ModuleType): 
    def __repr__(self): return "Md!"
md = Md("n"); md.x = 1; print(md, md.x, md.__name__, md.__dict__["x"])
md2 = ModuleType("z"); md2.__class__ = Md; print(md2)
class Ty(type): 
    def hello(cls): return "hello " + cls.__name__
T2 = Ty("T2", (), {"z": 1}); print(T2.hello(), T2().z, Ty.__mro__)
class Pr(property): pass
class Sp(super): pass
# subclass hooks
class Reg:
    def __init_subclass__(cls): print("sub", cls.__name__)
X = type("X", (Reg,), {}); 
# __class__ in method
class Zc:
    def f(self): return __class__
print(Zc().f())
# nested class names
class Outer:
    class Inner: pass
print(Outer.Inner.__qualname__, Outer.Inner)
# comparison of types
print(int == int, int != str, type == type, hash(int) == hash(int)); t(lambda: int < str)
# mutation of __bases__
class Aa:
    v = 1
class Bb:
    v = 2
class Cc(Aa): pass
print(Cc.v); Cc.__bases__ = (Bb,); print(Cc.v, Aa.__subclasses__(), Bb.__subclasses__())
t(lambda: setattr(Cc, "__bases__", ())); t(lambda: setattr(Cc, "__bases__", (int,))); t(lambda: setattr(Cc, "__bases__", (Cc,)))
# exceptions in descriptors
class Bad:
    def __get__(self, o, t): raise ValueError("x")
class UB: b = Bad()
t(lambda: UB().b); t(lambda: hasattr(UB(), "b"))
# del
class De:
    def __del__(self): print("bye", self.n)
def scope():
    d = De(); d.n = 1
    e = De(); e.n = 2; e.me = e
scope(); print("collecting")

# generic
print(list[int].__origin__, list[int].__args__, dict[str, int].__parameters__, tuple[int, ...], list[int] | None, type(list[int]))
t(lambda: list[int]()); t(lambda: list[int][str]); print(list[int].append, hash(list[int]) == hash(list[int]), [*tuple[int, str]])
t(lambda: issubclass(int, list[int])); t(lambda: 3 | int); t(lambda: int | 3)
print((int | str) == (str | int), {int | str}, (int | None) | str, isinstance(None, int | None), issubclass(int, int | str), int | list[int])
print(type(int | str), (int | str).__parameters__)
class Callable2:
    def __call__(self): return 1
c = Callable2(); c.__call__ = lambda: 2; print(c())
def gen():
    x = yield 1
    print(x)
    yield 2
g = gen(); print(next(g), g.send("s"))
print(object() == object(), object().__class__, type(None), type(NotImplemented), type(...))
t(lambda: type(None)(1)); print(type(None)() is None)
t(lambda: type(print)()); t(lambda: type(g)())
class Ne:
    def __init__(self): self.x = 1
    def __eq__(self, o): return self.x == o.x
    def __hash__(self): return hash(self.x)
print({Ne(): 1}[Ne()], Ne() in [Ne()], [Ne()].index(Ne()))
t(lambda: A.__init__(1)); t(lambda: A.__eq__()); t(lambda: A().__eq__(1, 2)); t(lambda: object.__getattribute__(a)); t(lambda: object.__getattribute__(a, 3)); t(lambda: (1).__add__()); t(lambda: (1).__add__(x=1)); t(lambda: a.__setattr__("x")); t(lambda: [].__len__(1)); t(lambda: "a".__getitem__())
