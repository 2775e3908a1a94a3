"""Times the programs in `small` under two interpreters in turn, and prints the ratios of their medians.

    python3.12 vm/benches/small.py compare PVM PYTHON     rounds of both, each in processes of their own
    PVM vm/benches/small.py run NAME                      seconds of one run, median of a second's worth
"""

import importlib
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = 3


def run(name):
    sys.path.insert(0, str(HERE / "small"))
    function = importlib.import_module(name).run
    result = function()
    times = []
    end = time.perf_counter() + 1
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    print(repr(result))
    print(statistics.median(times))


def compare(candidate, reference):
    for file in sorted((HERE / "small").glob("*.py")):
        results, times = set(), {candidate: [], reference: []}
        for _ in range(ROUNDS):
            for program in times:
                command = [program, str(HERE / "small.py"), "run", file.stem]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                result, seconds = output.splitlines()
                results.add(result)
                times[program].append(float(seconds))
        ratio = statistics.median(times[candidate]) / statistics.median(times[reference])
        print(f"{file.stem:15} {ratio:.2f}" + ("" if len(results) == 1 else f" DIFFERENT: {results}"), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", name]:
            run(name)
        case ["compare", candidate, reference]:
            compare(candidate, reference)
        case _:
            sys.exit(__doc__)
