"""Run by the reference, after `records.py`: random expressions of constants, which the compiler folds."""
import random

INTEGERS = [
    "0", "1", "2", "3", "5", "7", "10", "63", "64", "100", "127", "128", "255", "256", "4096", "65537", "True", "False",
    "2147483648", "9007199254740993", "18446744073709551616", "123456789012345678901234567890", "1" + "0" * 40, "9" * 310,
]
FLOATS = ["0.0", "1.0", "0.5", "2.0", "3.7", "1e308", "1e-308", "5e-324", "1e999", "0.1", "1e16", "123.456", "7.0", "(1e999 - 1e999)"]
COMPLEX = ["0j", "1j", "2.5j", "1e300j"]
STRINGS = ["''", "'a'", "'abc'", "'\\u0142'", "'x' * 10", "'%s'", "'a%sb'", "'\\U0001F600z'", "'\\ud800'"]
BYTES = ["b''", "b'a'", "b'xyz'"]
OTHERS = ["None", "...", "__debug__"]
LEAVES = [INTEGERS] * 8 + [FLOATS] * 4 + [COMPLEX] * 2 + [STRINGS] * 3 + [BYTES] * 2 + [OTHERS]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "|", "^", "&"]

choose = random.Random(312)


def expression(depth):
    if depth == 0 or choose.random() < 0.15:
        return choose.choice(choose.choice(LEAVES))
    kind = choose.random()
    if kind < 0.55:
        return f"({expression(depth - 1)} {choose.choice(BINARY)} {expression(depth - 1)})"
    if kind < 0.7:
        return f"({choose.choice(['-', '+', '~', 'not '])}{expression(depth - 1)})"
    if kind < 0.85:
        return "(" + "".join(expression(depth - 1) + "," for _ in range(choose.randrange(4))) + ")"
    if kind < 0.9:
        return f"({expression(depth - 1)} in {{{expression(depth - 1)}, {expression(depth - 1)}}})"
    return f"{expression(depth - 1)}[{choose.choice(['0', '1', '-1', '-2', 'True', expression(depth - 1)])}]"


for _ in range(int(sys.argv[1])):
    source = expression(choose.choice([1, 1, 2, 2, 3]))
    # `b'a' * 0` is not the one empty bytes object that there is otherwise, which shows in the bytes.
    if not ("b'" in source and "*" in source):
        write_record("eval", source)
