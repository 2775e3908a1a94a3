"""What `-b` and `-bb` say of bytes that are compared with text, or shown as text."""

import subprocess
import sys

PROGRAM = r"""
class Text(str): pass
class Number(int): pass
class Bytes(bytes): pass
b, a = b"a", bytearray(b"a")
for source in (
    "str(b)", "str(a)", "repr(b)", "str(b, 'ascii')", "'%s' % b", "'%s' % a", "'{}'.format(b)", "f'{b}'", "format(b)",
    "b == 'a'", "'a' == b", "b != 'a'", "b < 'a'", "a == 'a'", "'a' != a", "b == 97", "97 == b", "a == 97", "b == 1.5",
    "b == None", "b == a", "b == True", "b in ['a']", "{'a': 1}.get(b)", "memoryview(b) == 'a'", "b.__eq__('a')",
    "b == Text('a')", "b == Number(2)", "Bytes(b) == 'a'", "str(Bytes(b))", "b.__str__()", "print(b)",
):
    try:
        print(source, eval(source))
    except Exception as error:
        print(source, type(error).__name__, error)
"""

for flags in ([], ["-b"], ["-bb"], ["-b", "-W", "error::BytesWarning"]):
    done = subprocess.run([sys.executable, *flags, "-c", PROGRAM], capture_output=True, text=True)
    print(flags, done.returncode)
    print(done.stdout)
    print(done.stderr)
