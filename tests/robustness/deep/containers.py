"""Operations on containers nested a hundred thousand deep: each gives a result or raises."""

import ast, copy, json, marshal, pickle, pprint, types
from collections import OrderedDict, deque
from functools import partial

DEPTH = 100_000


def nest(wrap):
    value = 1
    for _ in range(DEPTH):
        value = wrap(value)
    return value


def attempt(operation, *arguments):
    try:
        operation(*arguments)
    except (RecursionError, TypeError, ValueError, MemoryError, SyntaxError):
        pass


UNARY = (
    repr, str, ascii, hash, format, bytes, sum, max, "".join, copy.deepcopy, json.dumps, marshal.dumps, memoryview,
    pprint.pformat, "%r".__mod__, lambda a: f"{a}", lambda a: json.dumps(a, indent=1), lambda a: {a}, lambda a: {a: 1},
    lambda a: isinstance(1, a), lambda a: issubclass(int, a), lambda a: "a".startswith(a), lambda a: repr(deque([a])),
    lambda a: repr(Exception(a)), lambda a: str(Exception(a)), lambda a: repr(types.SimpleNamespace(a=a)),
    lambda a: repr(partial(print, a)), lambda a: repr(list[a]), lambda a: hash(list[a]), lambda a: hash(slice(a)),
    lambda a: repr(types.MappingProxyType({1: a})), lambda a: list[a].__parameters__, pickle.dumps,
    lambda a: exec("try: 1/0\nexcept a: pass", {"a": a}),
)
BINARY = (
    lambda a, b: a == b, lambda a, b: a != b, lambda a, b: a < b, lambda a, b: a in [b], lambda a, b: [b].index(a),
    lambda a, b: [b].count(a), lambda a, b: sorted([a, b]), lambda a, b: max([a, b]), lambda a, b: slice(a) == slice(b),
    lambda a, b: OrderedDict(a=a) == OrderedDict(a=b), lambda a, b: list[a] == list[b], lambda a, b: {1: a} == {1: b},
    lambda a, b: deque([a]) == deque([b]), lambda a, b: types.SimpleNamespace(a=a) == types.SimpleNamespace(a=b),
)

for wrap in (lambda x: [x], lambda x: (x,), lambda x: {1: x}, lambda x: slice(x), lambda x: list[x], lambda x: deque([x]),
             lambda x: types.MappingProxyType({1: x}), lambda x: types.SimpleNamespace(x=x)):
    first, second = nest(wrap), nest(wrap)
    for operation in UNARY:
        attempt(operation, first)
    for operation in BINARY:
        attempt(operation, first, second)

for depth in (10_000, DEPTH):
    attempt(json.loads, "[" * depth + "]" * depth)
    attempt(json.loads, '{"a":' * depth + "1" + "}" * depth)
    attempt(ast.literal_eval, "(" * depth + ")" * depth)
    for piece in (b"[\1\0\0\0", b")\1", b"{", b">\1\0\0\0", b"\xa9\1"):
        attempt(marshal.loads, piece * depth + b"N")
    attempt(pickle.loads, b"]" * depth + b"a" * (depth - 1) + b".")
    attempt(pickle.loads, b"N" + b"\x85" * depth + b".")
print("done")
