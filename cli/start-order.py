"""Writes the list of functions that starting the program runs: `cli/start-order.txt`, by which `build.rs` has them laid out.

    python3 cli/start-order.py target/release/pvm > cli/start-order.txt

Needs valgrind and nm. The program must be a release build for x86-64 Linux. A function that the list lacks or that is no
more does no harm: the list needs to be made again only when the memory of a start has grown.
"""

import bisect
import re
import subprocess
import sys
import tempfile

# What most runs begin with.
RUNS = [["-c", "pass"], ["-c", "import sys; print('text', 1.5, sys.version_info >= (3, 12))"]]


def functions(program):
    """The program's functions: addresses, sizes and names, sorted."""
    listed = subprocess.run(["nm", "-S", program], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return sorted((int(row[0], 16), int(row[1], 16), row[3]) for row in rows if len(row) == 4 and row[2] in "tT")


def addresses(program, arguments):
    """The addresses of all instructions that a run executes."""
    with tempfile.NamedTemporaryFile() as file:
        command = ["valgrind", "--tool=callgrind", "--dump-instr=yes", f"--callgrind-out-file={file.name}"]
        subprocess.run([*command, program, *arguments], check=True, capture_output=True)
        lines = open(file.name).read().splitlines()
    found, last, objects, here = set(), 0, {}, False
    for line in lines:
        if match := re.match(r"c?ob=\((\d+)\)(?: (.*))?", line):
            number, name = match.groups()
            if name:
                objects[number] = name.endswith(program.rpartition("/")[2])
            if line.startswith("ob="):
                here = objects[number]
        elif match := re.match(r"(?:0x([0-9a-f]+)|([+-]\d+)|\*) ", line):
            absolute, relative = match.groups()
            last = int(absolute, 16) if absolute else last + int(relative or 0)
            if here:
                found.add(last)
    return found


def main(program):
    table = functions(program)
    starts = [start for start, _, _ in table]
    names = set()
    for arguments in RUNS:
        for address in addresses(program, arguments):
            start, size, name = table[bisect.bisect_right(starts, address) - 1]
            if start <= address < start + size:
                names.add(name)
    print("\n".join(sorted(names)))


if __name__ == "__main__":
    main(sys.argv[1])
