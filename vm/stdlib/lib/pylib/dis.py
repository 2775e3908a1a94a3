"""Shows the bytecode of Python code, as CPython 3.12 does."""

import collections
import io
import sys
import types
from opcode import *
from opcode import (
    __all__ as _opcode_all, _backward_jumps, _inline_cache_entries, _intrinsic_1_descs, _intrinsic_2_descs, _nb_ops,
)

__all__ = [
    "code_info", "dis", "disassemble", "distb", "disco", "findlinestarts", "findlabels", "show_code",
    "get_instructions", "Instruction", "Bytecode",
] + _opcode_all
del _opcode_all

_have_code = (types.MethodType, types.FunctionType, types.CodeType, classmethod, staticmethod, type)

COMPILER_FLAG_NAMES = {
    1: "OPTIMIZED", 2: "NEWLOCALS", 4: "VARARGS", 8: "VARKEYWORDS", 16: "NESTED", 32: "GENERATOR", 64: "NOFREE",
    128: "COROUTINE", 256: "ITERABLE_COROUTINE", 512: "ASYNC_GENERATOR",
}

FORMAT_VALUES = ((None, ""), (str, "str"), (repr, "repr"), (ascii, "ascii"))
MAKE_FUNCTION_FLAGS = ("defaults", "kwdefaults", "annotations", "closure")

# Widths of the columns that hold the name of an instruction and its argument.
_OPNAME_WIDTH = 20
_OPARG_WIDTH = 5


def pretty_flags(flags):
    """Returns the names of the flags of a code object."""
    names = []
    for bit in range(32):
        flag = 1 << bit
        if flags & flag:
            names.append(COMPILER_FLAG_NAMES.get(flag, hex(flag)))
            flags ^= flag
            if not flags:
                break
    else:
        names.append(hex(flags))
    return ", ".join(names)


class _Unknown:
    def __repr__(self):
        return "<unknown>"


UNKNOWN = _Unknown()


def _compile(source, name):
    # An expression if it is one, else statements.
    try:
        return compile(source, name, "eval")
    except SyntaxError:
        return compile(source, name, "exec")


def _get_code_object(x):
    original = x
    x = getattr(x, "__func__", x)
    for attribute in ("__code__", "gi_code", "ag_code", "cr_code"):
        if hasattr(x, attribute):
            x = getattr(x, attribute)
            break
    if isinstance(x, str):
        x = _compile(x, "<disassembly>")
    if hasattr(x, "co_code"):
        return x
    raise TypeError(f"don't know how to disassemble {type(original).__name__} objects")


def dis(x=None, *, file=None, depth=None, show_caches=False, adaptive=False):
    """Disassembles a class, function, method, generator, code object, source text or bytes; by default the last
    traceback. Nested code is shown down to the given depth."""
    if x is None:
        distb(file=file, show_caches=show_caches, adaptive=adaptive)
        return
    x = getattr(x, "__func__", x)
    for attribute in ("__code__", "gi_code", "ag_code", "cr_code"):
        if hasattr(x, attribute):
            x = getattr(x, attribute)
            break
    options = {"file": file, "show_caches": show_caches, "adaptive": adaptive}
    if hasattr(x, "__dict__"):
        for name, member in sorted(x.__dict__.items()):
            if isinstance(member, _have_code):
                print(f"Disassembly of {name}:", file=file)
                try:
                    dis(member, depth=depth, **options)
                except TypeError as error:
                    print("Sorry:", error, file=file)
                print(file=file)
    elif hasattr(x, "co_code"):
        _disassemble_recursive(x, depth, **options)
    elif isinstance(x, (bytes, bytearray)):
        _print_instructions(_instructions_of_bytes(x), -1, file=file, show_caches=show_caches)
    elif isinstance(x, str):
        _disassemble_recursive(_compile(x, "<dis>"), depth, **options)
    else:
        raise TypeError(f"don't know how to disassemble {type(x).__name__} objects")


def distb(tb=None, *, file=None, show_caches=False, adaptive=False):
    """Disassembles the innermost frame of a traceback, by default the last one's."""
    if tb is None:
        try:
            if hasattr(sys, "last_exc"):
                tb = sys.last_exc.__traceback__
            else:
                tb = sys.last_traceback
        except AttributeError:
            raise RuntimeError("no last traceback to disassemble") from None
    while tb.tb_next:
        tb = tb.tb_next
    disassemble(tb.tb_frame.f_code, tb.tb_lasti, file=file, show_caches=show_caches, adaptive=adaptive)


def code_info(x):
    """Returns a description of a code object."""
    code = _get_code_object(x)
    lines = [
        f"Name:              {code.co_name}",
        f"Filename:          {code.co_filename}",
        f"Argument count:    {code.co_argcount}",
        f"Positional-only arguments: {code.co_posonlyargcount}",
        f"Kw-only arguments: {code.co_kwonlyargcount}",
        f"Number of locals:  {code.co_nlocals}",
        f"Stack size:        {code.co_stacksize}",
        f"Flags:             {pretty_flags(code.co_flags)}",
    ]
    if code.co_consts:
        lines.append("Constants:")
        lines += [f"{index:4d}: {constant!r}" for index, constant in enumerate(code.co_consts)]
    for title, names in (
        ("Names", code.co_names), ("Variable names", code.co_varnames), ("Free variables", code.co_freevars),
        ("Cell variables", code.co_cellvars),
    ):
        if names:
            lines.append(f"{title}:")
            lines += [f"{index:4d}: {name}" for index, name in enumerate(names)]
    return "\n".join(lines)


def show_code(co, *, file=None):
    """Prints a description of a code object."""
    print(code_info(co), file=file)


Positions = collections.namedtuple("Positions", "lineno end_lineno col_offset end_col_offset", defaults=[None] * 4)

_ExceptionTableEntry = collections.namedtuple("_ExceptionTableEntry", "start end target depth lasti")

_Instruction = collections.namedtuple(
    "_Instruction", "opname opcode arg argval argrepr offset starts_line is_jump_target positions", defaults=[None]
)


class Instruction(_Instruction):
    """One instruction: opname, opcode, arg, argval, argrepr, offset, starts_line, is_jump_target, positions."""

    def _disassemble(self, lineno_width=3, mark_as_current=False, offset_width=4):
        fields = []
        if lineno_width:
            line = "" if self.starts_line is None else self.starts_line
            fields.append(f"{line:{lineno_width}}" if line != "" else " " * lineno_width)
        fields.append("-->" if mark_as_current else "   ")
        fields.append(">>" if self.is_jump_target else "  ")
        fields.append(repr(self.offset).rjust(offset_width))
        fields.append(self.opname.ljust(_OPNAME_WIDTH))
        if self.arg is not None:
            fields.append(repr(self.arg).rjust(_OPARG_WIDTH))
            if self.argrepr:
                fields.append(f"({self.argrepr})")
        return " ".join(fields).rstrip()


def get_instructions(x, *, first_line=None, show_caches=False, adaptive=False):
    """Yields the instructions of a function, method, source text or code object."""
    code = _get_code_object(x)
    line_offset = 0 if first_line is None else first_line - code.co_firstlineno
    return _code_instructions(code, line_offset, show_caches)


def _code_instructions(code, line_offset=0, show_caches=False, exception_entries=()):
    return _instructions_of_bytes(
        code.co_code, code._varname_from_oparg, code.co_names, code.co_consts, dict(findlinestarts(code)), line_offset,
        code.co_positions(), show_caches, exception_entries,
    )


def _instructions_of_bytes(
    code, varname_from_oparg=None, names=None, co_consts=None, linestarts=None, line_offset=0, co_positions=None,
    show_caches=False, exception_entries=(),
):
    positions_of = iter(co_positions) if co_positions is not None else iter(())
    labels = set(findlabels(code)) | {entry.target for entry in exception_entries}
    for offset, op, arg in _unpack_opargs(code):
        starts_line = (linestarts or {}).get(offset)
        if starts_line is not None:
            starts_line += line_offset
        argval, argrepr = None, ""
        if arg is not None:
            argval, argrepr = _argument(op, arg, offset, varname_from_oparg, names, co_consts)
        positions = Positions(*next(positions_of, ()))
        yield Instruction(opname[op], op, arg, argval, argrepr, offset, starts_line, offset in labels, positions)
        caches = _inline_cache_entries[op]
        for _ in range(caches):
            positions = Positions(*next(positions_of, ()))
        if show_caches:
            yield from _cache_instructions(code, op, offset, positions)


_cache_layouts = {
    "LOAD_GLOBAL": ("counter", "index", "module_keys_version", "builtin_keys_version"),
    "BINARY_OP": ("counter",), "UNPACK_SEQUENCE": ("counter",), "COMPARE_OP": ("counter",),
    "BINARY_SUBSCR": ("counter",), "FOR_ITER": ("counter",), "LOAD_SUPER_ATTR": ("counter",),
    "LOAD_ATTR": ("counter", "version", "version", "keys_version", "keys_version", "descr", "descr", "descr", "descr"),
    "STORE_ATTR": ("counter", "version", "version", "index"), "CALL": ("counter", "func_version", "func_version"),
    "STORE_SUBSCR": ("counter",), "SEND": ("counter",), "JUMP_BACKWARD": ("counter",), "TO_BOOL": ("counter",),
}


def _cache_instructions(code, op, offset, positions):
    layout = _cache_layouts.get(opname[op], ())
    for index in range(_inline_cache_entries[op]):
        name = layout[index] if index < len(layout) else ""
        is_first = name and layout.index(name) == index
        size = layout.count(name) if is_first else 0
        at = offset + 2 + 2 * index
        argrepr = f"{name}: {int.from_bytes(code[at:at + 2 * size], sys.byteorder)}" if is_first else ""
        yield Instruction("CACHE", 0, 0, None, argrepr, at, None, False, positions)


def _argument(op, arg, offset, varname_from_oparg, names, co_consts):
    """The value of an argument and how it is shown."""

    def named(index):
        if names is None:
            return UNKNOWN, ""
        return names[index], names[index]

    name = opname[op]
    if op in hasconst:
        value = co_consts[arg] if co_consts is not None else UNKNOWN
        if co_consts is None:
            return UNKNOWN, ""
        return value, repr(value)
    if op in hasname:
        if name == "LOAD_GLOBAL":
            value, shown = named(arg // 2)
            return value, "NULL + " + shown if arg & 1 and shown else shown
        if name == "LOAD_ATTR":
            value, shown = named(arg // 2)
            return value, "NULL|self + " + shown if arg & 1 and shown else shown
        if name == "LOAD_SUPER_ATTR":
            value, shown = named(arg // 4)
            return value, "NULL|self + " + shown if arg & 1 and shown else shown
        return named(arg)
    if op in hasjrel:
        target = _jump_target(op, arg, offset)
        return target, f"to {target!r}"
    if op in haslocal or op in hasfree:
        if varname_from_oparg is None:
            return arg, ""
        value = varname_from_oparg(arg)
        return value, value
    if op in hascompare:
        value = cmp_op[arg >> 4]
        return value, value
    if name == "FORMAT_VALUE":
        conversion, shown = FORMAT_VALUES[arg & 3]
        with_spec = bool(arg & 4)
        if with_spec:
            shown = shown + ", with format" if shown else "with format"
        return (conversion, with_spec), shown
    if name == "MAKE_FUNCTION":
        return arg, ", ".join(part for bit, part in enumerate(MAKE_FUNCTION_FLAGS) if arg & 1 << bit)
    if name == "BINARY_OP":
        return arg, _nb_ops[arg][1]
    if name == "CALL_INTRINSIC_1":
        return arg, _intrinsic_1_descs[arg]
    if name == "CALL_INTRINSIC_2":
        return arg, _intrinsic_2_descs[arg]
    return arg, ""


def _jump_target(op, arg, offset):
    distance = -arg if op in _backward_jumps else arg
    target = offset + 2 + distance * 2
    # Jumps are relative to what follows the caches.
    return target + 2 * _inline_cache_entries[op]


def _unpack_opargs(code):
    extended = 0
    offset = 0
    while offset < len(code):
        op = code[offset]
        if op in _with_argument:
            arg = code[offset + 1] | extended
            extended = arg << 8 if op == EXTENDED_ARG else 0
            if extended >= 1 << 31:
                extended -= 1 << 32
        else:
            arg = None
            extended = 0
        yield offset, op, arg
        offset += 2 + 2 * _inline_cache_entries[op]


_with_argument = frozenset(hasarg)


def findlabels(code):
    """Returns the offsets that are targets of jumps."""
    labels = []
    for offset, op, arg in _unpack_opargs(code):
        if arg is not None and op in hasjrel:
            target = _jump_target(op, arg, offset)
            if target not in labels:
                labels.append(target)
    return labels


def findlinestarts(code):
    """Yields offsets at which a line begins, and that line."""
    last = None
    for start, _, line in code.co_lines():
        if line is not None and line != last:
            last = line
            yield start, line


def _parse_varint(iterator):
    byte = next(iterator)
    value = byte & 63
    while byte & 64:
        byte = next(iterator)
        value = value << 6 | byte & 63
    return value


def _parse_exception_table(code):
    iterator = iter(code.co_exceptiontable)
    entries = []
    try:
        while True:
            start = _parse_varint(iterator) * 2
            end = start + _parse_varint(iterator) * 2
            target = _parse_varint(iterator) * 2
            depth_and_lasti = _parse_varint(iterator)
            entries.append(_ExceptionTableEntry(start, end, target, depth_and_lasti >> 1, bool(depth_and_lasti & 1)))
    except StopIteration:
        return entries


def disassemble(co, lasti=-1, *, file=None, show_caches=False, adaptive=False):
    """Disassembles a code object; an arrow marks the instruction at the offset lasti."""
    entries = _parse_exception_table(co)
    instructions = _code_instructions(co, 0, show_caches, entries)
    lines = [line for _, line in findlinestarts(co)]
    _print_instructions(instructions, lasti, lines, len(co.co_code), entries, file=file)


disco = disassemble


def _disassemble_recursive(co, depth, **options):
    disassemble(co, **options)
    if depth is None or depth > 0:
        for constant in co.co_consts:
            if hasattr(constant, "co_code"):
                print(file=options.get("file"))
                print(f"Disassembly of {constant!r}:", file=options.get("file"))
                _disassemble_recursive(constant, None if depth is None else depth - 1, **options)


def _print_instructions(instructions, lasti, lines=(), length=0, entries=(), *, file=None, show_caches=False):
    line_width = max(3, len(str(max(lines)))) if lines else 0
    offset_width = max(4, len(str(max(length - 2, 0))))
    for instruction in instructions:
        if lines and instruction.starts_line is not None and instruction.offset > 0:
            print(file=file)
        current = instruction.offset == lasti
        print(instruction._disassemble(line_width, current, offset_width), file=file)
    if entries:
        print("ExceptionTable:", file=file)
        for entry in entries:
            lasti_mark = " lasti" if entry.lasti else ""
            last = entry.end - 2
            print(f"  {entry.start} to {last} -> {entry.target} [{entry.depth}]{lasti_mark}", file=file)


class Bytecode:
    """The bytecode of a function, method, source text or code object; iterating yields Instructions."""

    def __init__(self, x, *, first_line=None, current_offset=None, show_caches=False, adaptive=False):
        self.codeobj = code = _get_code_object(x)
        self.first_line = code.co_firstlineno if first_line is None else first_line
        self._line_offset = self.first_line - code.co_firstlineno
        self._original_object = x
        self.current_offset = current_offset
        self.exception_entries = _parse_exception_table(code)
        self.show_caches = show_caches
        self.adaptive = adaptive

    def __iter__(self):
        return _code_instructions(self.codeobj, self._line_offset, self.show_caches, self.exception_entries)

    def __repr__(self):
        return f"{type(self).__name__}({self._original_object!r})"

    @classmethod
    def from_traceback(cls, tb, *, show_caches=False, adaptive=False):
        """The bytecode of the innermost frame of a traceback, with the place of the error marked."""
        while tb.tb_next:
            tb = tb.tb_next
        return cls(tb.tb_frame.f_code, current_offset=tb.tb_lasti, show_caches=show_caches, adaptive=adaptive)

    def info(self):
        """Returns a description of the code object."""
        return code_info(self.codeobj)

    def dis(self):
        """Returns the instructions as text."""
        lasti = -1 if self.current_offset is None else self.current_offset
        lines = [line + self._line_offset for _, line in findlinestarts(self.codeobj)]
        with io.StringIO() as output:
            length = len(self.codeobj.co_code)
            _print_instructions(self, lasti, lines, length, self.exception_entries, file=output)
            return output.getvalue()


def main():
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("infile", type=argparse.FileType("rb"), nargs="?", default="-")
    args = parser.parse_args()
    with args.infile as infile:
        source = infile.read()
    dis(compile(source, args.infile.name, "exec"))


if __name__ == "__main__":
    main()
