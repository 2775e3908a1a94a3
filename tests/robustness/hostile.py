"""Writes .pyc files into a folder that say something that cannot be: the argument is the folder.

Running one must do no harm: most are refused, or raise; some say nothing that matters.
"""

import importlib.util
import marshal
import opcode
import os
import struct
import sys

MAGIC = importlib.util.MAGIC_NUMBER
HEADER = MAGIC + bytes(12)
OP = opcode.opmap
folder = sys.argv[1]
number = 0


def write(name, data):
    global number
    number += 1
    with open(os.path.join(folder, f"{number:03}-{name}.pyc"), "wb") as file:
        file.write(data)


def code(*instructions, **fields):
    """A module's code object with these instructions (pairs of name and oparg), and other fields changed."""
    source = "def f(): pass\nx = y = 1\n"
    units = []
    for name, oparg in instructions:
        units += [OP[name], oparg]
        units += [0, 0] * opcode._inline_cache_entries[OP[name]]
    whole = compile(source, "hostile", "exec")
    if units:
        fields["co_code"] = bytes(units)
        fields.setdefault("co_exceptiontable", b"")
        fields.setdefault("co_linetable", b"")
    return whole.replace(**fields)


def write_code(name, *instructions, **fields):
    write(name, HEADER + marshal.dumps(code(*instructions, **fields)))


RETURN = (("LOAD_CONST", 0), ("RETURN_VALUE", 0))
START = (("RESUME", 0),)

# --- the file ---
write("empty", b"")
write("short-magic", MAGIC[:2])
write("header-only", HEADER)
write("cut-header", HEADER[:10])
write("other-version", (3495).to_bytes(2, "little") + b"\r\n" + bytes(12) + marshal.dumps(code()))
write("next-version", (3571).to_bytes(2, "little") + b"\r\n" + bytes(12) + marshal.dumps(code()))
write("bad-flags", MAGIC + b"\xff" * 12 + marshal.dumps(code()))
write("not-code", HEADER + marshal.dumps(1))
write("a-tuple", HEADER + b")\x01" + marshal.dumps(code()))
write("null", HEADER + b"0")
write("unknown-type", HEADER + b"\x01")
whole = marshal.dumps(code())
for length in range(0, len(whole), 17):
    write("cut", HEADER + whole[:length])

# --- marshal ---
HUGE = b"\xff\xff\xff\x7f"
for kind in b"suta[(<>{l":
    write(f"huge-{kind:02x}", HEADER + bytes([kind]) + HUGE)
    write(f"negative-{kind:02x}", HEADER + bytes([kind]) + b"\xff\xff\xff\xff")
write("deep-tuples", HEADER + b")\x01" * 1_000_000 + b"N")
write("deep-lists", HEADER + b"[\x01\0\0\0" * 1_000_000 + b"N")
write("bad-reference", HEADER + b"r\xff\xff\xff\x7f")
write("itself", HEADER + b"\xa9\x01r\0\0\0\0")
write("bad-utf8", HEADER + b"u\x02\0\0\0\xff\xff")
write("bad-long", HEADER + b"l\x01\0\0\0\xff\xff")
write("bad-float", HEADER + b"f\x03abc")
write("code-in-itself", HEADER + whole.replace(b"c", b"\xe3", 1)[:40] + b"r\0\0\0\0" * 20)

# --- instructions ---
# No code object can be made that has these: the bytes of a sound one are changed.
sound = code().co_code
write("no-code", HEADER + whole.replace(struct.pack("<i", len(sound)) + sound, bytes(4)))
write("odd-code", HEADER + whole.replace(struct.pack("<i", len(sound)) + sound, struct.pack("<i", 3) + sound[:3]))
write_code("falls-off", *START, ("LOAD_CONST", 0))
write_code("underflow", *START, ("POP_TOP", 0), *RETURN)
write_code("overflow", *START, *[("LOAD_CONST", 0)] * 50, *RETURN)
write_code("wild-jump", *START, ("JUMP_FORWARD", 255), *RETURN)
write_code("jump-back-too-far", *START, ("JUMP_BACKWARD", 255))
write_code("jump-into-cache", *START, ("JUMP_FORWARD", 2), ("LOAD_GLOBAL", 0), *RETURN)
write_code("uneven-depths", *START, ("LOAD_CONST", 0), ("POP_JUMP_IF_FALSE", 1), ("LOAD_CONST", 0), *RETURN)
write_code("constant-index", *START, ("LOAD_CONST", 200), ("RETURN_VALUE", 0))
write_code("name-index", *START, ("LOAD_NAME", 200), ("RETURN_VALUE", 0))
write_code("local-index", *START, ("LOAD_FAST", 7), ("RETURN_VALUE", 0))
write_code("cell-index", *START, ("LOAD_DEREF", 7), ("RETURN_VALUE", 0))
write_code("free-variables", ("COPY_FREE_VARS", 9), *START, *RETURN)
write_code("unknown-opcode", co_code=bytes([255, 0] * 4), co_exceptiontable=b"")
write_code("cache-as-code", ("CACHE", 0), *RETURN)
write_code("specialized", co_code=bytes([OP["RESUME"], 0, 3, 0, 3, 0]), co_exceptiontable=b"")
write_code("dangling-extension", *START, ("EXTENDED_ARG", 1))
write_code("huge-count", *START, ("EXTENDED_ARG", 255), ("EXTENDED_ARG", 255), ("EXTENDED_ARG", 255), ("BUILD_TUPLE", 255), ("RETURN_VALUE", 0))
write_code("huge-unpack", *START, ("LOAD_CONST", 0), ("EXTENDED_ARG", 255), ("EXTENDED_ARG", 255), ("UNPACK_SEQUENCE", 255), *RETURN)
write_code("interpreter-exit", *START, ("LOAD_CONST", 0), ("INTERPRETER_EXIT", 0))
write_code("yield-in-module", *START, ("LOAD_CONST", 0), ("YIELD_VALUE", 0), ("RETURN_VALUE", 0))
write_code("generator-in-module", ("RETURN_GENERATOR", 0), ("POP_TOP", 0), *START, *RETURN)
write_code("keyword-names", *START, ("PUSH_NULL", 0), ("LOAD_CONST", 0), ("KW_NAMES", 0), ("CALL", 0), ("RETURN_VALUE", 0))
write_code("call-nothing", *START, ("PUSH_NULL", 0), ("LOAD_CONST", 0), ("CALL", 0), ("RETURN_VALUE", 0))
write_code("function-of-no-code", *START, ("LOAD_CONST", 1), ("MAKE_FUNCTION", 0), ("RETURN_VALUE", 0))
write_code("append-to-none", *START, ("LOAD_CONST", 0), ("LOAD_CONST", 0), ("LIST_APPEND", 1), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("store-in-no-cell", *START, ("LOAD_CONST", 0), ("STORE_DEREF", 0), *RETURN, co_stacksize=9)
write_code("iterate-none", *START, ("LOAD_CONST", 1), ("FOR_ITER", 0), ("END_FOR", 0), *RETURN, co_stacksize=9)
write_code("send-to-none", *START, ("LOAD_CONST", 1), ("LOAD_CONST", 1), ("SEND", 0), ("END_SEND", 0), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("raise-none", *START, ("LOAD_CONST", 1), ("RAISE_VARARGS", 1), co_stacksize=9)
write_code("reraise-none", *START, ("LOAD_CONST", 1), ("RERAISE", 0), co_stacksize=9)
write_code("check-nothing", *START, ("LOAD_CONST", 1), ("LOAD_CONST", 1), ("CHECK_EXC_MATCH", 0), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("intrinsic", *START, ("LOAD_CONST", 1), ("CALL_INTRINSIC_1", 200), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("operator", *START, ("LOAD_CONST", 1), ("LOAD_CONST", 1), ("BINARY_OP", 200), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("null-returned", *START, ("PUSH_NULL", 0), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("null-stored", *START, ("PUSH_NULL", 0), ("STORE_NAME", 0), ("LOAD_NAME", 0), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("null-added", *START, ("PUSH_NULL", 0), ("PUSH_NULL", 0), ("BINARY_OP", 0), ("RETURN_VALUE", 0), co_stacksize=9)
write_code("null-packed", *START, ("PUSH_NULL", 0), ("BUILD_LIST", 1), ("UNPACK_SEQUENCE", 2), ("RETURN_VALUE", 0), co_stacksize=9)

# --- other fields ---
write_code("no-stack", co_stacksize=0)
write_code("huge-stack", co_stacksize=(1 << 31) - 1)
write("parameters-without-variables", HEADER + whole[:1] + struct.pack("<i", 200) + whole[5:])
for name, table in (("handler-range", b"\x80\x3f\x00\x00"), ("handler-target", b"\x80\x01\x3f\x00"), ("handler-depth", b"\x80\x02\x00\x3f"),
                    ("handler-cut", b"\x80"), ("handler-long", b"\xff" * 100)):
    write_code(f"exceptions-{name}", co_exceptiontable=table)
raw = marshal.dumps(code(co_linetable=b"\xff" * 50, co_code=bytes([OP["RESUME"], 0, OP["LOAD_ASSERTION_ERROR"], 0, OP["RAISE_VARARGS"], 1])))
write("lines-wild", HEADER + raw)
stack = marshal.dumps(code())
at = stack.index(struct.pack("<i", code().co_stacksize), 1)
write("negative-counts", HEADER + stack[:1] + b"\xff" * 16 + stack[17:])
write("negative-flags", HEADER + stack[:13] + b"\xff" * 8 + stack[21:])
