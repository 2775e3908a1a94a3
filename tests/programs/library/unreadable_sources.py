"""What each way to compile says of sources that cannot be read."""

import ast
import symtable


def show(function, *args):
    try:
        function(*args)
    except Exception as e:
        print(type(e).__name__, ascii(e.args), ascii(getattr(e, "msg", "no msg")), ascii(str(e)))


for source in ["a\0b", b"a\0b", "\0", b"\xff", b"# coding: nonesuch\n", "\udc80", b"x = '\xff'\n", b"# coding: rot13\n"]:
    print(ascii(source))
    for mode in "exec", "eval", "single":
        show(compile, source, "<string>", mode)
    show(exec, source)
    show(eval, source)
    show(ast.parse, source)
    show(symtable.symtable, source, "<string>", "exec")
