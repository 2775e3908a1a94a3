"""Sizes that no machine has: an exception, at once."""

import array, io, itertools, math, random, re, struct, zlib
from collections import deque

CASES = """
bytes(10**12)
bytes(10**19)
bytearray(10**12)
"a" * 10**15
b"a" * 10**13
[0] * 10**13
(0,) * 10**13
[0] * 2**62
"ab" * 2**62
1 << 10**13
1 << 2**64
2**10**12
"%1000000000000d" % 1
"%.1000000000000f" % 1.0
"%1000000000000s" % "a"
"%*d" % (2**62, 1)
b"%1000000000000d" % 1
f"{1:1000000000000}"
f"{1.0:1000000000000}"
f"{1j:1000000000000}"
f"{'a':>1000000000000}"
f"{1.0:.1000000000000}"
"{:{}}".format("a", 10**14)
array.array("i", [0]) * 10**13
"a".center(10**15)
"a".ljust(10**10 * 10**3)
"a".zfill(10**15)
b"a".center(10**12)
b"a".zfill(10**12)
"\\t".expandtabs(10**15)
("a" * 10**6).replace("", "b" * 10**8)
("a" * 10**6).replace("a", "b" * 10**8)
(b"a" * 10**6).replace(b"a", b"b" * 10**8)
list(range(10**12))
tuple(range(2**62))
[].extend(range(2**62))
sorted(range(2**62))
deque([0]) * 10**13
list(itertools.repeat(0, 10**13))
bytes(itertools.repeat(0, 2**62))
struct.calcsize("1000000000000000s")
struct.pack("1000000000000s", b"")
struct.unpack("1000000000000i", b"")
io.BytesIO().truncate(2**62)
(lambda b: (b.seek(2**50), b.write(b"a")))(io.BytesIO())
(lambda b: (b.seek(2**50), b.write("a")))(io.StringIO())
zlib.decompressobj().decompress(b"x", 2**62)
random.getrandbits(10**13)
random.randbytes(10**12)
math.factorial(10**12)
math.comb(10**12, 10**11)
math.perm(10**12, 10**12)
(10**6).to_bytes(2**62, "big")
re.compile("a{1000000000000}")
re.compile("a{4294967294}")
itertools.product(range(2), repeat=10**12)
itertools.permutations(range(3), 10**13)
__import__("json").dumps([1], indent=10**12)
__import__("hashlib").shake_128(b"").digest(2**60)
__import__("marshal").loads(b"s\\xff\\xff\\xff\\x7f")
__import__("marshal").loads(b"(\\xff\\xff\\xff\\x7f")
__import__("pickle").loads(b"\\x8e\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f")
__import__("time").sleep(10**20)
__import__("sys").setrecursionlimit(2**31)
len(range(2**64))
chr(2**40)
round(1.5, 2**40)
"""

for case in CASES.strip().splitlines():
    try:
        eval(case)
    except (MemoryError, OverflowError, ValueError, TypeError, struct.error, zlib.error, re.error, EOFError, IndexError) as error:
        pass
    except Exception as error:
        if type(error).__name__ not in ("UnpicklingError",):
            print(case, repr(error))
print("done")
