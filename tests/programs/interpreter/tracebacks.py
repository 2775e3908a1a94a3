# Tracebacks as the interpreter prints them: chains, marks, hints, recursion, syntax errors, notes, groups.
import subprocess
import sys

PROGRAMS = {
    "chain": "def a():\n    try:\n        b()\n    except ZeroDivisionError as e:\n        raise ValueError('bad') from e\n\ndef b():\n    return 1 / 0\n\ntry:\n    a()\nexcept ValueError:\n    {}['missing']\n",
    "suppressed": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('k') from None\n",
    "marks": "def f(x):\n    return x.a.b + (x.c\n        [0]) * g(x=1,\n                 y=2)\n\ndef g(x, y):\n    d = {}\n    return d[x][y] / 0\n\nclass X:\n    class a: b = 1\n    c = [2]\n\nf(X)\n",
    "operators": "a, b = 1, 'x'\nfirst = (a   +   b) + 1\n",
    "subscript": "value = [1, [2]]\nprint(value[1][0][5]  ['k'])\n",
    "attribute": "import math\nmath.sqroot(2)\n",
    "name": "lenght = 5\nprint(length)\n",
    "builtin name": "pritn('x')\n",
    "self name": "class A:\n    def __init__(self):\n        self.blech = 1\n    def f(self):\n        return blech\nA().f()\n",
    "import name": "from collections import deqeu\n",
    "import module": "import collections.nothing\n",
    "module": "import nothing_here\n",
    "recursion": "def f(n):\n    return g(n)\ndef g(n):\n    return f(n + 1)\nf(0)\n",
    "self recursion": "def f(): f()\nf()\n",
    "deep repeat": "def f(n):\n    if n:\n        f(n - 1)\n    else:\n        1 / 0\nf(10)\n",
    "notes": "e = ValueError('noted')\ne.add_note('one')\ne.add_note('two\\nlines')\nraise e\n",
    "group": "def f(e):\n    raise e\nerrors = []\nfor n in (1, 2):\n    try:\n        f(ValueError(n))\n    except ValueError as e:\n        errors.append(e)\nraise ExceptionGroup('many', [*errors, ExceptionGroup('inner', [TypeError('t')])])\n",
    "class": "class MyError(Exception):\n    def __str__(self):\n        return 'mine'\nclass Outer:\n    class Inner(Exception): pass\ntry:\n    raise MyError\nexcept MyError:\n    raise Outer.Inner('a', 1)\n",
    "bad str": "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E\n",
    "lambda": "list(map(lambda x: 1 // x, [1, 0]))\n",
    "comprehension": "[1 // x for x in (1, 0)]\n",
    "generator": "def g():\n    yield 1\n    raise RuntimeError('in generator')\nfor _ in g():\n    pass\n",
    "exec": "exec('def f():\\n    1 / 0\\nf()')\n",
    "decorator": "def d(f):\n    raise TypeError('decorated')\n\n@d\ndef g():\n    pass\n",
    "with": "class M:\n    def __enter__(self): return self\n    def __exit__(self, *a): raise KeyError('exit')\nwith M():\n    1 / 0\n",
    "assertion": "x = 5\nassert x == 6, f'x is {x}'\n",
    "unicode": "def naïve(é):\n    return é['日本' + 1]\nnaïve({})\n",
    "tabs": "def f():\n\tif 1:\n\t\treturn\tundefined_thing\nf()\n",
    "long line": "x = " + " + ".join(f"v{i}" for i in range(40)) + "\n",
    "unpack": "a, b = [1, 2, 3]\n",
    "call": "def f(a, *, b): pass\nf(1, 2, c=3)\n",
    "unraisable": "class D:\n    def __del__(self):\n        1 / 0\nd = D()\ndel d\nprint('after')\n",
    "thread": "import threading\ndef work():\n    raise ValueError('in thread')\nt = threading.Thread(target=work, name='worker')\nt.start()\nt.join()\n",
    "os error": "open('/nothing/here')\n",
    "unicode error": "'é'.encode('ascii')\n",
    "system exit": "raise SystemExit('goodbye')\n",
    "limit": "import sys\nsys.tracebacklimit = 1\ndef f(): 1 / 0\nf()\n",
    "from traceback": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError as e:\n    traceback.print_exc()\n    print(traceback.format_exception_only(e), traceback.extract_tb(e.__traceback__))\ntraceback.print_stack()\n",
}
SYNTAX = [
    "x = = 1", "if x\n  pass", "print 'x'", "def f(a, a): pass", "f(a=1, a=2)", "(1, 2", "x = [1, 2", "  indented", "if 1:\nx", "'unterminated", "'''triple", "1 +", "a b", "x = 1 if 2", "return 1", "yield 1", "break",
    "nonlocal x", "def f():\n  global x\n  x = 1\n  global x", "f() = 1", "1 = x", "None = 1", "a + 1 = 2", "del f()", "for 1 in x: pass", "import a.b as", "from . import *", "lambda: (yield)", "async def f(): await", "await x",
    "f'{x'", "f'{}'", "f'{x!z}'", "f'{a b}'", "class A\n  pass", "try:\n  pass", "except: pass", "x = 0777", "x = 1__0", "x = 0b12", "\\ x", "x = 5 $ 3", "a = 'b\n'", "match x:\n  case 1 | y: pass", "with open() as 1: pass",
    "else: pass", "if x:\n    a\n  b", "x = {1: 2, 3}", "{**x for x in y}", "*x", "print(*)", "a, *b, *c = d", "x: int: str", "@\ndef f(): pass", "raise from x", "def f(*): pass", "def f(a=1, b): pass", "if x = 1: pass", "\ud800".encode("utf-8", "replace").decode(),
    "x = '\\N{nothing}'", "b'é'", "a ? b : c", "i++", "import", "from x import (a,", "def f():\n\tif 1:\n        x", "assert (1, 2)", "x is 1", "'\\d'", "elif x: pass", "x ! = y", "a := 1", "(a := 1) = 2", "type X = (yield)", "f(x for x in y, 1)",
]
for name, program in PROGRAMS.items():
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True)
    print("==", name, done.returncode, done.stdout, done.stderr, sep="\n")
sys.stdout.flush()
for source in SYNTAX:
    try:
        compile(source, "<source>", "exec")
        print("fine", repr(source))
    except SyntaxError as error:
        print(repr(source), type(error).__name__, error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset, repr(error.text))
