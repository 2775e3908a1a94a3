# Metaclasses: preparation, conflicts, calls, class keywords, registration, abstract classes.
import abc


class Recording(type):
    log = []

    @classmethod
    def __prepare__(mcs, name, bases, **keywords):
        print("prepare", name, [base.__name__ for base in bases], keywords)
        return {"prepared": True}

    def __new__(mcs, name, bases, namespace, **keywords):
        print("new", name, [key for key in namespace if not key.startswith("__")], keywords)
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name, bases, namespace, flavour="plain", **keywords):
        super().__init__(name, bases, namespace)
        cls.flavour = flavour
        Recording.log.append(name)

    def __call__(cls, *args, **keywords):
        print("call", cls.__name__, args, keywords)
        return super().__call__(*args, **keywords)

    def __iter__(cls):
        return iter(sorted(name for name in vars(cls) if not name.startswith("_")))

    def __len__(cls):
        return len(list(iter(cls)))

    def __contains__(cls, name):
        return name in vars(cls)

    def __getattr__(cls, name):
        return f"missing {name}"

    def __instancecheck__(cls, instance):
        return super().__instancecheck__(instance) or instance == 42

    def __repr__(cls):
        return f"<recorded {cls.__name__}>"


class Base(metaclass=Recording):
    x = 1

    def __init__(self, value=0):
        self.value = value

    def __init_subclass__(cls, /, **keywords):
        print("init_subclass", cls.__name__, keywords)


class Derived(Base, flavour="sweet"):
    y = 2


print(Base, Derived, Derived.flavour, Base.flavour, Derived.nothing)
print(list(Derived), len(Derived), "y" in Derived, "x" in Derived, bool(Base))
print(Derived(5).value, isinstance(42, Derived), isinstance(43, Derived), Recording.log)
print(type(Derived) is Recording, Derived.__mro__, Recording.__mro__)


class Other(type):
    pass


for bases in ((Base, Other("O", (), {})), (int, str), (bool,), (type(None),), (Base, Base), (object, Base)):
    try:
        type("Bad", bases, {})
    except TypeError as error:
        print(type(error).__name__, error)


def function_as_metaclass(name, bases, namespace):
    return name, bases, sorted(key for key in namespace if not key.startswith("__"))


class Tuple(int, metaclass=function_as_metaclass):
    z = 3


print(Tuple)


class Shape(abc.ABC):
    @property
    @abc.abstractmethod
    def area(self): ...

    @classmethod
    @abc.abstractmethod
    def unit(cls): ...

    @abc.abstractmethod
    def scale(self, factor): ...


class Square(Shape):
    area = 4

    def scale(self, factor):
        return self


print(sorted(Shape.__abstractmethods__), sorted(Square.__abstractmethods__))
for kind in (Shape, Square):
    try:
        kind()
    except TypeError as error:
        print(error)
print(issubclass(Square, Shape), issubclass(int, Shape), Shape.register(int) is int, issubclass(bool, Shape))


class Slotted(metaclass=Recording):
    __slots__ = ("a", "__private")
    __qualname__ = "Elsewhere.Slotted"

    def __set_name__(self, owner, name):
        print("never")


print(Slotted.__qualname__, sorted(Slotted.__slots__), [name for name in vars(Slotted) if "private" in name])
try:
    Slotted().b = 1
except AttributeError as error:
    print(error)
print(type.__call__(type, 5), type("Made", (Derived,), {"w": 1}, flavour="sour").flavour)
