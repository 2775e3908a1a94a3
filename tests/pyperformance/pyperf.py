"""Stands in for the package `pyperf`: runs each benchmark function and prints what it computes, not how long it takes.

Most benchmark functions throw their results away. So besides what a function returns this digests the local variables of
whoever reads the clock (benchmarks do so after the last iteration) and the benchmark's global variables.
"""

import argparse
import hashlib
import sys
import types

# Smaller arguments for what takes long; the rest runs as it is.
ARGUMENTS = {"fannkuch": (7,), "nqueens": (6,), "float": (2000,)}
# How many objects a digest goes through.
SIZE = 20_000

clock = 0


def perf_counter():
    """Counts instead of measuring, and digests the variables of its caller."""
    global clock
    clock += 1
    print("clock", clock, digest(sys._getframe(1).f_locals))
    return float(clock)


def python_implementation():
    return "cpython"


def python_has_jit():
    return False


def digest(value, size=SIZE):
    """A short text that says whether two interpreters have the same value; calls no code of the value's class."""
    found = hashlib.sha256()
    seen = {}
    pending = [value]
    while pending and size:
        size -= 1
        found.update(shallow(pending.pop(), seen, pending).encode("utf-8", "surrogatepass"))
    return found.hexdigest()[:16]


def shallow(value, seen, pending):
    """What is known of one object by itself; adds what it holds to `pending`."""
    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str, bytes, range):
        return f"{value!r};"
    if id(value) in seen:
        return f"seen {seen[id(value)][0]};"
    # With the value, lest its place in memory goes to another one.
    seen[id(value)] = len(seen), value
    if kind in (list, tuple):
        pending.extend(reversed(value))
        return f"{kind.__name__} {len(value)};"
    if kind in (set, frozenset):
        return f"{kind.__name__} {sorted(digest(item, 20) for item in value)};"
    if isinstance(value, dict):
        for key in reversed(list(dict.keys(value))):
            pending += dict.__getitem__(value, key), key
        return f"{kind.__name__} {dict.__len__(value)};"
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return f"{value.__qualname__};"
    # A class of the library may be native in one interpreter and not in the other.
    if kind.__module__ == "__main__":
        for name in reversed(attributes(value)):
            pending += getattr(value, name, None), name
    return f"{kind.__name__};"


def attributes(value):
    names = list(getattr(value, "__dict__", ()))
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    return names


def variables():
    """The global variables of the benchmark that are its own."""
    return {name: value for name, value in vars(sys.modules["__main__"]).items() if not name.startswith("__")}


class Runner:
    def __init__(self, values=None, add_cmdline_args=None):
        self.metadata = {}
        self.argparser = argparse.ArgumentParser()
        self.args = None

    def parse_args(self, args=None):
        if self.args is None:
            self.args = self.argparser.parse_args(args)
        return self.args

    def bench_time_func(self, name, function, *args, inner_loops=None):
        self.run(name, function, 1, *args)

    def bench_func(self, name, function, *args, inner_loops=None):
        self.run(name, function, *ARGUMENTS.get(name, args))

    def bench_async_func(self, name, function, *args, inner_loops=None, loop_factory=None):
        import asyncio

        async def main():
            return await function(*args)

        def run():
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(main())

        self.run(name, run)

    def run(self, name, function, *args):
        result = function(*args)
        print(name, digest(result), digest(self.metadata), digest(variables()))
