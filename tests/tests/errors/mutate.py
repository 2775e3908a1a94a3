"""Leaves out, inserts or swaps one token in random files: mutate.py OUT COUNT SEED FILE..."""

import io
import random
import sys
import tokenize

out_path, count, seed, *paths = sys.argv[1:]
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


with open(out_path, "wb") as out:
    written = 0
    while written < int(count):
        text, tokens = spans(random.choice(paths))
        if len(tokens) < 10:
            continue
        data = mutate(text, tokens).encode("utf-8", "surrogatepass")
        out.write(f"t exec 0 {len(data)}\n".encode() + data)
        written += 1
