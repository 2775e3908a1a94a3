# special methods: what a program sees must be what it sees under CPython. Addresses are masked.
from types import *
def t(f):
    try: print(f())
    except BaseException as e: print(type(e).__name__, e.args)
import_ok = True
class A:
    def __init__(self, x=1): self.x = x
    def m(self): return 1
print(A().__reduce_ex__.__name__, A.m, A().m.__func__ is A.m, A.__init__)
t(lambda: A.__new__()); t(lambda: A.__new__(3))
class R1:
    def __eq__(self, o): return True
t(lambda: hash(R1())); print(R1.__hash__)
class R2(R1): __hash__ = object.__hash__
t(lambda: hash(R2()) != 0)
# inheritance of slots
class D(dict):
    def __missing__(self, k): return k * 2
d = D(); d["a"] = 1; print(d["a"], d["zz"])
class DI(dict):
    def __getitem__(self, k): return "gi"
    def __setitem__(self, k, v): print("si", k, v); super().__setitem__(k, v)
di = DI(); di[1] = 2; print(di[1], di.get(1), len(di))
class T(tuple):
    def __new__(cls, *a): return super().__new__(cls, a)
print(T(1, 2, 3), len(T()), T(1)[0], T(1) + (2,))
class I(int):
    def __add__(self, o): return "I+"
    def __repr__(self): return "I!"
print(I(3) + 1, 1 + I(3), I(3) * 2, repr(I(4)), str(I(4)), I(5) == 5, hash(I(5)), I(3).__class__.__name__)
class Sx(str):
    @property
    def up(self): return self.upper()
print(Sx("abc").up, Sx("a") + "b", type(Sx("a") + "b").__name__)
I(3).foo = 1
class E1(Exception):
    def __init__(self, a, b): super().__init__(a); self.b = b
try: raise E1(1, 2)
except E1 as e: print(e.args, e.b)
class Desc:
    def __get__(self, i, o=None): return "non-data"
class HD: d = Desc()
h = HD(); h.__dict__["d"] = "inst"; print(h.d)
class Mixin:
    def __len__(self): return 42
class ML(Mixin, list): pass
print(len(ML()), ML([1]).append)
class LM(list, Mixin): pass
print(len(LM()))
class Order1:
    def __lt__(self, o): return "lt"
    def __gt__(self, o): return "gt"
class Order2(Order1):
    def __gt__(self, o): return "gt2"
print(Order1() < Order2(), Order1() < Order1(), Order1() > Order2())
class In:
    def __iadd__(self, o): return NotImplemented
    def __add__(self, o): return "added"
i = In(); i += 1; print(i)
class Pw:
    def __pow__(self, o, m=None): return ("pow", o, m)
    def __rpow__(self, o): return ("rpow", o)
print(Pw() ** 2, 2 ** Pw())
t(lambda: object() + 1); t(lambda: object() < 1); t(lambda: object()()); t(lambda: object()[1]); t(lambda: len(object())); t(lambda: 1 in object()); t(lambda: -object())
class NotImpl:
    def __add__(self, o): return NotImplemented
t(lambda: NotImpl() + 1); t(lambda: NotImpl() + NotImpl())
class Meta(type):
    def __getattr__(cls, n): return "meta " + n
    def __len__(cls): return 7
    def __iter__(cls): return iter([1, 2])
    def __contains__(cls, x): return x == "in"
    def __getitem__(cls, k): return ("mg", k)
    def __instancecheck__(cls, o): return o == 5
    def __subclasscheck__(cls, o): return o is int
    @property
    def prop(cls): return "metaprop " + cls.__name__
    def __repr__(cls): return "<M " + cls.__name__ + ">"
    def __or__(cls, o): return "meta or"
    def __bool__(cls): return False
    def __hash__(cls): return 1
    def __eq__(cls, o): return cls is o
class MC(metaclass=Meta): pass
print(MC.foo, len(MC), list(MC), "in" in MC, MC[3], isinstance(5, MC), issubclass(int, MC), MC.prop, MC, MC | int, bool(MC), hash(MC), MC == MC)
t(lambda: MC().prop)
class CG:
    x = 5
CG.x = 6; print(CG.x); del CG.x
t(lambda: CG.x)
def df(): del CG.x
t(df)
class Cache:
    def f(self): return 1
c = Cache(); print(c.f()); Cache.f = lambda self: 2; print(c.f())
class Sub(Cache): pass
s = Sub(); print(s.f()); Cache.f = lambda self: 3; print(s.f()); Sub.f = lambda self: 4; print(s.f()); del Sub.f; print(s.f())
# set_name error
class SN:
    def __set_name__(self, o, n): 1 / 0
def f():
    class X: a = SN()
try: f()
except ZeroDivisionError as e: print(e.args, e.__notes__[0][:60])
# classcell
class MNo(type):
    def __new__(m, n, b, ns): ns.pop("__classcell__", None); return super().__new__(m, n, b, ns)
def f():
    class X(metaclass=MNo):
        def g(self): return __class__
t(f)
# mro entries
class ME:
    def __mro_entries__(self, bases): return (A,)
class UsesME(ME()): pass
print(UsesME.__bases__, len(UsesME.__orig_bases__))
t(lambda: type("X", (ME(),), {})); t(lambda: type("X", (3,), {}))
# custom mro
class MM(type):
    def mro(cls): return [cls, A, object]
class X(metaclass=MM): pass
print(X.__mro__, X(5).x)
# weird init_subclass
def f():
    class X(A, k=1): pass
t(f)
print(A.__dict__.keys() >= {"__init__", "m"}, type(A.__dict__).__name__, A.__dict__["__weakref__"], A.__dict__["__dict__"])
f = FunctionType((lambda a, b=2: (a, b)).__code__, {}, "nm", (9,)); print(f(1), f.__name__)
t(lambda: FunctionType(3, {})); t(lambda: MethodType(3, 4)); t(lambda: MethodType(f, None))
bm = MethodType(f, 7); print(bm(), bm.__self__, bm.__name__, bm == MethodType(f, 7), hash(bm) == hash(MethodType(f, 7)))
print(type(print), print.__name__, print.__self__.__class__, len.__text_signature__, [].append.__text_signature__)
def ann(a: int, *b: str, c: float = 1, **d) -> None: "doc"
print(ann.__annotations__, ann.__kwdefaults__, ann.__doc__); ann.q = 5; print(ann.__dict__)
def setc(): ann.__code__ = 3
t(setc)
cell = CellType(5); print(cell.cell_contents, CellType() == CellType()); t(lambda: CellType().cell_contents)
mo = ModuleType("mod", "docs"); mo.x = 1; print(mo, mo.__doc__, mo.x, sorted(vars(mo))[:3] if 0 else ""); t(lambda: mo.nope)
mo.__getattr__ = lambda n: "dyn" + n; print(mo.nope)
co = ann.__code__; print(co.co_varnames, co.co_argcount, co.co_flags, co.replace(co_name="zz").co_name, co == co.replace(), list(co.co_lines())[:2])
class Gen:
    def __class_getitem__(cls, i): return GenericAlias(cls, i)
print(Gen[int]().__orig_class__.__args__, Gen[int, str].__origin__ is Gen)
class Bad:
    @property
    def y(self): raise AttributeError("inner")
    def __getattr__(self, n): return "ga " + n
print(Bad().y)
class Priv:
    __slots__ = ("__a",)
    def __init__(self): self.__a = 3
print(Priv()._Priv__a)
t(lambda: property().__get__(3)); t(lambda: property(lambda s: 1).__set__(3, 4))
class WithDoc:
    "the doc"
print(WithDoc.__doc__, WithDoc().__doc__, int.__doc__[:10])
class A1:
    __slots__ = ("x", "y")
class B1(A1):
    __slots__ = ("z",)
b = B1(); b.x = 1; b.z = 3; print(b.x, b.z, B1.__dict__["z"]); t(lambda: b.y); t(lambda: b.w)
class C1(B1): pass
c = C1(); c.x = 1; c.w = 5; print(c.__dict__, c.x)
del c.x; t(lambda: c.x)
t(lambda: super().foo)
class Sup:
    def f(self): return "Sup.f"
    @classmethod
    def g(cls): return cls.__name__
    @property
    def h(self): return "Sup.h"
class Sub2(Sup):
    def f(self): return super().f() + super(Sub2, self).f()
    @classmethod
    def g(cls): return super().g() + "!"
    @property
    def h(self): return super().h + "?"
    def bad(self): return super().nope
print(Sub2().f(), Sub2.g(), Sub2().h); t(Sub2().bad)
print(object.__reduce_ex__, type.__call__, type.mro(int))
print([n for n in dir(object)])
print([n for n in dir(type)])
