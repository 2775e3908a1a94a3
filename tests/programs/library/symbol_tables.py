"""What the symbol table says of each kind of block."""

import symtable

SOURCE = """
class C[T: int]:
    x = 1
    def method(self, *args: T) -> T:
        nonlocal_name = [x for x in args]
        return lambda: nonlocal_name
type Alias[S] = list[S]
def f[U: (str, bytes)](u: U): global g
"""


def show(table, depth=0):
    print("  " * depth, table.get_type(), table.get_name(), table.get_lineno(), sorted(table.get_identifiers()))
    for child in table.get_children():
        show(child, depth + 1)


show(symtable.symtable(SOURCE, "<string>", "exec"))
show(symtable.symtable("from __future__ import annotations\nx: y", "<string>", "exec"))
