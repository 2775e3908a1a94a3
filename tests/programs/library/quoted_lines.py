"""Which line of a file an error quotes that the compiler finds: it has the file, and reads it in pieces."""

import os
import tempfile

ERROR = "zz = 1; global zz"

SOURCES = {
    "plain": f"x = 1\ndef f(): {ERROR}\ny\n",
    "no end": f"def f(): {ERROR}",
    "mark": f"\ufeffdef f(): {ERROR}\n",
    "carriage returns": f"x = 1\r\ndef f(): {ERROR}\r\n",
    "old line ends": f"x = 1\ry = 2\rdef f(): {ERROR}\r",
    "not ASCII": f"def f(): 'é'; {ERROR}; 'ü'\n",
}
for length in [960, 970, 971, 972, 973, 974, 975, 976, 977, 1000, 1959, 1969, 1970, 1971, 1972, 1973, 1974, 1975, 3000]:
    for end in "", "\n", "\r\n":
        SOURCES[f"{length} {end!r}"] = f"def f(): '{'a' * length}'; {ERROR}{end}"
        SOURCES[f"{length} behind {end!r}"] = f"'{'b' * 2000}'\ndef f(): {ERROR}; '{'a' * length}'{end}"
for length in range(485, 500):
    SOURCES[f"{length} not ASCII"] = f"def f(): '{'é' * length}'; {ERROR}\n"

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "source.py")
    for name, source in SOURCES.items():
        for encoding in "utf-8", "latin-1":
            if encoding == "latin-1":
                if "\ufeff" in source:
                    continue
                source = f"# coding: {encoding}\n{source}"
            with open(path, "wb") as file:
                file.write(source.encode(encoding))
            with open(path, "rb") as file:
                data = file.read()
            try:
                compile(data, path, "exec")
            except SyntaxError as e:
                print(name, encoding, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, ascii(e.text))
