"""Pickles of all protocols, byte for byte, what they load as, and the errors of damaged ones."""

import array
import collections
import copyreg
import dataclasses
import enum
import fractions
import functools
import io
import pickle
import sys
import types


@dataclasses.dataclass
class Point:
    x: int
    y: object


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a = 1
        self.b = [self]


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class OwnList(list):
    pass


class OwnDict(dict):
    pass


class Pair(tuple):
    def __new__(cls, a, b):
        return tuple.__new__(cls, (a, b))

    def __getnewargs__(self):
        return tuple(self)


class ByKeyword:
    def __new__(cls, *, key):
        self = object.__new__(cls)
        self.key = key
        return self

    def __getnewargs_ex__(self):
        return (), {"key": self.key}


class WithState:
    def __getstate__(self):
        return {"q": 1}

    def __setstate__(self, state):
        self.state = state


Named = collections.namedtuple("Named", "a b")

recursive_list = [1]
recursive_list.append(recursive_list)
recursive_dict = {}
recursive_dict["me"] = recursive_dict
recursive_tuple = ([],)
recursive_tuple[0].append(recursive_tuple)
own_list, own_dict = OwnList([1, 2]), OwnDict(a=1)
own_list.z = 3
own_dict.w = [own_dict]

integers = [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**63), -128, -129, 2**1000, -(2**2000)]
texts = ["", "abc", "\u00e9\u20ac\U0001f600", "\ud800", "a\\b\nc", "a" * 300, "b" * 70000]
binary = [b"", b"xx", b"y" * 300, b"z" * 70000, bytearray(b"q" * 10), bytearray()]
containers = [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], list(range(2500)), {}, {1: 2}]
containers += [dict.fromkeys(range(2100)), set(), {1}, frozenset(), frozenset([1]), [[], [[]], {"a": (1, [2, {3}])}] * 3]
objects = [Point(1, [2]), Color.GREEN, Named(1, 2), own_list, Pair(1, 2), ByKeyword(key=4), range(5), slice(1, 2), 1j]
objects += [fractions.Fraction(1, 3), array.array("i", [1, 2]), collections.deque([1, 2], 5), ValueError("a", 1)]
objects += [collections.OrderedDict(a=1), collections.Counter("abca"), collections.defaultdict(list, {1: [2]})]
objects += [len, int, Point, KeyError, object, type(None), type(...), NotImplemented, ..., "x y".split]
objects += [functools.partial(int, base=2), types.SimpleNamespace(a=1), pickle.PickleBuffer(b"abc")]
values = [None, True, False, 1.5, float("inf"), -0.0] + integers + texts + binary + containers + objects
values += [recursive_list, recursive_dict, recursive_tuple, Slots(), own_dict, WithState()]


def report(*facts):
    print(*(fact.split(" at 0x")[0] if isinstance(fact, str) else fact for fact in facts))


for value in values:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            data = pickle.dumps(value, protocol)
        except Exception as error:
            report(protocol, type(error).__name__, str(error))
            continue
        report(protocol, len(data), data[:200])
        loaded, slowly = pickle.loads(data), pickle._loads(data)
        report(type(loaded).__name__, type(slowly).__name__)
        other = pickle.loads(pickle._dumps(value, protocol))
        file = io.BytesIO()
        pickle.dump(value, file, protocol)
        same = file.getvalue() == data
        file.write(b"tail")
        file.seek(0)
        report(type(other).__name__, same, type(pickle.load(file)).__name__, file.read())
        if value in integers + texts + containers:
            print(loaded == value == other)


class WithIds(pickle.Pickler):
    def persistent_id(self, object):
        return "id" if object is Point else None

    def reducer_override(self, object):
        return "Color" if object is Color else NotImplemented


class Loader(pickle.Unpickler):
    def persistent_load(self, id):
        return "loaded", id

    def find_class(self, module, name):
        print("finds", module, name)
        return super().find_class(module, name)


for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    file = io.BytesIO()
    pickler = WithIds(file, protocol)
    pickler.dump([Point, Color, Point, Color.RED])
    print(file.getvalue(), sorted(entry[0] for entry in pickler.memo.copy().values()))
    file.seek(0)
    print(Loader(file).load())

damaged = [b"", b".", b"N", b"(.", b"\x80\x09.", b"l", b"h\x05.", b"\xff", b"cfractions\nnope\n.", b"\x8c\x05ab", b"I1x\n."]
damaged += [b"K", b"(1.", b"}(K\x01u.", b"X\xff\xff\xff\xff.", b"\x95\xff\xff\xff\xff\xff\xff\xff\xff.", b"S'ab\n.", b"S'ab'\n."]
damaged += [b"p-1\n.", b"Np0\n0g0\n.", b"N\x93.", b"\x82\x05.", b"\x82\x00.", b"\x97.", b"R.", b"(lp0\n.", b"'", b"F1.5\n."]
damaged += [b"L12L\n.", b"Vab\\u0041\n.", b"\x8a\x02\xff\xff.", b"\x8b\xff\xff\xff\xff.", b"P1\n.", b"Q.", b"b.", b"NNb."]
damaged += [b"N(K\x01e.", b"2.", b"0.", b"e.", b"a.", b"cbuiltins\nint\n(I5\ntR.", b"(ibuiltins\nlist\n."]
damaged += [b"(cbuiltins\nlist\no.", b"U\x03a\xe9b."]
loaders = [
    pickle.loads,
    lambda data: pickle.load(io.BytesIO(data)),
    lambda data: pickle.loads(data, encoding="latin1"),
    lambda data: pickle.loads(data, encoding="bytes"),
]
for data in damaged:
    for loads in loaders:
        try:
            report(data, repr(loads(data)))
        except Exception as error:
            report(data, type(error).__name__, str(error))

buffers = []
memory = bytearray(b"abc" * 10)
data = pickle.dumps([pickle.PickleBuffer(memory)], 5, buffer_callback=buffers.append)
print(data, len(buffers), pickle.loads(data, buffers=[memory])[0] is memory)
data = pickle.dumps(pickle.PickleBuffer(b"ro"), 5, buffer_callback=buffers.append)
report(repr(pickle.loads(data, buffers=[bytearray(b"zz")])))

copyreg.add_extension("fractions", "Fraction", 0x1234)
print(pickle.dumps(fractions.Fraction, 2), pickle.loads(pickle.dumps(fractions.Fraction, 2)))

for expression in [
    "pickle.dumps(lambda: 0)",
    "pickle.dumps(sys)",
    "pickle.dumps(1, 9)",
    "pickle.Pickler(1)",
    "pickle.dumps(1, 2, buffer_callback=1)",
    "pickle.Pickler.__new__(pickle.Pickler).dump(1)",
    "pickle.Unpickler.__new__(pickle.Unpickler).load()",
    "pickle.Pickler(io.BytesIO()).dispatch_table",
    "pickle.dumps(x for x in ())",
    "pickle.dumps(1, protocol=-1)",
    "pickle.dumps(1, foo=2)",
]:
    try:
        report(expression, repr(eval(expression)))
    except Exception as error:
        report(expression, type(error).__name__, str(error))
