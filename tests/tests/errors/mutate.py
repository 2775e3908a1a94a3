"""Damages random files: mutate.py OUT COUNT SEED KIND FILE...

KIND is `token`, to leave out, insert or swap one token; `text`, for several tokens, indentation, quotes and brackets; `line`, for
whole lines, characters beyond ASCII, pairs of quotes and brackets, and halves of two files; or `byte`, for bytes that may not be
UTF-8, and coding lines.
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


# Letters that names fold, digits of other scripts, blanks that are none, marks that combine, what is invisible, controls, surrogates.
CHARACTERS = "éªﬁſK𝔘ßΣς·℘゛" "٣²½Ⅷ" "\xa0\u2003\u3000\u2028\x85" "\u0301\u20dd\ufe0f" "\u200b\u200d\xad\ufeff\u2060" "\x00\x01\x0b\x0c\x1a\x1b\x7f"
CHARACTERS += "“”‘’，（）：；＝→−×≤…" "漢🐍" "\udc80\ud800" "\r"


def change_lines(text, tokens):
    lines = text.split("\n")
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other if random.random() < 0.5 else at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3 | 4:
            at = random.choice(tokens)[random.randrange(2)] + random.choice([0, 0, 0, 1, -1])
            return text[:at] + "".join(random.choices(CHARACTERS, k=random.choice([1, 1, 2]))) + text[at:]
        case 5:
            old, new = random.sample(["'", '"', "'''", '"""', "f'", 'r"', "b'", "`"], 2)
            return replace_one(text, old, new)
        case 6:
            old, new = random.sample("()[]{}<>:;,.=", 2)
            return replace_one(text, old, new)
        case 7:
            half, _ = spans(random.choice(paths))
            half = half.split("\n")
            lines[at:] = half[random.randrange(len(half)) :]
        case 8:
            end = random.choice(["\r", "\r\n", "\r\r\n", "\n\r", "\f\n", "\\\n", "\v", "\0\n"])
            return end.join(lines) if random.random() < 0.2 else "\n".join(lines[:at]) + end + "\n".join(lines[at:])
    return "\n".join(lines)


def replace_one(text, old, new):
    places = [at for at in range(len(text)) if text.startswith(old, at)]
    if not places:
        return text + new
    at = random.choice(places)
    return text[:at] + new + text[at + len(old) :]


# Those of `_codecs_kr`, `_codecs_cn` and `_codecs_iso2022` that are not here, pvm has not either.
CODINGS = """
    utf-8 utf8 UTF-8 utf-8-sig latin-1 latin1 iso-8859-15 ascii cp1252 cp437 koi8-r euc-jp shift_jis gbk big5 euc-kr mac-roman utf-7 utf-16
    utf-16-le utf-32 rot13 hex nonesuch cp037 unicode_escape raw_unicode_escape punycode idna undefined
""".split()


def change_bytes(data):
    at = random.randrange(len(data) + 1)
    wrong = bytes(random.choices(range(256) if random.random() < 0.5 else range(128, 256), k=random.choice([1, 1, 2, 3])))
    match random.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + wrong + data[at:]
        case 2:
            return data[:at] + b"\xef\xbb\xbf" + data[at:] if random.random() < 0.5 else b"\xef\xbb\xbf" + data[:at] + wrong + data[at:]
        case 3:
            return data[:at] + wrong + data[at + len(wrong) :]
    line = f"# coding: {random.choice(CODINGS)}\n".encode()
    head = random.choice([b"", b"", b"\n", b"#!python\n", b"\f", b"\n\n", b"x\n"])
    return head + line + data[:at] + random.choice([b"", wrong]) + data[at:]


def damaged(text, tokens):
    match kind:
        case "token":
            return mutate(text, tokens)
        case "text":
            return damage(text, tokens)
    text = change_lines(text, tokens)
    if text and random.random() < 0.2:
        text = random.choice([damage(text, tokens), text[: random.randrange(len(text) + 1)]])
    return text


with open(out_path, "wb") as out:
    written = 0
    while written < int(count):
        text, tokens = spans(random.choice(paths))
        if len(tokens) < 10:
            continue
        if kind == "byte":
            if random.random() < 0.3:
                text = damage(text, tokens)
            data = change_bytes(text.encode("utf-8", "surrogatepass"))
        else:
            data = damaged(text, tokens).encode("utf-8", "surrogatepass")
        mode = "exec" if kind in ("token", "text") else random.choice(["exec", "exec", "exec", "single", "eval"])
        out.write(f"{'b' if kind == 'byte' else 't'} {mode} 0 {len(data)}\n".encode() + data)
        written += 1
