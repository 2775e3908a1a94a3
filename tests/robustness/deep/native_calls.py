"""Recursion through native code ends in RecursionError, on the main thread and on small ones, whatever the limit is."""

import copy, functools, itertools, operator, os, re, sys, threading, types


def attempt(operation, *arguments):
    try:
        operation(*arguments)
    except (RecursionError, TypeError, ValueError, AttributeError, OverflowError, MemoryError, LookupError, re.error):
        pass


# What a special method of a class does, and what calls it first.
METHODS = """
__repr__(s): return repr(s) | repr(a)
__repr__(s): return repr([s]) | repr(a)
__str__(s): return f"{s}" | str(a)
__format__(s, p): return f"{s:{s}}" | format(a)
__hash__(s): return hash((s,)) | {a: 1}
__eq__(s, o): return s == o | a == b
__eq__(s, o): return [s] == [o] | [a] == [b]
__eq__(s, o): return {1: s} == {1: o} | a == b
__lt__(s, o): return (s,) < (o,) | sorted([a, b])
__bool__(s): return not s | bool(a)
__len__(s): return len(s) | len(a)
__iter__(s): return iter(s) | list(a)
__next__(s): return next(s) | next(a)
__contains__(s, x): return x in s | 1 in a
__getitem__(s, x): return s[x] | a[1]
__setitem__(s, x, v): s[x] = v | operator.setitem(a, 1, 1)
__delitem__(s, x): del s[x] | operator.delitem(a, 1)
__call__(s): return s() | a()
__add__(s, o): return s + o | a + b
__radd__(s, o): return 1 + s | 1 + a
__iadd__(s, o): s += o | operator.iadd(a, b)
__index__(s): return [1][s] | [1][a]
__int__(s): return int(s) | int(a)
__float__(s): return float(s) | float(a)
__complex__(s): return complex(s) | complex(a)
__neg__(s): return -s | -a
__pow__(s, o, m=None): return pow(s, o, m) | pow(a, b, a)
__dir__(s): return dir(s) | dir(a)
__instancecheck__(s, o): return isinstance(o, s) | isinstance(1, a)
__subclasscheck__(s, o): return issubclass(o, s) | issubclass(int, a)
__reversed__(s): return reversed(s) | reversed(a)
__bytes__(s): return bytes(s) | bytes(a)
__length_hint__(s): return operator.length_hint(s) | operator.length_hint(a)
__round__(s): return round(s) | round(a)
__divmod__(s, o): return divmod(s, o) | divmod(a, b)
__new__(c): return c() | A()
__init__(s): A() | A()
__fspath__(s): return os.fspath(s) | os.fspath(a)
__sizeof__(s): return sys.getsizeof(s) | sys.getsizeof(a)
__reduce_ex__(s, p): return copy.copy(s) | copy.copy(a)
__deepcopy__(s, m): return copy.deepcopy(s) | copy.deepcopy(a)
__matmul__(s, o): return s @ o | a @ b
__getattr__(s, n): return getattr(s, n) | a.x
__getattribute__(s, n): return s.x | a.x
__setattr__(s, n, v): s.x = 1 | setattr(a, "x", 1)
__delattr__(s, n): del s.x | delattr(a, "x")
__get__(s, o, t): return s.__get__(o, t) | a.__get__(1, int)
__enter__(s): return s.__enter__() | a.__enter__()
__init_subclass__(c): type("A", (c,), {}) | type("B", (A,), {})
__class_getitem__(c, i): return A[i] | A[1]
__missing__(s, k): return s[k] | a[1]
__instancecheck__(s, o): return isinstance(o, (s,)) | isinstance(1, (a,))
__bases__: property | issubclass(a, a)
"""


def special_methods():
    for line in METHODS.strip().splitlines():
        body, use = line.split(" | ")
        space = {"operator": operator, "os": os, "sys": sys, "copy": copy}
        bases = "dict" if "__missing__" in body else ""
        if body.startswith("__bases__"):
            exec("class A:\n @property\n def __bases__(s): return (s,)", space)
        else:
            exec(f"class A({bases}):\n def {body}", space)
        attempt(eval, f"(lambda a, b: {use})(A.__new__(A), A.__new__(A))" if "A()" not in use else use, space)


def sorting():
    sorted([1, 2], key=lambda _: sorting())


def mapping():
    list(map(lambda _: mapping(), [1]))


def reducing():
    functools.reduce(lambda *_: reducing(), [1, 2])


def evaluating():
    eval("evaluating()", globals())


def substituting():
    re.sub("a", lambda _: substituting(), "a")


def applying():
    (lambda *a, **k: applying())(*[1], **{"a": 1})


def plain():
    plain()


def chained(wrap, start, depth=100_000):
    value = start
    for _ in range(depth):
        value = wrap(value)
    return value


CHAINS = (
    (functools.partial, bool), (lambda f: functools.partial(lambda g: g(), f), bool), (functools.lru_cache, lambda: 1),
    (classmethod, lambda: 1), (staticmethod, lambda: 1), (property, lambda: 1), (lambda f: types.MethodType(f, 1), lambda *a: 1),
)


def chains():
    for wrap, start in CHAINS:
        value = chained(wrap, start)
        for use in (lambda f: f(), repr, hash, lambda f: f.__get__(1, int), lambda f: f.__isabstractmethod__, lambda f: f == f):
            attempt(use, value)


def texts():
    depth = 100_000
    attempt("".join(["{"] * depth).format, 1)
    attempt(("{:" * depth + "}" * depth).format, 1)
    attempt(("{0" + "[0]" * depth + "}").format, 1)
    attempt(operator.attrgetter(".".join(["real"] * depth)), 1)
    for pattern in ("(" * 1000 + ")" * 1000, "(" * depth + ")" * depth, "(?:" * 5000 + "a" + ")*" * 5000):
        attempt(re.compile, pattern)
    for pattern in ("(a|b)*c", "(?:a|b)*?c", "(a(b)?)+", "((a)*)*b"):
        attempt(re.match, pattern, "ab" * 100_000)


def all_of_them():
    special_methods()
    for function in (sorting, mapping, reducing, evaluating, substituting, applying, plain):
        attempt(function)


for limit in (1000, 5000):
    sys.setrecursionlimit(limit)
    all_of_them()
chains()
texts()
sys.setrecursionlimit(1_000_000)
for size in (32_768, 262_144, 1 << 20):
    threading.stack_size(size)
    thread = threading.Thread(target=all_of_them)
    thread.start()
    thread.join()
assert threading.stack_size() == 1 << 20
print("done")
