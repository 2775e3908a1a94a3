"""Run by the reference, after `records.py`: sources with very many parts of a kind, in one expression, statement or function."""
N = int(sys.argv[1])


def several(separator, part):
    return separator.join(part.replace("#", str(i)) for i in range(N))


def function(*lines):
    return "def f(x, y, z):\n" + "".join(f"    {line}\n" for line in lines * N)


for source in [
    # One line: what differs is the column.
    f"x = [{several(', ', 'lambda: y')}]",
    f"x = [{several(', ', 'lambda: #')}]",
    f"x = [{several(', ', '[a for a in b]')}]",
    f"x = [{several(', ', '(1, 2.5, None)')}]",
    f"x = [{several(', ', '(#, 1j, (#,))')}]",
    # Integers that differ in their upper halves only.
    f"x = [{several(', ', '# << 32')}, y]",
    # Tuples and bytes that differ in the middle only.
    f"x = [{several(', ', '(1, 2, 3, 4, 5, 6, 7, #, 1, 2, 3, 4, 5, 6, 7)')}, y]",
    f"""x = [{several(', ', "b'" + 'a' * 40 + '#' + 'b' * 40 + "'")}, y]""",
    f"x = {{{several(', ', '#: (#, b)')}}}",
    f"x = {{{several(', ', '**b#')}}}",
    f"x = y in {{{several(', ', '#')}}}",
    f"x({several(', ', 'k#=#')})",
    f"x({several(', ', 'k#=#')}, k3=1, k1=2, k3=4)",
    f"x({several(', ', 'k#=#')}, k3=1, __debug__=2)",
    f"x({several(', ', 'k#=#')}, __debug__=2, **z, k3=1)",
    f"x({several(', ', 'k#=#, **a#')})",
    f"x({several(', ', '*a#')})",
    f"x = {several(' and ', 'a#')}",
    f"x = {several(' < ', 'a#')}",
    f"x = f'{several(' ', '{a#}')}'",
    f"{several(', ', 'a#')} = x",
    f"{several(' = ', 'a.b#')} = x",
    f"del {several(', ', 'a#')}",
    f"import {several(', ', 'a#')}",
    f"def f({several(', ', 'a#=#')}): return a1",
    f"def f({several(', ', 'a#')}, a1): pass",
    f"class A({several(', ', 'a#')}): pass",
    f"def f[{several(', ', 'T#')}](): return T1",
    f"match x:\n case {several(' | ', '#')}: pass",
    f"match x:\n case {{{several(', ', '#: a#')}}}: pass",
    f"match x:\n case {{{several(', ', '#: a#')}, 1: b}}: pass",
    "def f():\n    global " + several(", ", "a#") + "\n    a1 = a2",
    "def f():\n    " + several("; ", "a# = x") + "\n    def g():\n        return " + several(" or ", "a#"),
    "try: pass\n" + several("\n", "except a#: pass"),
    several("\n", "@a#") + "\ndef f(): pass",
    several("\n", "def f#(): return #"),
    several("\n", "a#: int = #"),
    function("try:", "    x(y)", "except E as e:", "    y = e"),
    function("try:", "    x(y)", "finally:", "    y = 1"),
    function("with x as y:", "    z = 1"),
    function("for y in x:", "    if z: break", "else:", "    z = 1"),
    function("while x:", "    if z: continue", "    if y: return z"),
    function("if x and y or z:", "    x = y", "elif y < x < z:", "    y = 1", "else:", "    z = x if y else z"),
    "async " + function("await x", "async for y in x:", "    async with z: pass"),
]:
    write_record("exec", source + "\n")
