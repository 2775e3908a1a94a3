# dataclasses, enum, typing, copy, pickle, weakref, contextlib, abc together.
import contextlib
import copy
import dataclasses
import enum
import pickle
import sys
import typing
import weakref


@dataclasses.dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    tags: tuple = dataclasses.field(default=(), compare=False, repr=False)


@dataclasses.dataclass(kw_only=True, slots=True)
class Config:
    name: str
    items: list = dataclasses.field(default_factory=list)
    cached: dict = dataclasses.field(init=False, default_factory=dict)
    scale: dataclasses.InitVar[int] = 1

    def __post_init__(self, scale):
        self.cached["scaled"] = scale * 2


@dataclasses.dataclass
class Base:
    x: int
    y: "int" = 2
    counter: typing.ClassVar[int] = 0


@dataclasses.dataclass
class Derived(Base):
    z: int = 3
    __match_args__ = ("z",)


v = Version(1, 2, ("a",))
print(v, v < Version(1, 3), v == Version(1, 2), hash(v) == hash(Version(1, 2)), dataclasses.replace(v, minor=9), dataclasses.astuple(v), Config(name="n", scale=4), Derived(1), dataclasses.asdict(Derived(1, z=[5])), [f.name for f in dataclasses.fields(Derived)], dataclasses.is_dataclass(Base), Base.__match_args__)
for bad in (lambda: Version(), lambda: setattr(v, "major", 5), lambda: Config("n"), lambda: Version(1) < 5, lambda: dataclasses.dataclass(type("B", (), {"__annotations__": {"a": list}, "a": []})), lambda: dataclasses.make_dataclass("M", [("a", int, 1), ("b", int)]), lambda: dataclasses.fields(5), lambda: dataclasses.replace(v, nothing=1), lambda: Config(name=1).__dict__):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print(dataclasses.make_dataclass("Made", [("a", int), ("b", str, "x")])(1), Version.__doc__)


class Color(enum.Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1

    @property
    def pretty(self):
        return self.name.title()

    @classmethod
    def _missing_(cls, value):
        return cls.RED if value == "r" else None


class Flags(enum.IntFlag):
    R = enum.auto()
    W = enum.auto()
    X = enum.auto()
    RW = R | W


class Strings(enum.StrEnum):
    FIRST = enum.auto()
    OTHER = "o"


class Planet(enum.Enum):
    EARTH = (5.97e24, 6.37e6)
    MARS = (6.4e23, 3.4e6)

    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius


print(list(Color), Color(2), Color["GREEN"], Color.CRIMSON is Color.RED, Color("r"), Color.RED.pretty, Color.__members__, Color.RED in Color, repr(Flags.R | Flags.X), Flags.RW, ~Flags.R, Flags(7), list(Flags.RW), Flags.R | 8, Strings.FIRST + "!", Strings("o"), Planet.EARTH.mass, Planet.MARS, f"{Color.RED} {Flags.W:d} {Strings.OTHER:>3}", enum.unique)
for bad in (lambda: Color(5), lambda: Color["X"], lambda: Color.RED.__class__("q"), lambda: setattr(Color, "RED", 3), lambda: type("Sub", (Color,), {}), lambda: Color.RED < Color.GREEN, lambda: enum.unique(Color), lambda: Color.RED.value.x, lambda: enum.Enum("E", "A A"), lambda: Color()):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, str(error).split(". Did")[0])
print(enum.Enum("Functional", "A B", start=5).B, pickle.loads(pickle.dumps(Color.GREEN)) is Color.GREEN, copy.deepcopy(Color.RED) is Color.RED, sorted(Flags), Color.RED.__hash__() == hash("RED"))
# Generics.
T = typing.TypeVar("T", bound=int)


class Stack[E]:
    def __init__(self) -> None:
        self.items: list[E] = []

    def push[F: (int, str)](self, item: E, other: F = None) -> "Stack[E]":
        self.items.append(item)
        return self


type Pair[A, B] = tuple[A, B]
print(Stack[int], Stack[int]().push(1).items, Stack.__type_params__, Stack.push.__type_params__, Pair, Pair.__value__, Pair[int, str], list[T][int], dict[str, typing.Any] | None, typing.Optional[int], typing.Union[int, str, int], typing.Callable[[int], str], typing.get_args(typing.Literal[1, "a"]), typing.get_origin(list[int]), T, typing.Generic[T], isinstance(1, int | str))


class Proto(typing.Protocol):
    def method(self) -> int: ...


runtime = typing.runtime_checkable(Proto)
print(isinstance(type("Has", (), {"method": 1})(), runtime), isinstance(5, runtime), typing.NamedTuple("N", [("a", int)])(1), typing.TypedDict("D", {"k": int})(k=1), typing.cast(int, "x"), typing.NewType("U", int)(5), typing.Annotated[int, "meta"].__metadata__, typing.ParamSpec("P"), typing.Self, typing.ClassVar[int])
for bad in (lambda: Stack[int, str], lambda: isinstance(1, list[int]), lambda: typing.Union[5], lambda: typing.Optional, lambda: typing.Generic[int], lambda: typing.Proto, lambda: Proto(), lambda: typing.TypeVar("T", int), lambda: list[int](5)[0], lambda: typing.Any()):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)


# Copies, pickles, weak references.
class Node:
    def __init__(self, name, parent=None):
        self.name, self.parent, self.children = name, parent, []
        if parent:
            parent.children.append(self)

    def __repr__(self):
        return f"{self.name}{self.children}"

    def __del__(self):
        print("del", self.name)


root = Node("root")
Node("leaf", root), Node("leaf2", root)
deep, shallow = copy.deepcopy(root), copy.copy(root)  # `shallow` shares the list
deep.children[0].name, shallow.name = "changed", "shallow"
print(root, deep, shallow, shallow.children is root.children, deep.children[0].parent is deep)
for protocol in range(6):
    loaded = pickle.loads(pickle.dumps(root, protocol))
    print(loaded, loaded.children[1].parent is loaded)
    loaded.children.clear()
weak = weakref.ref(root, lambda r: print("callback"))
values, keys, collected = weakref.WeakValueDictionary(r=root), weakref.WeakKeyDictionary({root: 1}), weakref.WeakSet([root])
weakref.finalize(root, print, "finalized")
proxy = weakref.proxy(root)
print(weak() is root, proxy.name, len(values), len(keys), len(collected), weakref.getweakrefcount(root))
root.children.clear(), shallow.children.clear(), deep.children.clear()
del root
print(weak(), len(values), len(keys), len(collected))
try:
    proxy.name
except ReferenceError as error:
    print(error)
for bad in (lambda: pickle.dumps(lambda: 1), lambda: pickle.loads(b"x"), lambda: weakref.ref(5), lambda: copy.copy(sys), lambda: pickle.dumps(x for x in []), lambda: pickle.loads(b""), lambda: pickle.loads(b"cnothing\nhere\n.")):
    try:
        print(type(bad()))
    except Exception as error:
        print(type(error).__name__, str(error).split(" at 0x")[0])


@contextlib.contextmanager
def managed(name):
    print("enter", name)
    try:
        yield name.upper()
    except KeyError as error:
        print("swallowed", error)
    finally:
        print("exit", name)


with managed("a") as a, contextlib.suppress(ValueError), contextlib.ExitStack() as stack:
    stack.enter_context(managed("b")), stack.callback(print, "callback", a), stack.push(lambda *e: print("pushed", e[0]) or True)
    raise IndexError("popped by push")
with managed("c"):
    raise KeyError("k")
deep = shallow = loaded = None
print(contextlib.nullcontext(5).__enter__(), managed("d")(lambda: "decorated")())
