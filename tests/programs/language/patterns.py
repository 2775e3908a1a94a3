# Pattern matching: every kind of pattern, in every position.
import dataclasses
import enum
from collections import OrderedDict, defaultdict, deque


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Odd:
    __match_args__ = ("a", "b")
    a = 1

    @property
    def b(self):
        raise AttributeError("b")


def describe(value):
    match value:
        case None | True | False:
            return f"singleton {value}"
        case 0 | -1 | 1.5 | 2 + 3j | -1 - 2j:
            return f"number {value}"
        case "a" "b" | b"bytes":
            return "literal text"
        case Color.RED:
            return "red"
        case Color():
            return f"color {value.name}"
        case int(n) if n > 100:
            return f"big {n}"
        case bool(b) | int(b):
            return f"int {b}"
        case str() as text:
            return f"text {text!r}"
        case Point(0, y):
            return f"on axis {y}"
        case Point(x=x, y=Point(x=inner)):
            return f"nested {x} {inner}"
        case Point(x, y) if x == y:
            return "diagonal"
        case Point():
            return "point"
        case []:
            return "empty sequence"
        case [x]:
            return f"one {x}"
        case [first, *_, last] if first == last:
            return f"same ends {first}"
        case ["cmd", ("go" | "run") as verb, *arguments]:
            return f"{verb} {arguments}"
        case (int(a), int(b)):
            return f"pair {a + b}"
        case [[a, b], *rest]:
            return f"sequence in sequence {a} {b} {rest}"
        case [*everything]:
            return f"list {everything}"
        case {"type": "circle", "radius": float(r) | int(r)}:
            return f"circle {r}"
        case {"type": kind, **rest} if rest:
            return f"{kind} with {sorted(rest)}"
        case {1: _, 2: two}:
            return f"has two {two}"
        case {}:
            return f"mapping {len(value)}"
        case Odd(1, b):
            return "unreachable"
        case Odd(a=a):
            return f"odd {a}"
        case _:
            return f"other {type(value).__name__}"


VALUES = [
    None, True, 0, -1, 1.5, 2 + 3j, -1 - 2j, "ab", b"bytes", b"other", Color.RED, Color.GREEN, 500, 7, "text",
    Point(0, 9), Point(1, Point(2, 3)), Point(4, 4), Point(5, 6), [], (), [1], ("x",), [1, 2, 1], ["cmd", "go", 1, 2],
    ["cmd", "stop"], (3, 4), [[1, 2], 3, 4], [1, "x", 3], deque([8]), range(2), {"type": "circle", "radius": 2},
    {"type": "square", "side": 3}, {"type": "square"}, {1: 1, 2: 2}, {}, OrderedDict(type="x", y=1), Odd(), {1, 2}, 3.25,
    defaultdict(int), iter([1]), bytearray(b"x"),
]
for value in VALUES:
    print(describe(value))
missing = defaultdict(int)
match missing:
    case {"absent": _}:
        print("made")
    case _:
        print("not made", dict(missing))
match 1, 2:
    case x, y:
        print(x, y)
match = {"match": 1}
case = match["match"]
_ = 5
match case:
    case _:
        print("soft keywords", _, case)


class Refuses:
    __match_args__ = ["x"]


class TwiceNamed:
    __match_args__ = ("x",)
    x = 1


for subject, code in (
    (Refuses(), "case Refuses(1): pass"), (5, "case int(1, 2): pass"), (TwiceNamed(), "case TwiceNamed(1, x=1): pass"),
    (1, "case describe(): pass"), ({}, "case {'a': 1, 'a': 2}: pass"), (1, "case x: pass\n case y: pass"), (1, "case x | 2: pass"),
    (1, "case [x, x]: pass"), (1, "case [*a, *b]: pass"),
):
    try:
        exec(f"match subject:\n {code}")
        print("fine")
    except (TypeError, SyntaxError) as error:
        print(type(error).__name__, error.args[0])
