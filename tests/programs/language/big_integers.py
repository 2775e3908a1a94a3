# Integers of any size: arithmetic, bits, text, rounding, conversions, errors.
import math
import sys

a, b = 3**200, 7**99
for operation in ("a + b", "a - b", "b - a", "a * b", "a // b", "a % b", "-a // b", "-a % b", "a // -b", "a % -b", "divmod(a, b)", "a ** 3 % 10**20",
                  "pow(a, b, 10**9 + 7)", "pow(b, -1, 10**9 + 7)", "a & b", "a | b", "a ^ b", "~a", "a << 70", "a >> 70", "-a >> 300", "-a >> 1000",
                  "a & -b", "-a | b", "-a ^ -b", "a.bit_length()", "a.bit_count()", "math.isqrt(a)", "math.gcd(a, 3**50 * 5)", "math.lcm(b, 14)", "hash(a)", "hash(-b)",
                  "a > b", "a == 3**200", "a < float('inf')", "a == float(a)", "int(float(b)) == b", "a / b", "float(b)", "round(a, -90)", "round(b, -5)", "a.__sizeof__() > 20",
                  "math.factorial(40)", "math.comb(100, 50)", "math.perm(30, 12)", "math.log2(a)", "math.log10(b)", "math.log(a)"):
    print(operation, "=", eval(operation))
for base in (2, 3, 8, 10, 16, 36):
    text = {2: bin, 8: oct, 16: hex}.get(base, str)(b)
    if base in (2, 8, 10, 16):
        print(base, text[:40], int(text, base) == b, int(text, 0) == b)
    else:
        print(base, int("z1"[base < 36] * 30, base))
for text in ("1_000", " 12 ", "0x_ff", "0b101", "0o17", "+5", "-0", "١٢٣", "1__0", "_1", "1_", "", "0x", "12a", "1.0", "٠x1", "- 1"):
    for base in (10, 0):
        try:
            print(repr(text), base, int(text, base))
        except ValueError as error:
            print(error)
for value, length, order, signed in ((1000, 2, "big", False), (-1000, 2, "little", True), (b, 40, "big", False), (-1, 1, "big", True), (256, 1, "big", False), (-1, 4, "big", False), (128, 1, "big", True)):
    try:
        data = value.to_bytes(length, order, signed=signed)
        print(data, int.from_bytes(data, order, signed=signed) == value)
    except OverflowError as error:
        print(error)
print(*(2**n for n in (31, 32, 59, 60, 61, 62, 63, 64)), *(-(2**n) for n in (30, 60, 61, 63, 64)))
edge = 2**60
print(edge - 1 + 1, edge * edge, (edge - 1) * (edge - 1), -edge - 1, abs(-edge), edge // -1, (edge << 3) >> 3, sum([edge] * 9), (-edge) ** 3)
print(int(1e30), int(-1.9), round(2.5), round(3.5), round(-2.5), round(12345, -2), round(15, -1), round(25, -1), (10**25).__round__(-24), math.trunc(-7.9))
for bad in ("1 // 0", "1 % 0", "a / 0", "1 << -1", "1 << 2**70", "2 ** -1", "0 ** -1", "pow(2, -1, 4)", "pow(2, 3, 0)", "int('9' * 5000)", "str(10 ** 5000)", "float(10 ** 400)",
            "10 ** 400 / 3", "int(float('nan'))", "int(float('inf'))", "range(2**70)[5]", "len(range(2**70))", "'x' * 2**70", "[0][2**70]", "int('5', 1)", "int('5', 37)", "int(5, 10)", "math.isqrt(-1)"):
    try:
        print(bad, eval(bad))
    except Exception as error:
        print(bad, type(error).__name__, error)
sys.set_int_max_str_digits(0)
huge = 10**6000 + 7
print(len(str(huge)), str(huge)[-10:], int(str(huge)) == huge, (huge * huge) % 1000003, hash(huge), str(huge // 7**1000)[:30])
print((2**89 - 1) * (2**107 - 1), (2**521 - 1) % (2**127 - 1), 5**1000 // 3**600 % 10**15, True + 2**64, -(2**64) % 10, 2**64 .real, (2**64).as_integer_ratio())


class Integer(int):
    def __add__(self, other):
        return Integer(int.__add__(self, other) * 2)


print(Integer(2**70) + 1, type(Integer(3) + 4).__name__, Integer(5) * 2, sum([Integer(1), Integer(2)]), Integer(7).__index__() + 1)
