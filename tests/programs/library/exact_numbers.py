# decimal, fractions, float and complex arithmetic, math, statistics, random with seeds.
import cmath
import decimal
import fractions
import math
import random
import statistics
from decimal import Decimal as D
from fractions import Fraction as F

decimal.getcontext().prec = 12
print(D("1.10") + D("2.2"), D(1) / D(7), D("1e-10") * 3, D("-7") // D(2), D("-7") % D(2), D(2).sqrt(), D("2.5").quantize(D("1")), D("3.5").to_integral_value(), D("1E+3").normalize(), D("123.456").as_tuple(), repr(D("NaN")), D("Infinity") > 5, D(0.1), D("1_000.5"), D("-0"), abs(D("-1.5")), round(D("2.675"), 2), int(D("9.99")), D(5).ln(), D(2) ** D("0.5"), f"{D('1234567.891'):,.2f}", D("1.0") == 1, hash(D("2.0")) == hash(2), D("1.5").as_integer_ratio())
for bad in ('D("x")', "D(1) / 0", "D(0) / 0", 'D("1e1000000") * D("1e1000000000000000000")', "D(1.5) + 1.5", "D(-1).sqrt()", 'D("NaN") < 1', 'D("sNaN") + 1', "D(10) ** 10 ** 20", "int(D('NaN'))", "D(1).compare(2)", "D('1') < 1.5", "max(D(1), 2.5)"):
    try:
        print(bad, eval(bad))
    except Exception as error:
        print(bad, type(error).__name__, error)
with decimal.localcontext(prec=4, rounding=decimal.ROUND_UP) as context:
    print(D(2) / D(3), context.flags[decimal.Inexact], D("1.23456") + 0)
print(F(3, -6), F("0.125") + F(1, 3), F(1.5), F(7, 2) // 1, F(-7, 2) % 2, F(2, 3) ** -2, F(1, 3) + 0.5, F("3/4") > 0.7, F(22, 7).limit_denominator(5), round(F(7, 2)), math.floor(F(-1, 2)), F(5), repr(F(1, 2)), hash(F(1, 2)) == hash(0.5), F(3.14159).limit_denominator(100), f"{F(1, 3):.4f}", sum([F(1, n) for n in range(1, 11)]), F(6, 4).numerator)
for bad in ("F(1, 0)", "F('x')", "F(1.5, 2)", "F(float('nan'))", "F(1, 2) / 0", "F('1/0')"):
    try:
        print(bad, eval(bad))
    except Exception as error:
        print(bad, type(error).__name__, error)
for name in sorted(name for name in vars(math) if not name.startswith("_")):
    function = getattr(math, name)
    if callable(function):
        results = []
        for arguments in ((0.5,), (2,), (-1.5,), (0,), (10, 3), (1e308,), (math.inf,), (math.nan,), ([1, 2, 3.5],), ((3, 4), (0, 0)), ("x",)):
            try:
                result = function(*arguments)
                results.append(f"{result:.12g}" if isinstance(result, float) else repr(result))
            except Exception as error:
                results.append(f"{type(error).__name__}: {error}")
        # How wrong arguments are named differs between versions of the same function only in this respect.
        print(name, *results[:9], sep=" | ")
print((0.1).hex(), float.fromhex("0x1.8p3"), (2.5).as_integer_ratio(), (3.0).is_integer(), float("  1_0.5e-3 "), float("infinity"), float("nan") != float("nan"), 1e16 + 1, 0.1 + 0.2 == 0.3, 5e-324 / 2, (1.5).__round__(), round(2.675, 2), round(1e22, -20), round(-0.5), round(5.5), math.fsum([0.1] * 10), sum([0.1] * 10))
z = 3 - 4j
print(z, abs(z), z.conjugate(), z * 1j, z**2, z / (1 + 1j), complex("1-2j"), complex(1, -0.0), -z, z == 3 - 4j, cmath.polar(1j), cmath.sqrt(-1), cmath.exp(1j * cmath.pi), cmath.phase(-1), complex(" ( 1+j ) ".replace(" ", "")), repr(complex("nan")), hash(complex(5)) == hash(5), 1j ** 2, (0j) ** 0, complex(math.inf, math.nan))
data = [2, 4, 4, 4, 5, 5, 7, 9, 1.5]
print(statistics.mean(data), statistics.median(data), statistics.mode(data), statistics.stdev(data), statistics.pvariance(data), statistics.quantiles(data), statistics.harmonic_mean([40, 60]), statistics.geometric_mean([54, 24, 36]), statistics.multimode("aabb"), statistics.fmean([1, 2], weights=[3, 1]), statistics.linear_regression([1, 2, 3], [2, 4, 7]), statistics.correlation([1, 2, 3], [3, 1, 2]), statistics.NormalDist(100, 15).cdf(120), statistics.mean([F(1, 3), F(1, 2)]))
random.seed(12345)
r = random.Random("text seed")
print(random.random(), random.randint(1, 100), random.choice("abcdef"), random.sample(range(100), 5), random.uniform(1, 2), random.gauss(0, 1), random.choices("xyz", [1, 2, 3], k=8), random.getrandbits(70), random.triangular(0, 1, 0.5), random.betavariate(1, 2), random.expovariate(1.5), random.randrange(0, 10**30, 7), random.shuffle(data), data, random.randbytes(5), random.normalvariate(), random.binomialvariate(10, 0.3), random.paretovariate(3), random.vonmisesvariate(0, 4))
print(r.random(), r.randint(-5, 5), r.getstate()[1][:3], random.Random(3.5).random(), random.Random(-7).random(), random.Random(b"bytes").random(), random.Random(2**100).random(), random.Random(None).random() < 1)
