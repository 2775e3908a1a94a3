# Classes: inheritance, super, properties, slots, operators, metaclasses.
class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __repr__(self):
        return f"Point({self.x!r}, {self.y!r})"


class Shape:
    count = 0

    def __init__(self, name):
        self.name = name
        Shape.count += 1

    @property
    def label(self):
        return f"<{self.name}>"

    @classmethod
    def made(cls):
        return cls.count

    @staticmethod
    def unit():
        return "cm"

    def area(self):
        raise NotImplementedError


class Square(Shape):
    def __init__(self, side):
        super().__init__("square")
        self.side = side

    def area(self):
        return self.side ** 2


class Tracked(type):
    seen = []

    def __new__(meta, name, bases, namespace, **keywords):
        cls = super().__new__(meta, name, bases, namespace)
        meta.seen.append((name, sorted(keywords)))
        return cls

    def __init__(cls, name, bases, namespace, **keywords):
        super().__init__(name, bases, namespace)


class Widget(metaclass=Tracked, flavour="plain"):
    def __init_subclass__(cls, /, **keywords):
        super().__init_subclass__(**keywords)
        cls.tag = cls.__name__.lower()


class Button(Widget):
    pass


class A:
    def who(self):
        return "A"


class B(A):
    def who(self):
        return "B" + super().who()


class C(A):
    def who(self):
        return "C" + super().who()


class D(B, C):
    def who(self):
        return "D" + super().who()


p = Point(1, 2) + Point(3, 4)
print(p, p == Point(4, 6), p != Point(0, 0))
try:
    p.z = 1
except AttributeError as error:
    print(type(error).__name__, error)
s = Square(3)
print(s.area(), s.label, Square.made(), s.unit(), Shape.count)
try:
    s.label = 1
except AttributeError as error:
    print(error)
print(Tracked.seen, Button.tag)
print(D().who(), [k.__name__ for k in D.__mro__])
print(sorted(vars(s).items()))
s.__dict__["extra"] = [1]
print(s.extra, hasattr(s, "missing"), getattr(s, "missing", 7))
del s.extra
print(sorted(s.__dict__))
