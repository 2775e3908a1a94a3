"""The ends of chains of a hundred thousand objects, with finalisers, weak references and the collector in between."""

import functools, gc, itertools, types, weakref
from collections import deque

DEPTH = 20_000


class Finalized:
    def __init__(self, inner):
        self.inner = inner

    def __del__(self):
        pass


class Collecting(Finalized):
    count = 0

    def __del__(self):
        Collecting.count += 1
        if Collecting.count % 5_000 == 0:
            gc.collect()


class Resurrected(Finalized):
    kept = []

    def __del__(self):
        if len(Resurrected.kept) < 10:
            Resurrected.kept.append(self)


class Slots:
    __slots__ = "inner", "__weakref__"

    def __init__(self, inner):
        self.inner = inner


class Watched(Slots):
    __slots__ = "watch",

    def __init__(self, inner):
        self.inner = inner
        if inner is not None:
            self.watch = weakref.ref(inner, lambda reference: None)


def generator(inner):
    yield from inner


async def coroutine(inner):
    await inner


async def nothing():
    pass


def cell(inner):
    return lambda: inner


def exception(inner):
    error = ValueError(inner)
    error.__context__ = error.__cause__ = inner if isinstance(inner, ValueError) else None
    return error


def bound(inner):
    return types.MethodType(inner, 1) if callable(inner) else len


WRAPPERS = (
    Finalized, Collecting, Resurrected, Slots, Watched, cell, exception, bound, lambda x: [x], lambda x: (x,), lambda x: {1: x},
    lambda x: frozenset([x]), lambda x: deque([x]), lambda x: functools.partial(print, x), slice, property, classmethod,
    staticmethod, lambda x: types.SimpleNamespace(x=x), lambda x: types.MappingProxyType({1: x}), types.CellType,
    lambda x: itertools.chain([x]), lambda x: list[x], lambda x: functools.lru_cache(cell(x)),
)
ITERATORS = (
    generator, iter, enumerate, lambda x: map(print, x), lambda x: filter(None, x), zip, lambda x: itertools.chain(x, x),
    lambda x: itertools.islice(x, 3), lambda x: itertools.tee(x)[0], itertools.cycle, itertools.accumulate, lambda x: (a for a in x),
    itertools.pairwise, itertools.groupby, lambda x: itertools.zip_longest(x, x), lambda x: itertools.starmap(print, x),
)
for wrap in WRAPPERS:
    value = None
    for _ in range(DEPTH):
        value = wrap(value)
    del value
for wrap in ITERATORS:
    value = iter([[1], [2], [3]])
    for _ in range(DEPTH):
        value = wrap(value)
    try:
        next(value)
    except (RecursionError, StopIteration, TypeError):
        pass
    del value
print("done")
