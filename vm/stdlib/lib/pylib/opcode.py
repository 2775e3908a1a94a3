"""The instructions of Python 3.12's bytecode, from the program's own table."""

from _opcode import instructions as _instructions, stack_effect

__all__ = [
    "cmp_op", "hasarg", "hasconst", "hasname", "hasjrel", "hasjabs", "haslocal", "hascompare", "hasfree", "hasexc",
    "opname", "opmap", "HAVE_ARGUMENT", "EXTENDED_ARG", "stack_effect",
]

cmp_op = ("<", "<=", "==", "!=", ">", ">=")

HAVE_ARGUMENT = 90
MIN_PSEUDO_OPCODE = 256

_table = _instructions()


def _with_kind(*kinds):
    return [number for _, number, kind, _, _ in _table if kind in kinds]


opmap = {name: number for name, number, _, _, _ in _table}
MAX_PSEUDO_OPCODE = max(opmap.values())

opname = [f"<{number}>" for number in range(MAX_PSEUDO_OPCODE + 1)]
for _name, _number in opmap.items():
    opname[_number] = _name

EXTENDED_ARG = opmap["EXTENDED_ARG"]

hasarg = [number for _, number, _, has_arg, _ in _table if has_arg]
hasconst = _with_kind("const")
hasname = _with_kind("name")
hasjrel = _with_kind("jump", "backward jump")
hasjabs = []
haslocal = _with_kind("local")
hascompare = _with_kind("compare")
hasfree = _with_kind("free")
hasexc = [opmap[name] for name in ("SETUP_FINALLY", "SETUP_CLEANUP", "SETUP_WITH")]

_inline_cache_entries = [0] * len(opname)
for _name, _number, _kind, _has_arg, _caches in _table:
    _inline_cache_entries[_number] = _caches

_backward_jumps = frozenset(_with_kind("backward jump"))

_nb_ops = [
    ("NB_ADD", "+"), ("NB_AND", "&"), ("NB_FLOOR_DIVIDE", "//"), ("NB_LSHIFT", "<<"), ("NB_MATRIX_MULTIPLY", "@"),
    ("NB_MULTIPLY", "*"), ("NB_REMAINDER", "%"), ("NB_OR", "|"), ("NB_POWER", "**"), ("NB_RSHIFT", ">>"),
    ("NB_SUBTRACT", "-"), ("NB_TRUE_DIVIDE", "/"), ("NB_XOR", "^"),
]
_nb_ops += [(name.replace("NB_", "NB_INPLACE_"), sign + "=") for name, sign in _nb_ops]

_intrinsic_1_descs = [
    "INTRINSIC_1_INVALID", "INTRINSIC_PRINT", "INTRINSIC_IMPORT_STAR", "INTRINSIC_STOPITERATION_ERROR",
    "INTRINSIC_ASYNC_GEN_WRAP", "INTRINSIC_UNARY_POSITIVE", "INTRINSIC_LIST_TO_TUPLE", "INTRINSIC_TYPEVAR",
    "INTRINSIC_PARAMSPEC", "INTRINSIC_TYPEVARTUPLE", "INTRINSIC_SUBSCRIPT_GENERIC", "INTRINSIC_TYPEALIAS",
]
_intrinsic_2_descs = [
    "INTRINSIC_2_INVALID", "INTRINSIC_PREP_RERAISE_STAR", "INTRINSIC_TYPEVAR_WITH_BOUND",
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS", "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
]

# The program specialises its own register code, not the bytecode that is stored.
_specializations = {}
_specialized_instructions = []


def is_pseudo(op):
    return MIN_PSEUDO_OPCODE <= op <= MAX_PSEUDO_OPCODE
