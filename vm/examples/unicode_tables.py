# Dumps what CPython knows about each code point; read by unicode_tables.rs.
# Lines: section, first code point, fields. A line holds until the next one of its section.
import unicodedata, _sre, sys

out = []


def hexes(text):
    return ".".join(f"{ord(c):x}" for c in text)


def mapping(c, text):
    """A difference for a single character, the characters themselves for more."""
    if len(text) == 1:
        return f"{ord(text) - c:d}"
    return hexes(text) + "."


def type_record(c):
    s = chr(c)
    final = lambda t: t.lower().endswith("\u03c2")
    ignorable = final("A" + s + "\u03a3") and not final(s + "\u03a3")
    flags = [
        s.isalpha(), s.isdecimal(), s.isdigit(), s.isnumeric(), s.islower(), s.isupper(),
        unicodedata.category(s) == "Lt", s.isspace(), s.isprintable(), s.isidentifier(),
        ("a" + s).isidentifier(), (s + "a").title()[-1] == "a", ignorable,
        len(("a" + s + "a").splitlines()) == 2,
    ]
    bits = sum(1 << i for i, flag in enumerate(flags) if flag)
    simple_lower = _sre.unicode_tolower(c)
    upper, title = s.upper(), s.title()
    simple_upper = upper if len(upper) == 1 else title if len(title) == 1 else s
    simple_title = title if len(title) == 1 else s
    return "\t".join(map(str, (
        bits, unicodedata.decimal(s, -1), unicodedata.digit(s, -1),
        mapping(c, upper), mapping(c, s.lower()), mapping(c, title), mapping(c, s.casefold()),
        ord(simple_upper) - c, simple_lower - c, ord(simple_title) - c)))


def database_record(ucd):
    def record(c):
        s = chr(c)
        return "\t".join(map(str, (
            ucd.category(s), ucd.bidirectional(s), ucd.combining(s), int(ucd.mirrored(s)), ucd.east_asian_width(s))))
    return record


def section(name, record):
    last = None
    for c in range(0x110000):
        r = record(c)
        if r != last:
            out.append(f"{name}\t{c}\t{r}")
            last = r


old = unicodedata.ucd_3_2_0
section("type", type_record)
section("data", database_record(unicodedata))
section("old", database_record(old))
section("numeric", lambda c: repr(unicodedata.numeric(chr(c), None)))
section("oldnumeric", lambda c: repr(old.numeric(chr(c), None)))
for c in range(0x110000):
    s = chr(c)
    d = unicodedata.decomposition(s)
    if d:
        out.append(f"decomposition\t{c}\t{d}")
        parts = d.split()
        if len(parts) == 2 and parts[0][0] != "<" and unicodedata.normalize("NFC", s) == s:
            out.append(f"composition\t{c}\t{int(parts[0], 16)}\t{int(parts[1], 16)}")
    o = old.decomposition(s)
    if o != d and old.category(s) != "Cn":
        out.append(f"olddecomposition\t{c}\t{o}")
out.append(f"version\t0\t{unicodedata.unidata_version}")
sys.stdout.write("\n".join(out) + "\n")
