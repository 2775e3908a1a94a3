"""Damages random files: mutate.py OUT COUNT SEED KIND FILE...

KIND is `token`, to leave out, insert or swap one token, or `text`, for several tokens, indentation, quotes and brackets.
"""

import io
import random
import sys
import tokenize

out_path, count, seed, kind, *paths = sys.argv[1:]
random.seed(int(seed))
WORDS = """
    False None True and as assert async await break class continue def del elif else except finally for from global if
    import in is lambda nonlocal not or pass raise return try while with yield match case type _ print exec
    ( ) [ ] { } : , ; + - * / | & < > = . % == != ~ ^ << >> ** += -= -> := ... @ ! $ ? \\ 0 1.5 'a' f'{a}' b'c' x "
""".split() + ["\n", "    ", "#", "'''"]
sources = {}


def spans(path):
    """The text of a file, and where its tokens are."""
    if path not in sources:
        with open(path, "rb") as file:
            data = file.read()
        try:
            text = io.TextIOWrapper(io.BytesIO(data), tokenize.detect_encoding(io.BytesIO(data).readline)[0]).read()
            starts = [0]
            for line in text.split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            found = [
                (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
                for token in tokenize.generate_tokens(io.StringIO(text).readline)
                if token.type != tokenize.COMMENT
            ]
            found = [span for span in found if span[0] < span[1] <= len(text)]
        except (SyntaxError, UnicodeError, tokenize.TokenError):
            text, found = "", []
        sources[path] = text, found
    return sources[path]


def mutate(text, tokens):
    (a, b), (c, d) = sorted(random.sample(tokens, 2))
    match random.randrange(5):
        case 0:
            return text[:a] + text[b:]
        case 1:
            return f"{text[:a]}{random.choice(WORDS)} {text[a:]}"
        case 2:
            return f"{text[:a]}{text[c:d]} {text[a:]}"
        case 3:
            at = random.randrange(len(tokens) - 1)
            (a, b), (c, d) = tokens[at : at + 2]
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


PIECES = WORDS + """
    f' f" f\'\'\' !r :> \\ 0x 1_ 1e 08 "\\N{x}" "\\x1" "\\S" b"é" **a lambda: await <> global return break é € \u3000 \x01 f'{a:{b:{c}}}'
    f"{}" "\\t" async* case_ def*
""".split() + ["\\\n", "\t", "\f", "\r", "f'{x!z}'", "f'{a b}'", "type X = int", "case _:", "match x:", "except* E:", "def f[T](): pass",
               "(x for x in y)", "from . import *", "from __future__ import x", "# type: int", "nonlocal x", "None = 1"]


def reindent(line):
    """The line with other blanks before it, or joined to the next."""
    changes = " " + line, "\t" + line, "  " + line, line[1:], line.lstrip(), line.replace("    ", "\t"), "\f" + line
    return random.choice(changes + (line + "\\", line + " \\ ", " " * 8 + "\t" + line))


def damage(text, tokens):
    at = random.randrange(len(text))
    match random.randrange(5):
        case 0:
            for _ in range(random.choice([2, 3])):
                within = [span for span in tokens if span[1] <= len(text)]
                text = mutate(text, within) if len(within) > 2 else text
            return text
        case 1:
            lines = text.split("\n")
            at = random.randrange(len(lines))
            lines[at] = reindent(lines[at])
            return "\n".join(lines)
        case 2:
            return random.choice([text[:at], text[:at] + text[at + 1 :]])
        case 3:
            braces = [at for at, c in enumerate(text) if c in "{}" or text[at : at + 2] in ("f'", 'f"')]
            if not braces:
                return text[:at] + random.choice("()[]{}'\"") + text[at:]
            at = random.choice(braces)
    return text[:at] + random.choice(PIECES) + text[at + random.randrange(2) :]


with open(out_path, "wb") as out:
    written = 0
    while written < int(count):
        text, tokens = spans(random.choice(paths))
        if len(tokens) < 10:
            continue
        damaged = mutate(text, tokens) if kind == "token" else damage(text, tokens)
        data = damaged.encode("utf-8", "surrogatepass")
        out.write(f"t exec 0 {len(data)}\n".encode() + data)
        written += 1
