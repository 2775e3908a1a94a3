"""Runs damaged programs, each in a child process of its own, and says how they ended.

    mutants.py KIND COUNT SEED FILE...

KIND is one of
    flip      bits of a .pyc are flipped
    truncate  a .pyc ends early
    alter     the fields of a code object are changed one by one, so that the file as such stays well formed
    source    characters and lines of a source file are changed, doubled, swapped or taken away

The children are forked, so that a crash costs one of them and start-up is paid once. One line is printed for each
child that a signal has killed or that ended with a status nobody asked for; then the counts. An endless loop is no
crash: children that take too long are ended and counted apart.
"""

import importlib.machinery
import importlib.util
import marshal
import os
import random
import signal
import sys
import types

TIME_LIMIT_SECONDS = 5
ENDED, RAISED, STRANGE = 0, 1, 3


def flip(rng, data):
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        # The header is 16 bytes; most flips should go into what follows.
        start = 0 if rng.random() < 0.02 else 16
        damaged[rng.randrange(start, len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def truncate(rng, data):
    return data[:rng.randrange(len(data))]


def nested_codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from nested_codes(constant)


def with_code_replaced(code, old, new):
    if code is old:
        return new
    consts = tuple(
        with_code_replaced(c, old, new) if isinstance(c, types.CodeType) else c for c in code.co_consts
    )
    return code.replace(co_consts=consts)


def altered_bytes(rng, data):
    damaged = bytearray(data)
    if not damaged:
        return bytes([rng.randrange(256)])
    for _ in range(rng.choice((1, 1, 2, 3))):
        action = rng.randrange(4)
        at = rng.randrange(len(damaged))
        if action == 0:
            damaged[at] = rng.randrange(256)
        elif action == 1:
            damaged[at] = (damaged[at] + rng.choice((-2, -1, 1, 2))) % 256
        elif action == 2 and len(damaged) > 4:
            at &= ~1
            del damaged[at:at + 2]
        else:
            other = rng.randrange(len(damaged)) & ~1
            at &= ~1
            damaged[at:at + 2], damaged[other:other + 2] = damaged[other:other + 2], damaged[at:at + 2]
            if not damaged:
                damaged = bytearray(2)
    return bytes(damaged)


def altered_names(rng, names):
    names = list(names)
    action = rng.randrange(4)
    if action == 0 or not names:
        names.append(rng.choice(("x", "__class__", ".0", "", "\ud800", "\0", "print")))
    elif action == 1:
        names.pop(rng.randrange(len(names)))
    elif action == 2:
        names[rng.randrange(len(names))] = rng.choice(names)
    else:
        rng.shuffle(names)
    return tuple(names)


CONSTANTS = (None, True, ..., 0, -1, 1 << 70, 1.5, 1j, "", "x", b"", (), ("a",), (1, 2), frozenset((1,)), ((((),),),))


def altered_constants(rng, constants):
    constants = list(constants)
    action = rng.randrange(3)
    if action == 0 or not constants:
        constants.append(rng.choice(CONSTANTS))
    elif action == 1:
        constants[rng.randrange(len(constants))] = rng.choice(CONSTANTS)
    else:
        rng.shuffle(constants)
    return tuple(constants)


def altered_count(rng, count):
    return rng.choice((0, count + 1, max(count - 1, 0), count + rng.randrange(300), 1 << 20, (1 << 31) - 1))


def alter(rng, data):
    whole = marshal.loads(data[16:])
    for _ in range(rng.choice((1, 1, 2, 3))):
        old = rng.choice(list(nested_codes(whole)))
        field = rng.choice((
            "co_code", "co_code", "co_code", "co_code", "co_exceptiontable", "co_exceptiontable", "co_linetable",
            "co_stacksize", "co_flags", "co_flags", "co_names", "co_varnames", "co_cellvars", "co_freevars",
            "co_consts", "co_consts", "co_argcount", "co_kwonlyargcount", "co_posonlyargcount", "co_firstlineno",
            "co_nlocals",
        ))
        value = getattr(old, field)
        if field == "co_flags":
            value ^= 1 << rng.randrange(12)
        elif isinstance(value, bytes):
            value = altered_bytes(rng, value)
        elif field == "co_consts":
            value = altered_constants(rng, value)
        elif isinstance(value, tuple):
            value = altered_names(rng, value)
        else:
            value = altered_count(rng, value)
        try:
            new = old.replace(**{field: value})
        except (ValueError, TypeError, OverflowError, SystemError):
            continue
        whole = with_code_replaced(whole, old, new)
    return data[:16] + marshal.dumps(whole)


PIECES = ("(", ")", "[", "]", "{", "}", ":", ",", ".", "=", "*", "**", "\\", "\n", "\t", " ", "'", '"', "'''", "f'", "{", "}",
          "#", "@", "if ", "else:", "def ", "class ", "lambda ", "yield ", "await ", "async ", "return ", "import ", "from ",
          "match x:\n", "case ", "except* ", "try:", "with ", "global x\n", "nonlocal x\n", "del ", "0x", "1_", "1e", "\0", "\x0c",
          "\r", "\u00e9", "\ufeff", "\U0001d518", "\u200b", "-> ", ":= ", "~", "not ", "is ", "None", "type X = ", "b'", "rb'\\'")


def mutate_source(rng, data):
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        lines = text.split("\n")
        action = rng.randrange(7)
        at = rng.randrange(len(text) + 1)
        line, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        if action == 0:
            text = text[:at] + text[at + rng.choice((1, 1, 2, 10)):]
        elif action == 1:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif action == 2:
            text = text[:at] + rng.choice(PIECES) + text[at + 1:]
        elif action == 3:
            text = text[:at]
        elif action == 4:
            lines[line], lines[other] = lines[other], lines[line]
            text = "\n".join(lines)
        elif action == 5:
            lines[line] = rng.choice(("", " ", "    ", "\t")) + lines[line].lstrip()
            text = "\n".join(lines)
        else:
            length = rng.randrange(1, 40)
            source = rng.randrange(len(text) + 1)
            text = text[:at] + text[source:source + length] + text[at:]
    damaged = text.encode("utf-8", "surrogateescape")
    if rng.random() < 0.05:
        damaged = flip(rng, damaged + b" " * 17)
    return damaged


MUTATIONS = {"flip": flip, "truncate": truncate, "alter": alter, "source": mutate_source}
ARGUMENTS = ((), (3,), ("ab", 2), ([2, 1], "x", 5), ((1, 2), {"a": 1}, None, 0))


def functions_of(namespace):
    for value in list(namespace.values()):
        if isinstance(value, types.FunctionType):
            yield value
        elif isinstance(value, type):
            yield from [f for f in vars(value).values() if isinstance(f, types.FunctionType)]


def exercise(value):
    """Goes on with what a call gave."""
    if isinstance(value, types.CoroutineType):
        value.send(None)
    elif hasattr(value, "__anext__"):
        value.__anext__().send(None)
    elif hasattr(value, "__next__"):
        for _, _ in zip(range(5), value):
            pass
        if hasattr(value, "throw"):
            value.throw(KeyError)


def run_pyc(path):
    loader = importlib.machinery.SourcelessFileLoader("mutant", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutant", loader))
    sys.modules["mutant"] = module
    try:
        loader.exec_module(module)
    finally:
        for function in functions_of(vars(module)):
            for arguments in ARGUMENTS:
                try:
                    exercise(function(*arguments))
                except Exception:
                    pass


def run_source(path):
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    exec(code, {"__name__": "__main__", "__builtins__": __builtins__})


def child(kind, path):
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(TIME_LIMIT_SECONDS)
    status = ENDED
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(os.open(path + ".err", os.O_RDWR | os.O_CREAT | os.O_TRUNC), 2)
        (run_source if kind == "source" else run_pyc)(path)
    except BaseException as error:
        status = RAISED
        try:
            sys.excepthook(type(error), error, error.__traceback__)
            sys.stderr.flush()
        except BaseException:
            pass
    os._exit(status)


def verdict(status, path):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "loops" if number in (signal.SIGALRM, signal.SIGKILL) else f"signal {number}"
    code = os.WEXITSTATUS(status)
    try:
        with open(path + ".err", "rb") as file:
            if b"panicked at" in file.read():
                return "panic"
    except OSError:
        pass
    return {ENDED: "ends", RAISED: "raises"}.get(code, f"status {code}")


def main(kind, count, seed, *files):
    mutate = MUTATIONS[kind]
    counts = {}
    contents = {}
    for file in files:
        with open(file, "rb") as opened:
            contents[file] = opened.read()
    path = os.path.abspath("mutant.py" if kind == "source" else "mutant.pyc")
    for number in range(int(count)):
        # Each mutant can be made again by its number alone.
        rng = random.Random(f"{seed} {number}")
        file = rng.choice(files)
        with open(path, "wb") as opened:
            opened.write(mutate(rng, contents[file]))
        pid = os.fork()
        if pid == 0:
            child(kind, path)
        _, status = os.waitpid(pid, 0)
        how = verdict(status, path)
        counts[how] = counts.get(how, 0) + 1
        if how not in ("ends", "raises", "loops"):
            kept = f"{kind}-{seed}-{number}" + os.path.splitext(path)[1]
            os.replace(path, kept)
            print(f"CRASH {how}: {kept} made of {file}", flush=True)
    for how in sorted(counts):
        print(f"{how}: {counts[how]}")


main(*sys.argv[1:])
