# changing classes: what a program sees must be what it sees under CPython. Addresses are masked.
log = []
class Base: pass
def mk(i):
    class C(Base):
        def __init__(self, x): self.x = x; self.me = self
        def f(self): return self.x, C, __class__
        @property
        def p(self): return self.x
        def __del__(self): log.append(self.x)
    c = C(i)
    assert c.f()[0] == i and c.p == i
    return None
for i in range(3000): mk(i)
print(len(Base.__subclasses__()) < 2500, len(log) > 500)
# attribute churn with guards
class A:
    x = 1
def get(o): return o.x
a = A()
r = 0
for i in range(200):
    A.x = i
    r += get(a)
    if i % 3 == 0: a.x = -i
    elif i % 3 == 1 and "x" in a.__dict__: del a.x
    r += get(a)
print(r)
class P:
    def m(self): return 1
def call(o): return o.m()
p = P(); t = 0
for i in range(50):
    P.m = (lambda k: lambda self: k)(i)
    t += call(p)
    p.m = lambda: 1000
    t += call(p)
    del p.m
print(t)
# class swap
class Q:
    def m(self): return "Q"
class R:
    def m(self): return "R"
q = Q(); out = []
for i in range(6):
    q.__class__ = R if i % 2 else Q
    q.z = i
    out.append((q.m(), q.z))
print(out)
# many shapes
objs = []
for i in range(300):
    o = A()
    for j in range(i % 7): setattr(o, "a%d" % ((i * j) % 11), j)
    objs.append(o)
print(sum(len(o.__dict__) for o in objs))
def rd(o): return getattr(o, "a1", None), getattr(o, "a5", 0)
print([rd(o) for o in objs[:20]])
# instance __dict__ while cached
class D: pass
def ga(o): return o.k
ds = [D() for _ in range(5)]
for i, d in enumerate(ds): d.k = i
print([ga(d) for d in ds]); dd = ds[2].__dict__; dd["k"] = 99; print([ga(d) for d in ds]); ds[3].__dict__ = {"k": 77}; print([ga(d) for d in ds])
# descriptor appears later
class E: pass
e = E(); e.v = 1
def gv(o): return o.v
print(gv(e)); E.v = property(lambda s: "prop"); print(gv(e)); del E.v; print(gv(e))
def sv(o, x): o.v = x
sv(e, 2); E.v = property(lambda s: "p2", lambda s, x: log.append(("set", x))); sv(e, 3); print(gv(e), log[-1]); del E.v; print(gv(e))
# __getattr__ added later
class F: pass
f = F()
def gq(o):
    try: return o.q
    except AttributeError: return "none"
print(gq(f)); F.__getattr__ = lambda s, n: "ga " + n; print(gq(f)); del F.__getattr__; print(gq(f))
F.__getattribute__ = lambda s, n: "all"; print(gq(f)); del F.__getattribute__; print(gq(f))
# metaclass __call__ changes
class M(type): pass
class G(metaclass=M):
    def __init__(self): self.ok = 1
def new(): return G()
print(new().ok); M.__call__ = lambda c: "mc"; print(new()); del M.__call__; print(new().ok)
G.__new__ = lambda c: "gn"; print(new()); del G.__new__; print(new().ok)
G.__init__ = lambda s: None; print(hasattr(new(), "ok"))
del G.__init__; print(hasattr(new(), "ok"))
# iteration mutation
class It:
    def __iter__(self): yield from [1, 2]
print(sum(x for x in It()))
big = type("Big", (), {"a%d" % i: i for i in range(500)}); b = big(); print(sum(getattr(b, "a%d" % i) for i in range(500)))
for i in range(300): setattr(b, "z%d" % i, i)
print(len(b.__dict__), b.z299)
class SlotMany: __slots__ = ["s%d" % i for i in range(150)]
s = SlotMany()
for i in range(150): setattr(s, "s%d" % i, i)
print(sum(getattr(s, "s%d" % i) for i in range(150)))
class SD(SlotMany): pass
s = SD(); s.s149 = 1; s.dyn = 2; print(s.s149, s.dyn, s.__dict__)
class Chain:
    def __init__(self, n): self.n = n
head = None
for i in range(100000):
    c = Chain(head); head = c
del head, c
print("freed")
def cyc():
    a, b = A(), A(); a.o = b; b.o = a
for i in range(20000): cyc()
print("cycles ok")
