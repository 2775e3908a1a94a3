"""Times compile() and marshal.dumps() of the Python that runs this, for comparison with the bench `stages`.

Usage: python3.12 reference.py PATH...
"""

import marshal
import os
import sys
import time
import warnings

ROUNDS = 3


def sources(paths):
    for path in paths:
        if os.path.isdir(path):
            yield from sources(sorted(entry.path for entry in os.scandir(path)))
        elif path.endswith(".py"):
            with open(path, "rb") as file:
                yield path, file.read()


def one_round(files):
    """The processor time in milliseconds, and how many files were compiled."""
    total = count = 0
    for path, source in files:
        start = time.process_time()
        try:
            marshal.dumps(compile(source, path, "exec"))
            count += 1
        except (SyntaxError, ValueError, RecursionError):
            pass
        total += time.process_time() - start
    return total * 1e3, count


warnings.simplefilter("ignore")
files = list(sources(sys.argv[1:]))
milliseconds, count = min(one_round(files) for _ in range(ROUNDS))
print(f"{count} files compiled of {len(files)}: {milliseconds:.1f} ms")
