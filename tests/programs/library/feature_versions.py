"""What `ast.parse(feature_version=…)` takes and refuses, and where it says so."""

import ast

SOURCES = [
    "x: int = 1\n",
    "x: int\ny = 2\n",
    "a.b: int = f(\n  2)\n",
    "(x): int\n",
    "a @ b\n",
    "a @= b\n",
    "a @= (b @ c)\n",
    "async def f(): pass\n",
    "async def f():\n    await g()\nx = 1\n",
    "async def f():\n    async with a as b: pass\n",
    "async def f():\n    async with (a as b, c): pass\n",
    "async def f():\n    async for x in y: pass\n    else: pass\n",
    "async def f():\n    return [x async for x in y if x]\n",
    "with (a as b, c as d):\n    pass\n",
    "with (a, b): pass\n",
    "with (a): pass\n",
    "with a, b: pass\n",
    "try: pass\nexcept* E: pass\n",
    "try:\n    pass\nexcept* E as e:\n    pass\nelse:\n    pass\nfinally:\n    pass\nx\n",
    "match x:\n    case 1: pass\n",
    "match x:\n    case [1, *rest] if (y := rest):\n        pass\n",
    "match(x)\n",
    "type X = int\n",
    "type X[T] = list[T]\n",
    "type = 3\n",
    "def f[T](x: T): pass\n",
    "class C[T: int, *U, **P](B): pass\n",
    "if (x := 1): pass\n",
    "f(x := 1, y)\n",
    "[y for x in z if (y := x)]\n",
    "def f(a, /): pass\n",
    "def f(a, /, b=1, *c): pass\n",
    "def f(a=1, /): pass\n",
    "lambda a, /: a\n",
    "lambda a=1, /, *, b: a\n",
    "x = 1_000\n",
    "x = 0x_ff + 1_0.0_1j\n",
    "f'{x!r:>{1_0}}'\n",
    "f'{(x := 1)}'\n",
    "x = 1\ndef f():\n    y: int = 2\n    z = 3_0\n",
    "x: int = 1; y = $\n",
    "x: int = 1\ny = (\n",
    "x: int = 1\ny = 'abc\n",
    "y = (\nx: int = 1\n",
    "print 1_0\n",
    "def f(a, /) pass\n",
    "x = 1\nx: int = 2\n  y = 3\n",
    "é = 'é'; ü: int = 1_0\n",
    "x = lambda: (yield 1_0)\n",
]


def describe(source, **options):
    try:
        return ast.dump(ast.parse(source, **options))
    except SyntaxError as e:
        return type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, e.text


for source in SOURCES:
    print(repr(source))
    everything = describe(source)
    for minor in range(3, 14):
        got = describe(source, feature_version=(3, minor))
        print("   ", minor, "as ever" if got == everything else got)

print(describe("1_0", mode="eval", feature_version=(3, 5)))
print(describe("(x := 1)", mode="eval", feature_version=(3, 7)))
print(describe("x: int\n", mode="single", feature_version=(3, 5)))
print(describe("(int) -> a @ b", mode="func_type", feature_version=(3, 4)))
print(describe("x: int", feature_version=5))
for version in [(2, 7), (4, 0)]:
    try:
        ast.parse("x", feature_version=version)
    except ValueError as e:
        print(e)

# Without `PyCF_ONLY_AST` it changes nothing.
print(compile("x: int = 1", "<source>", "exec", _feature_version=3).co_names)
