# Operators on user classes: reflection, in-place, comparison fallbacks, truth, containment, matrix product, errors.
import operator


class Number:
    def __init__(self, name, refuses=False):
        self.name, self.refuses = name, refuses

    def __repr__(self):
        return self.name


def binary(symbol):
    def forward(self, other):
        return NotImplemented if self.refuses else f"({self!r} {symbol} {other!r})"

    def reflected(self, other):
        return NotImplemented if self.refuses else f"({other!r} {symbol}r {self!r})"

    return forward, reflected


NAMES = dict(add="+", sub="-", mul="*", truediv="/", floordiv="//", mod="%", pow="**", lshift="<<", rshift=">>", xor="^", matmul="@")
NAMES.update({"and": "&", "or": "|"})
for name, symbol in NAMES.items():
    forward, reflected = binary(symbol)
    setattr(Number, f"__{name}__", forward)
    setattr(Number, f"__r{name}__", reflected)
Number.__imul__ = lambda self, other: f"({self!r} *= {other!r})"
Number.__divmod__, Number.__rdivmod__ = binary("divmod")


class Derived(Number):
    def __radd__(self, other):
        return f"derived first: {other!r} + {self!r}"


a, b, no, derived = Number("a"), Number("b"), Number("no", True), Derived("derived")
for symbol in NAMES.values():
    for left, right in (("a", "b"), ("a", "5"), ("5", "a"), ("no", "b"), ("no", "no"), ("no", "[]"), ("'s'", "no")):
        try:
            print(eval(f"{left} {symbol} {right}"), end="; ")
        except TypeError as error:
            print(error, end="; ")
    print()
print(a + derived, derived + a, divmod(a, 3), divmod(3, a))
a *= 2
b -= 1
print(a, b)


class Compared:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        print("eq", self.value, getattr(other, "value", other))
        return self.value == other.value if isinstance(other, Compared) else NotImplemented

    def __lt__(self, other):
        print("lt", self.value)
        return self.value < other.value if isinstance(other, Compared) else NotImplemented

    __hash__ = None


one, two = Compared(1), Compared(2)
print(one == two, one != two, one < two, one > two, one == 5, 5 != one, one in [two, one], [one, two] == [one, two], (one,) < (two,))
for code in ("one <= two", "one < 5", "hash(one)", "{one}", "one + 1", "-one", "one[0]", "one()", "one @ two", "len(one)", "iter(one)", "1 in one", "abs(one)", "int(one)", "one < 1 < 2", "~one", "one % 2", "one **= 1",
             "[] < ()", "1 < 'a'", "None < None", "1j < 2j", "object() >= object()", "'a' + 1", "1 + 'a'", "[] + ()", "{} | 1", "'%d' % 'x'", "b'a' + 'a'", "3 @ 4", "'a' * 'b'", "[1] * 1.5", "-'a'", "+[]", "~1.5", "not_defined + 1"):
    try:
        if "=" in code and "<=" not in code and ">=" not in code and "==" not in code:
            exec(code)
        else:
            print(code, eval(code))
    except Exception as error:
        print(code, "->", type(error).__name__, error)


class Truth:
    def __init__(self, **methods):
        self.__class__ = type("Truth", (Truth,), {f"__{name}__": method for name, method in methods.items()})


print(bool(Truth(bool=lambda s: False)), bool(Truth(len=lambda s: 0)), bool(Truth()), not Truth(len=lambda s: 3), bool(Truth(bool=lambda s: True, len=lambda s: 0)))
for methods in ({"bool": lambda s: 1}, {"len": lambda s: -1}, {"len": lambda s: "x"}, {"bool": lambda s: 1 / 0}, {"len": lambda s: 2**70}):
    try:
        print(bool(Truth(**methods)))
    except Exception as error:
        print(type(error).__name__, error)
print(2 in Truth(contains=lambda s, x: "yes"), 2 in Truth(iter=lambda s: iter([1, 2])), 2 in Truth(getitem=lambda s, i: [1, 2][i]), 5 in Truth(getitem=lambda s, i: [1, 2][i]))
print(1 < 2 < 3 > 2 != 5, 1 < 3 < 2, (1 < 2) < 3, 1 == 1.0 == True, [] is not [], not [] and 1 or "x", None or 0 or "last", 1 and [] and 2)
print(operator.attrgetter("real", "imag")(3 + 4j), operator.itemgetter(1, -1)("abc"), operator.methodcaller("split", ",")("a,b"), operator.matmul(Number("m"), 2), operator.concat([1], [2]), operator.countOf([1, 2, 1], 1))
print(7 // -2, -7 // 2, 7 % -3, -7 % 3, 7.5 // -2, -7.5 % 2, 2**-1, (-8) ** (1 / 3), 0**0, divmod(-7, 2), divmod(7.5, -2), -(2**2), (-2) ** 2, ~5, 5 ^ 3, 1 << 3 | 1, True + True, 10 % 3.5, 1e308 * 10, -0.0 == 0)
