"""Runs modules of the reference's test package, and records what they compile and cannot: collect.py OUT MODULE..."""

import __future__
import builtins
import sys
import unittest

sys.argv, (out_path, *modules) = sys.argv[:1], sys.argv[1:]
real_compile, real_exec, real_eval = builtins.compile, builtins.exec, builtins.eval
FUTURES = 0
for name in __future__.all_feature_names:
    FUTURES |= getattr(__future__, name).compiler_flag
ONLY_AST, SOURCE_IS_UTF8 = 0x400, 0x100
MODES = ("exec", "eval", "single", "func_type")
seen = {}


def record(source, mode, flags):
    """Keeps a source if compiling it fails."""
    if isinstance(source, str):
        kind, data = "t", source.encode("utf-8", "surrogatepass")
    elif isinstance(source, (bytes, bytearray, memoryview)):
        kind, data = "b", bytes(source)
    else:
        return
    key = (kind, mode, flags, data)
    if mode not in MODES or key in seen or len(data) > 200_000:
        return
    limit = sys.getrecursionlimit()
    try:
        real_compile(source, "<string>", mode, flags, True)
    except (SyntaxError, ValueError, OverflowError):
        seen[key] = None
    except BaseException:
        pass
    finally:
        sys.setrecursionlimit(limit)


def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1):
    inherited = 0 if dont_inherit else sys._getframe(1).f_code.co_flags & FUTURES
    if _feature_version == -1 and isinstance(flags, int):
        record(source, mode, flags | inherited)
    extra = {} if _feature_version == -1 else {"_feature_version": _feature_version}
    return real_compile(source, filename, mode, flags | inherited, True, optimize, **extra)


def running(real, mode):
    def run(source, globals=None, locals=None, /, **keywords):
        frame = sys._getframe(1)
        inherited = frame.f_code.co_flags & FUTURES
        record(source.lstrip(" \t") if mode == "eval" and isinstance(source, str) else source, mode, inherited)
        if globals is None:
            globals = frame.f_globals
            locals = frame.f_locals if locals is None else locals
        if isinstance(source, str) and inherited:
            source = real_compile(source.lstrip(" \t") if mode == "eval" else source, "<string>", mode, inherited, True)
        return real(source, globals, locals, **keywords)

    return run


builtins.compile = compile
builtins.exec = running(real_exec, "exec")
builtins.eval = running(real_eval, "eval")


class Quiet:
    def write(self, text):
        return len(text)

    def flush(self):
        pass


ran = 0
for name in modules:
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{name}")
    except BaseException:
        continue
    result = unittest.TextTestRunner(stream=Quiet(), verbosity=0).run(suite)
    ran += result.testsRun
with open(out_path, "wb") as out:
    for kind, mode, flags, data in seen:
        out.write(f"{kind} {mode} {flags} {len(data)}\n".encode() + data)
print(len(seen), ran)
