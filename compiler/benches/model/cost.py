"""What a run costs by the model of ../README.md, by function: one callgrind file, or the difference of two.

    python3 cost.py FILE [BEFORE] [--top N]
"""
import argparse
import collections
import re

# Processor cycles for each of callgrind's events, found by regression (../README.md).
CYCLES = {"Ir": 0.24, "Bcm": 27, "Bim": 27, "I1mr": 3, "D1mr": 5, "D1mw": 5}
UNIQUE = re.compile(r"\[[0-9a-f]{16}\]|::h[0-9a-f]{16}|<|>")


def read(path):
    """The events of each function, without those of what it calls."""
    names, costs = {}, collections.defaultdict(collections.Counter)
    function = events = None
    is_call = False
    for line in open(path):
        name = re.match(r"c?fn=\((\d+)\)(?: (.*))?", line)
        if line.startswith("events:"):
            events = line.split()[1:]
        elif name:
            if name[2]:
                names[name[1]] = UNIQUE.sub("", name[2])
            if line.startswith("fn="):
                function = names[name[1]]
        elif line.startswith("calls="):
            is_call = True
        elif line[0].isdigit() or line[0] in "+-*":
            if not is_call:
                costs[function].update(dict(zip(events, map(int, line.split()[1:]))))
            is_call = False
    return costs


def cycles(events):
    return sum(CYCLES.get(event, 0) * count for event, count in events.items())


def total(path, costs):
    events = sum(costs.values(), collections.Counter())
    counts = "  ".join(f"{event} {events[event]}" for event in CYCLES)
    print(f"{path}: {cycles(events) / 1e6:.3f} million cycles  {counts}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("before", nargs="?")
    parser.add_argument("--top", type=int, default=40)
    options = parser.parse_args()
    costs = read(options.file)
    before = read(options.before) if options.before else collections.defaultdict(collections.Counter)
    if options.before:
        total(options.before, before)
    total(options.file, costs)
    change = {name: cycles(costs[name]) - cycles(before[name]) for name in set(costs) | set(before)}
    for name in sorted(change, key=lambda name: -abs(change[name]))[: options.top]:
        events = costs[name]
        branches = events["Bcm"] + events["Bim"]
        print(f"{change[name] / 1e3:+9.1f}k  Ir {events['Ir']:8}  mispredicted {branches:6}  I1 {events['I1mr']:6}  {name[:110]}")


if __name__ == "__main__":
    main()
