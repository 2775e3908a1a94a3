"""Chains of generators and coroutines: resumed, thrown into, closed and dropped."""

import sys


def delegate(inner):
    yield from inner


class Delegate:
    def __init__(self, inner):
        self.inner = inner

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.inner)

    def throw(self, *error):
        return self.inner.throw(*error)

    def close(self):
        self.inner.close()


async def awaiting(inner):
    return await inner


class Once:
    def __await__(self):
        yield 1


async def first():
    return await Once()


def attempt(operation):
    try:
        operation()
    except (RecursionError, ValueError, StopIteration, RuntimeError, AttributeError):
        pass


def chain(depth, start, *wraps):
    value = start()
    for number in range(depth):
        value = wraps[number % len(wraps)](value)
    return value


for limit in (1000, 1_000_000):
    sys.setrecursionlimit(limit)
    for depth in (500, 1500, 20_000):
        for wraps in ((delegate,), (delegate, Delegate)):
            for use in (lambda g: g.throw(ValueError), lambda g: g.close(), lambda g: None):
                value = chain(depth, lambda: iter(range(9)), *wraps)
                attempt(lambda: next(value))
                attempt(lambda: next(value))
                attempt(lambda: use(value))
                del value
        for use in (lambda c: c.throw(ValueError), lambda c: c.close(), lambda c: c.send(None)):
            value = chain(depth, first, awaiting)
            attempt(lambda: value.send(None))
            attempt(lambda: use(value))
            attempt(value.close)
            del value
print("done")
