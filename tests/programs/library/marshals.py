"""Values and code through `marshal`, in each version of its format."""

import marshal

SOURCE = """
def outer(a, /, b, *args, c=(1, 2.5, None), **rest):
    count = 0
    def inner(step):
        nonlocal count
        count += step
        return [x * count for x in args if x not in {1, 2, 3}]
    return inner(b) + [a, c, b"bytes", 1j, 10**30, ..., "é", "\\ud800"]
class Kind:
    '''Doc.'''
    field: int = 3
"""

code = compile(SOURCE, "marshals.py", "exec")


def members(namespace):
    outer = namespace["outer"]
    made = outer.__code__
    return (
        ascii(outer(1, 2, 4, 5)),
        made.co_varnames,
        made.co_cellvars,
        made.co_qualname,
        [position for position in made.co_positions()][:4],
        namespace["Kind"].__doc__,
        namespace["Kind"].__annotations__,
    )


def run(again):
    namespace = {"__name__": "made"}
    exec(again, namespace)
    return members(namespace)


plain = run(code)
print(plain)
for version in range(5):
    for value in (code, (code, 1, "text"), [code, code], {"code": code, "same": (code,)}):
        data = marshal.dumps(value, version)
        again = marshal.loads(data)
        print(version, type(again).__name__, again == value)
        if isinstance(again, list):
            print(again[0] is again[1])
        while not hasattr(again, "co_code"):
            again = again["same"] if isinstance(again, dict) else again[0]
        assert run(again) == plain
    values = (True, None, 7, -1, 2**40, 10**50, 0.1, -0.0, 2j, b"b", "text", "é" * 300, (), (1,), [1, [2]], {1: {2: 3}}, {5}, frozenset("a"))
    print(version, marshal.dumps(list(values), version).hex() if version < 3 else "", marshal.loads(marshal.dumps(values, version)) == values)
for wrong in (object(), (len,), [type]):
    try:
        marshal.dumps(wrong)
    except ValueError as error:
        print(error)
