"""Run by the reference: what it makes of the snippets in its own tests.

Writes one record per snippet that its parser accepts: mode, source and result, each followed by a zero byte. The result is the
warnings that the compiler issues, then `ok` and the marshalled code, or the error.
"""
import ast
import doctest
import marshal
import os
import sys
import textwrap
import warnings

FOLDER = os.path.join(os.path.dirname(os.__file__), "test")
doctests = doctest.DocTestParser()


def snippets(name):
    path = os.path.join(FOLDER, name)
    if not os.path.exists(path):
        return
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        text = node.value
        if ">>>" in text:
            for example in doctests.get_examples(text):
                yield "exec", example.source
                yield "single", example.source
        elif len(text) > 2:
            yield "exec", text
            yield "exec", textwrap.dedent(text)
            if "\n" not in text:
                yield "eval", text


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


seen = set()
for name in sys.argv[1:]:
    for mode, source in snippets(name):
        # The reference interns one-character strings it has met before, which shows in the bytes.
        if (mode, source) in seen or "\0" in source or not source.isascii() or len(source) > 20_000:
            continue
        seen.add((mode, source))
        expected = result(mode, source)
        if expected is not None:
            sys.stdout.write(f"{mode}\0{source}\0{expected}\0")
