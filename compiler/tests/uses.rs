//! The symbol table that is made of the names the parser has noted is the one that a walk over the whole tree makes.

use pvm_compiler::{Options, names::WELL_KNOWN};
use pvm_parser::{Mode, parse};

const SOURCES: &[&str] = &[
    "a = b = c.d(e, f=g)\na.b[c], (d, *e) = f\ndel a, b.c\na += b\nassert a, b\nraise a from b\n",
    "x = y if z else {a: b, **c}\nprint(k=v, *args)\nf'{a} {b!r:{c}}'\nf'{a=}' 'b'\n",
    "@d(e)\ndef f(a: b = c, *d: e, f=g, **h) -> i:\n @j\n def k(): return a\n return k\n",
    "def f(a=-1, b=(1, 2), c=lambda: d): return a, b\n",
    "def f():\n for x in [1, 2]:\n  pass\n for y in [a, b]: (yield y)\n return 1 + 2\n",
    "def f():\n if a == -1:\n  def g(): return x\n elif (n := b):\n  class C(D, e=f): y = z\n else:\n  n = 1\n return n\n",
    "class C(B, metaclass=M):\n x: int = 1\n __a = 1\n def f(self): return super().f(self.__a, __b, _C__b)\n\
     \x20def g(self): return __class__\n",
    "from __future__ import annotations\ndef f(a: (yield) = b): x: c = d; return [x for x in a]\nclass C:\n x: int\n",
    "def f[T: (int, str)](a: T = b) -> T: return a\nclass C[T](B[T]): x = T\ntype A[T] = list[T]\n",
    "def f(a):\n match a:\n  case C(x=1, y=z) | [z] if z.w: return z\n  case {'a': b.c, **d}: e = d\n return a\n",
    "def f():\n with (a as b, c as d): e\n with (a, b): pass\n with (yield a) as c, d: pass\n return b\n",
    "def f():\n try: a\n except (B, C) as d: d.e\n except F: g\n else: h = 1\n finally: i\n return h\n",
    "def f():\n try: pass\n except E: x\n else:\n  global x\n  x = 1\n",
    "def f():\n try: pass\n except E:\n  global x\n else: x = 1\n",
    "def f():\n x = 1\n global x\n",
    "def f():\n def g():\n  nonlocal a, b\n  return a\n",
    "def f(a):\n global a\n",
    "x = 1\ndef f(): return [x := y for y in z], lambda: x\nclass C:\n a = [(b := c) for c in d]\n",
    "x = 1\ndef f(): return __debug__, x\nif __debug__: y = 1\n",
    "def f():\n if __debug__ and a: return b\n",
    "def f(): return [[x + y for x in a] for y in b if y], {z for z in (1, 2)}, (w for w in [c])\n",
    "async def f():\n async for a in b: await a\n async with c as d: return [e async for e in d]\n",
    "def f(): return a.b.c.d.e.f.g.h.i.j.k, a + b + c + d + e + f + g + h + i + j\n",
    "def f(): 'a' 'b'\ndef g(): 'a' + 'b'\ndef h(): not a in b; return 'a'[0], 2 ** 3, x in {1, 2}\n",
    "import a.b, c as d\nfrom e import f as g, h\nx = a, c, d, e, g, h\n",
    "def f():\n while a: break\n else: b = 1\n return lambda b=b, *c: (b, c)\n",
    "def f():\n try: pass\n except:\n  class C[T]: x = 1\n else: __m.y = __n\n return __m\n",
    "ﬁ = 1\ndef f(é): return ﬁ, é, fi\n",
];

/// The bytes that a source compiles to, or the error.
fn compiled(source: &str, numbered: bool, optimize: u8) -> Result<Vec<u8>, String> {
    let names = numbered.then_some(WELL_KNOWN);
    let options = pvm_parser::Options { first_names: names, ..Default::default() };
    let mut parsed = parse(source, Mode::Module, &options).unwrap();
    let options = Options { optimize, flags: 0, filename: "uses.py".into(), depth: parsed.depth() };
    let compiled = pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options)
        .map_err(|error| format!("{error:?}"))?;
    Ok(pvm_pycfile::marshal::dump_code(&compiled.code).unwrap())
}

#[test]
fn noted_names_make_the_table_that_a_walk_makes() {
    for source in SOURCES {
        for optimize in [0, 2] {
            assert_eq!(compiled(source, true, optimize), compiled(source, false, optimize), "{source}");
        }
    }
    // All in one, so that blocks of one come after those of another.
    let without_errors: Vec<&str> =
        SOURCES.iter().copied().filter(|source| compiled(source, false, 0).is_ok()).collect();
    assert!(without_errors.len() > SOURCES.len() - 10);
    let (futures, others): (Vec<&str>, Vec<&str>) =
        without_errors.into_iter().partition(|source| source.starts_with("from __future__"));
    let all = others.concat();
    assert_eq!(compiled(&all, true, 0), compiled(&all, false, 0));
    let all = futures.concat() + &all;
    assert_eq!(compiled(&all, true, 0), compiled(&all, false, 0));
}
