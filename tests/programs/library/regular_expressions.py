# re: syntax, flags, groups, substitution, splitting, errors, representations.
import re

TEXT = "The quick brown fox, aged 7, jumped over 13 lazy dogs at 12:45 on 2024-02-29. Ünïcode ſ K straße"
for pattern in (r"\b(\w)(\w*)\b", r"(?P<hour>\d\d):(?P<minute>\d\d)", r"(\d{4})-(\d\d)-(\d\d)", r"(?i)THE|FOX", r"[^\W\d_]+(?=,)", r"(?<=over )\d+", r"(?<!\d)\d(?!\d)", r"o(.)?x?", r"(a|b)*?c", r"(?:d(?:o)?g)s?",
                r"\s+", r"[a-fA-F\-\]]+", r"(.)\1", r"(?P<c>.)(?P=c)", r"^\w+|\w+$", r"(?x) \d+ # digits \n [ ] l", r"(?s).{5}\Z", r"(?m)^.", r"(?a:\w+)$", r"[\u00c0-\u00ff]+", r"\N{LATIN SMALL LETTER LONG S}", r"(x)?y?(?(1)z|q)", r"(?>a+)g", r"\d++",
                r"", r"(?i)k", r"(?ai)k", r"[[]", r"a{,2}g", r"\Bo\B", r"(?i:strasse)|(?i:STRASSE)|(?i:STRAßE)"):
    found = re.compile(pattern)
    print(pattern, [m.group() for m in found.finditer(TEXT)][:9], [m.groups() for m in found.finditer(TEXT)][:3], found.groups, found.groupindex, int(found.flags))
m = re.search(r"(?P<hour>\d\d):(?P<minute>\d\d)( pm)?", TEXT)
print(m, m.span(), m["hour"], m.group(1, "minute"), m.groups("none"), m.groupdict(), m.start("minute"), m.end(3), m.regs, m.lastgroup, m.lastindex, m.expand(r"\g<minute>-\1-\g<0>"), m.pos, m.endpos == len(TEXT), bool(m))
for pattern, replacement, count in ((r"(\w+) (\w+)", r"\2 \1", 1), (r"\d", lambda m: str(int(m[0]) * 2), 0), (r"x*", "-", 0), (r"(?P<n>o)", r"<\g<n>>", 3), (r"\b", "|", 4), (r"(a)|(b)", r"[\1\2]", 0), (r"\s", r"\n\t\\", 2), (r"o", r"\x", 0), (r"o", r"\5", 0), (r"o", r"\g<x>", 0), (r"o", r"\g<", 0), (r"o", "\\", 0)):
    try:
        print(pattern, re.subn(pattern, replacement, TEXT[:40], count))
    except (re.error, IndexError) as error:
        print(pattern, replacement, type(error).__name__, error)
print(re.split(r"[,.]\s*", TEXT), re.split(r"(,)\s*", TEXT, maxsplit=1), re.split(r"x*", "axbc"), re.findall(r"(\d)(\d)", TEXT), re.findall(r"o(.)", TEXT), re.fullmatch(r"\w+", "word"), re.match("b", "ab"), re.escape("a.b*c[d]é \n"))
for bad in ("(", ")", "[", "a**", "*", "(?P<1>a)", "(?P<a>x)(?P<a>y)", r"\1", "(?<=a+)b", "a{3,2}", "[z-a]", "(?z)", r"\q", "(?P=x)", "(?(5)a)", "a(?i)b", "\\", "(?P<a", "[a", r"[\d-z]", r"\N{nothing}", r"\u12", "(?", "(?#", "x{99999999999}", "(?-i)", "(?iL)a"):
    try:
        print(bad, re.compile(bad).findall("aab"))
    except (re.error, OverflowError, ValueError) as error:
        print(repr(bad), type(error).__name__, error, getattr(error, "pos", None), getattr(error, "lineno", None), getattr(error, "colno", None))
print(repr(re.compile("a", re.I | re.X)), re.compile(b"\\w+").findall(b"caf\xe9 x"), re.compile("é", re.A), repr(re.I | re.M), re.compile("a") == re.compile("a"), hash(re.compile("b")) == hash(re.compile("b")))
for bad in (lambda: re.match("a", b"a"), lambda: re.match(b"a", "a"), lambda: re.compile(b"a", re.U), lambda: re.compile("a", re.L), lambda: m["absent"], lambda: m.group(9), lambda: re.sub("a", 5, "a"), lambda: re.compile(re.compile("a"), re.I), lambda: re.match(5, "a")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
scanner = re.Scanner([(r"[a-z]\w*", lambda s, t: ("name", t)), (r"\d+", lambda s, t: ("number", int(t))), (r"[=+*]", lambda s, t: t), (r"\s+", None)])
print(scanner.scan("x1 = 12 + y * ?rest"))
p = re.compile("o")
print(p.search(TEXT, 15), p.search(TEXT, 5, 10), p.match(TEXT, 12), [m.start() for m in p.finditer(TEXT, 20, 60)], p.fullmatch("xox", 1, 2), re.compile("^a").search("ba", 1), re.compile(r"\ba").search("ba", 1))
VERBOSE = re.compile(r"""
    (?P<sign>[+-])?      # sign
    (?P<int>\d+)
    (?:\.(?P<frac>\d*))?   # fraction
""", re.VERBOSE)
print([m.groupdict() for m in VERBOSE.finditer("-12.5 +3 7.")], re.sub(r"(?m)^", "> ", "a\nb\n"), re.findall(r"(?m)$", "a\nb\n"), re.split(r"\b", "a b"), re.sub("", "-", "abc"), re.findall("|a", "aa"), re.sub(r"a|", "x", "ab"))
