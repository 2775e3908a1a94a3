# calls: what a program sees must be what it sees under CPython. Addresses are masked.
def t(f):
    try: print(f())
    except BaseException as e: print(type(e).__name__, e.args)
class A:
    def __init__(self, x, y=2, *a, k=5, **kw): self.v = (x, y, a, k, kw)
print(A(1).v, A(1, 3, 4, k=6, z=7).v, A(y=1, x=2).v, A(*[1, 2, 3], **{"k": 9}).v)
t(lambda: A()); t(lambda: A(1, x=2))
class B:
    def __init__(self, x): self.x = x
    def m(self, a, b=3): return self.x, a, b
print(B(1).x, B(B(2)).x.x); t(lambda: B()); t(lambda: B(1, 2))
b = B(1); f = b.m; print(f(1), f(1, 2), f(b=1, a=2)); t(lambda: f())
class C:
    def __init__(self): return 5
t(lambda: C())
class G:
    def __init__(self): yield 1
t(lambda: G())
class E:
    def __init__(self): raise ValueError("in init")
t(lambda: E())
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(15))
def kw(a, b=2, *c, d=4, **e): return a, b, c, d, e
print(kw(1), kw(1, 2, 3, d=5, f=6), [kw(i) for i in range(3)])
def gen(n):
    for i in range(n):
        x = B(i)
        yield x.m(i), kw(i, d=1), f(i)
print(list(gen(3)))
class Node:
    def __init__(self, v, nxt=None): self.v, self.nxt = v, nxt
n = None
for i in range(1000): n = Node(i, n)
c = 0
while n: c += n.v; n = n.nxt
print(c)
def rec(n): return 0 if n == 0 else 1 + rec(n - 1)
print(rec(900))
def deep(n): return deep(n + 1)
t(lambda: deep(0))
class RI:
    def __init__(self): RI()
t(lambda: RI())
def rk(n=0): return rk(n=n + 1)
t(lambda: rk())
class D:
    def __init__(self, n): self.n = n
    def __del__(self): print("del", self.n)
def use(d, *a): print("use", d.n)
use(D(1)); use(D(2), D(3)); D(4)
class P(B):
    def __init__(self, x, y): super().__init__(x); self.y = y
print(P(1, 2).x, P(1, 2).y)
import_ = [P(i, i).x for i in range(5)]; print(import_)
def outer():
    def inner(a, *, b): return a, b
    return inner(1, b=2)
print(outer()); t(lambda: outer(1)); t(lambda: kw()); t(lambda: B(1).m()); t(lambda: B(1).m(1, 2, 3))
try:
    B(1).m(B(1 / 0))
except ZeroDivisionError: print("zde")
class Ctx:
    def __init__(self, f): self.f = f
    def __enter__(self): return self.f(1)
    def __exit__(self, *a): pass
with Ctx(lambda x: B(x)) as q: print(q.x)
