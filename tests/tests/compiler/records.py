"""Run by the reference, before one of the other scripts: what it makes of a source.

One record a source: mode, source and result, each followed by a zero byte. The result is the warnings that the compiler issues, then
`ok` and the marshalled code, or the error. Sources that the parser rejects are left out.
"""
import ast
import marshal
import sys
import warnings


def messages(caught):
    return [f"warning {w.lineno} {w.message}\n" for w in caught if issubclass(w.category, SyntaxWarning)]


def result(mode, source):
    with warnings.catch_warnings(record=True) as of_parser:
        warnings.simplefilter("always")
        try:
            ast.parse(source, "snippet.py", mode)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            code = compile(source, "snippet.py", mode, dont_inherit=True)
        except SyntaxError as error:
            end = error.end_offset or 0
            return f"syntax {error.lineno} {error.offset} {error.end_lineno} {end} {error.msg}"
        except RecursionError:
            return "recursion"
    parsers = messages(of_parser)
    return "".join(m for m in messages(caught) if m not in parsers) + "ok " + marshal.dumps(code).hex()


def write_record(mode, source):
    expected = result(mode, source)
    if expected is not None:
        sys.stdout.write(f"{mode}\0{source}\0{expected}\0")
