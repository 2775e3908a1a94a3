"""Compiles recorded sources, and prints for each the exception and the warnings: judge.py RECORDS [error]

With `error`, warnings are errors. Run by both interpreters.
"""

import sys
import warnings


def verdict(source, mode, flags, action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        try:
            compile(source, "<string>", mode, flags, True)
        except SyntaxError as e:
            found = (type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, e.text)
        except UnicodeEncodeError as e:
            found = (type(e).__name__,)
        except Exception as e:
            found = (type(e).__name__, str(e))
        else:
            found = ()
    return found, [(w.category.__name__, str(w.message), w.lineno, w.filename) for w in caught]


action = sys.argv[2] if len(sys.argv) > 2 else "always"
with open(sys.argv[1], "rb") as records:
    while header := records.readline():
        kind, mode, flags, length = header.decode().split()
        source = records.read(int(length))
        if kind == "t":
            source = source.decode("utf-8", "surrogatepass")
        print(ascii(verdict(source, mode, int(flags), action)))
