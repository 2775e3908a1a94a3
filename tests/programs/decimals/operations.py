"""Random operations on decimal numbers, under random contexts, with all results and flags."""

import math
import operator
import random
from decimal import *
from fractions import Fraction

UNARY = """sqrt exp ln log10 normalize to_integral_exact to_integral_value next_plus next_minus logb logical_invert plus
minus abs to_eng_string to_sci_string number_class""".split()
BINARY = """add subtract multiply divide divide_int remainder remainder_near divmod power quantize next_toward scaleb
shift rotate logical_and logical_or logical_xor compare compare_signal compare_total compare_total_mag max min
max_mag min_mag same_quantum copy_sign""".split()
ROUNDINGS = """ROUND_UP ROUND_DOWN ROUND_CEILING ROUND_FLOOR ROUND_HALF_UP ROUND_HALF_DOWN ROUND_HALF_EVEN
ROUND_05UP""".split()

random.seed(3)


def coefficient():
    chance = random.random()
    if chance < 0.3:
        return str(random.randrange(10 ** random.randint(1, 4)))
    if chance < 0.6:
        return str(random.randrange(10 ** random.randint(1, 20)))
    if chance < 0.85:
        return str(random.randrange(10 ** random.randint(1, 70)))
    if chance < 0.9:
        return "1" + "0" * random.randint(0, 40)
    if chance < 0.95:
        return "9" * random.randint(1, 40)
    return random.choice("123456789") + "".join(random.choice("0459") for _ in range(random.randint(0, 60)))


def number(operation):
    chance = random.random()
    sign = random.choice(["", "", "-"])
    if chance < 0.02:
        return sign + "Infinity"
    if chance < 0.04:
        return sign + random.choice(["NaN", "sNaN"]) + random.choice(["", "12", "123456789012345678901234567890"])
    if chance < 0.07:
        return sign + "0E%d" % random.randint(-30, 30)
    if operation.startswith("logical") and random.random() < 0.8:
        return "".join(random.choice("01") for _ in range(random.randint(1, 50)))
    if operation in ("shift", "rotate", "scaleb", "power") and random.random() < 0.4:
        return sign + str(random.randint(0, 40))
    digits = coefficient()
    spread = random.choice([3, 5, 40, 300])
    return "%s%sE%d" % (sign, digits, random.randint(-spread, spread) - random.choice([0, len(digits)]))


def context():
    emax = random.choice([999999, 999, 99, 9, 384, 50, MAX_EMAX])
    return Context(
        prec=random.choice([1, 2, 3, 5, 9, 16, 28, 28, 40, random.randint(1, 100)]),
        Emax=emax,
        Emin=random.choice([-emax, -random.randint(0, min(emax, 1000))]),
        rounding=random.choice(ROUNDINGS),
        clamp=random.choice([0, 0, 1]),
        traps=[],
    )


for _ in range(4000):
    current = context()
    name = random.choice(UNARY + BINARY + ["fma"])
    count = 1 if name in UNARY else 2 if name in BINARY else 3
    operands = [Decimal(number(name)) for _ in range(count)]
    print(name, *operands, current, getattr(current, name)(*operands), current)

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, divmod]
OPERATORS += [operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge]
CONVERSIONS = [str, repr, int, float, bool, abs, operator.neg, operator.pos, round, math.floor, math.ceil, math.trunc]
CONVERSIONS += [complex, Decimal.as_tuple, Decimal.as_integer_ratio, Decimal.adjusted, Decimal.__reduce__]


def show(function, *args):
    try:
        return repr(function(*args))
    except TypeError as error:
        return "TypeError"
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def specification():
    parts = [
        ["", "", "*<", "x^", "=", "<", ">", "_>"],
        ["", "+", "-", " "],
        ["", "", "z"],
        ["", "0"],
        ["", "10", "25", "3"],
        ["", ","],
        ["", "", ".0", ".2", ".10"],
        ["", "e", "E", "f", "F", "g", "G", "%", "n", "x"],
    ]
    return "".join(random.choice(part) for part in parts)


def other():
    return random.choice([
        Decimal(coefficient()) / 100,
        random.randint(-(10 ** random.randint(1, 30)), 10**20),
        random.choice([0.0, 1.5, -2.25, math.inf, math.nan, random.random() * 10 ** random.randint(-20, 20), 5e-324]),
        Fraction(random.randint(-99, 99), random.randint(1, 99)),
        complex(random.randint(-3, 3), random.randint(0, 1)),
        "x",
    ])


for _ in range(1500):
    setcontext(Context(prec=random.choice([5, 28]), traps=random.choice([[], [InvalidOperation], [FloatOperation]])))
    value = Decimal(number(""))
    spec = specification()
    print(value, repr(spec), show(format, value, spec))
    function, operand = random.choice(OPERATORS), other()
    print(function.__name__, value, repr(operand), show(function, value, operand), show(function, operand, value))
    function = random.choice(CONVERSIONS)
    print(function.__name__, value, show(function, value), show(round, value, random.randint(-5, 9)))
    if not value.is_nan():
        print(hash(value))
    print(show(Decimal, operand), show(getcontext().create_decimal, operand), getcontext())

# Long operands, for the ways of multiplying, dividing and computing logarithms that they take.
setcontext(Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN))
for digits in (700, 3000, 25000):
    a, b = (Decimal(random.randrange(10**digits)) for _ in range(2))
    product = a * b
    print(str(product)[:: digits // 50], product // b == a, str((product + 7) % a))
print(Decimal(2).sqrt(Context(prec=2000)), Decimal(2).ln(Context(prec=600)))
print(Decimal(2).exp(Context(prec=600)), Decimal(7).log10(Context(prec=400)))
