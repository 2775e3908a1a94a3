"""Run by the reference, after `records.py`: the snippets in its own tests."""
import doctest
import os
import textwrap

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


seen = set()
for name in sys.argv[1:]:
    for mode, source in snippets(name):
        # The reference interns one-character strings it has met before, which shows in the bytes.
        if (mode, source) in seen or "\0" in source or not source.isascii() or len(source) > 20_000:
            continue
        seen.add((mode, source))
        write_record(mode, source)
