"""Makes `compile.profdata`, the profile that release builds of the compiling crates are optimised with.

    python3 cli/profile/record.py FOLDER…

compiles the Python sources below the folders with an instrumented build, in a copy, and writes the profile beside this
script. Needs `llvm-profdata` of LLVM 19 or newer, named by LLVM_PROFDATA if it is called otherwise. A stale profile does no
harm but that functions changed since are optimised without it: record again after larger changes.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# What an instrumented build is run with, in a folder of sources. Each run may find errors in some of them.
RUNS = [
    ["compile", "-qq", "-f", "-j1", "."],
    ["compile", "-qq", "-f", "-j2", "."],
    ["compile", "-qq", "-f", "-j1", "-o1", "-o2", "."],
    ["verify", "."],
    ["check", "."],
]

# What it is run with on some of the sources.
RUNS_OF_A_FILE = [["tokens"], ["ast"], ["dis"]]

# Every so manieth source is used for those.
STEP = 40


def build(counters):
    """An instrumented `pvm`. Linking it as a whole would take minutes and change no count."""
    environment = {
        **os.environ,
        "PVM_RECORD_PROFILE": str(counters),
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_TARGET_DIR": str(ROOT / "target" / "record-profile"),
    }
    subprocess.run(["cargo", "build", "--release", "-p", "pvm"], cwd=ROOT, env=environment, check=True)
    return ROOT / "target" / "record-profile" / "release" / "pvm"


def train(pvm, sources):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for arguments in RUNS:
        subprocess.run([pvm, *arguments], cwd=sources, **quiet)
    for source in sorted(sources.rglob("*.py"))[::STEP]:
        for arguments in RUNS_OF_A_FILE:
            subprocess.run([pvm, *arguments, source], **quiet)


def main(folders):
    with tempfile.TemporaryDirectory() as scratch:
        counters = pathlib.Path(scratch, "counters")
        pvm = build(counters)
        # Build scripts have run instrumented code, too.
        shutil.rmtree(counters, ignore_errors=True)
        for index, folder in enumerate(folders):
            sources = pathlib.Path(scratch, f"sources{index}")
            shutil.copytree(folder, sources, ignore=shutil.ignore_patterns("__pycache__"))
            train(pvm, sources)
        merge = [os.environ.get("LLVM_PROFDATA", "llvm-profdata"), "merge", "--sparse"]
        merged = HERE / "compile.profdata"
        subprocess.run([*merge, "-o", merged, *counters.glob("*.profraw")], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
