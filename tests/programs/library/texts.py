# str and bytes methods, on every kind of character; textwrap, string, unicodedata, codecs.
import codecs
import string
import textwrap
import unicodedata

SAMPLES = ["", "Hello World", "ßtraße ŉ İı", "ΑΣ ΑΣΑ", "ǆ ǅ Ǆ", "\t a\u00a0b\u2003 c\n", "x\x1cy\x85z\u2028w\r\nv", "12３४½²", "_id1", "été\u0301", "\U0001f600\U00010400", "\ud800 lone", "a,b,,c", "ABCabc" * 3]
NAMES = "upper lower title capitalize swapcase casefold strip lstrip rstrip split splitlines isalpha isdigit isdecimal isnumeric isalnum isupper islower istitle isspace isidentifier isprintable isascii expandtabs".split()
for sample in SAMPLES:
    print(ascii(sample), *(f"{name}={ascii(getattr(sample, name)())}" for name in NAMES), sep=" ")
text = "the cat sat on the mat, the end"
print(text.find("the", 1), text.rfind("the"), text.index("cat"), text.count("the"), text.replace("the", "a", 2), text.partition(" sat "), text.rpartition(" "), text.partition("x"), text.split("the"), text.split(" ", 2), text.rsplit(" ", 2), text.startswith(("a", "the")), text.endswith("end", 5), text.startswith("cat", 4), "".find(""), text.count(""), text.replace("", "-", 4), "ab".replace("b", ""))
print(text.center(40, "*"), text.ljust(35) + "|", text.rjust(35, "."), "42".zfill(5), "-42".zfill(6), "+".zfill(3), text.removeprefix("the "), text.removesuffix("end"), "abc".join("123"), ",".join(["x"]), "".join([]), "a\tbc\td".expandtabs(4), "xxhixx".strip("x"), "abcba".lstrip("ab"), text.translate(str.maketrans("aeiou", "AEIOU", "t")), text.translate({97: None, 98: "BB", 99: 100}), "abc".maketrans({"a": 1, 98: "x"}))
print("a" < "b" < "é" < "\uffff" < "\U00010000", "abc" > "abcd", "a" * 3, 3 * "ab", "x" * -1, "needle" in "haystack with needle", "" in "", min("hello"), ord("é"), chr(0x1F600), len("\U0001f600"), "\U0001f600é"[0] == "\U0001f600", "é\U0001f600a"[::-1], hash("a") == hash("a"), "a" "b", repr("'"), repr('"\''), repr("\x7f\xa0\u200b\U000e0001"), "%s" % "é", sorted("hello", reverse=True))
for bad in (lambda: "a".index("b"), lambda: "a".split(""), lambda: ",".join([1]), lambda: "a".join(5), lambda: "ab".center(5, "xy"), lambda: chr(0x110000), lambda: ord("ab"), lambda: "é".encode("ascii"), lambda: "\ud800".encode(), lambda: b"\xff".decode(), lambda: "a".encode("nothing"), lambda: "a" + b"b", lambda: "a".replace("a"), lambda: "a".strip(5), lambda: "abc".maketrans("ab", "c"), lambda: "a".startswith(5), lambda: b"\xe9\x80".decode("utf-8"), lambda: "x".encode("utf-8", "nothing"), lambda: "é€".encode("latin-1"), lambda: "a".partition("")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, ascii(str(error)))
for encoding in ("utf-8", "utf-16", "utf-16-be", "utf-32-le", "latin-1", "cp1252", "ascii", "utf-7", "punycode", "unicode_escape", "raw_unicode_escape", "idna", "utf-8-sig", "koi8-r", "cp437", "mac-roman"):
    for errors in ("strict", "replace", "xmlcharrefreplace", "backslashreplace", "namereplace", "ignore", "surrogatepass"):
        try:
            encoded = "aé€\U0001f600".encode(encoding, errors)
            print(encoding, errors, encoded, ascii(encoded.decode(encoding, "replace")))
        except Exception as error:
            print(encoding, errors, type(error).__name__, error)
            break
        if errors == "strict":
            break
print(b"\xff\xc3a\xe2\x82".decode("utf-8", "replace"), ascii(b"\xff\xc3a".decode("utf-8", "surrogateescape")), b"\xffa".decode("utf-8", "backslashreplace"), b"\xffa".decode("ascii", "ignore"), codecs.encode("rot", "rot13"), codecs.lookup("UTF8").name, list(codecs.iterdecode([b"\xc3", b"\xa9"], "utf-8")))
b = bytearray(b"Hello World")
print(b.upper(), b.find(b"o"), b.replace(b"l", b"L", 1), b.split(), b.hex(":", 2), b.title(), b[0], b[1:3], bytes([1, 2, 255]), bytes(3), b"a" * 2, b"%b-%d" % (b"x", 1), bytes.fromhex("de ad"), b.isalpha(), b"abc".translate(None, b"b"), b"a,b".partition(b","), 108 in b, b"lo" in b, b.center(15, b"*"), b"\x00\x7f\x80'\"", b.swapcase(), b"A" < b"a", b"x".join([b"1", b"2"]), b.removeprefix(b"He"), b"  x ".strip(), b"a\nb\r\nc".splitlines(True), b"12".zfill(4), bytes(b) == b)
b.append(33), b.extend(b"??"), b.insert(0, 62), b.remove(111), b.reverse(), b.pop()
print(b, b.count(b"l"), bytes(memoryview(b)[2:5]), b.decode(), bytearray(5), bytearray("é", "utf-8"))
for bad in (lambda: bytes([256]), lambda: bytes("x"), lambda: b"a"[5], lambda: b.append("x"), lambda: b.remove(0), lambda: bytes(-1), lambda: b"a".join(["x"]), lambda: b"a" + "b", lambda: bytes.fromhex("x"), lambda: b"%s" % "x", lambda: b"a" in 5, lambda: "a" in b"abc", lambda: bytes(5, "utf-8"), lambda: b"a".find("a")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
LOREM = "Lorem ipsum dolor sit amet,  consectetur-adipiscing elit. Averyveryverylongwordthatdoesnotfit here — and\tthe end."
print(textwrap.fill(LOREM, 20), textwrap.wrap(LOREM, 25, initial_indent="* ", subsequent_indent="  ", break_long_words=False), textwrap.shorten(LOREM, 40), textwrap.dedent("  a\n    b\n\n  c"), textwrap.indent("a\n\nb", "> "), sep="\n")
print(string.capwords("the  quick fox"), string.Template("$who has ${n} $$ $missing").safe_substitute(who="x", n=1), string.punctuation, unicodedata.name("é"), unicodedata.lookup("SNOWMAN"), ascii(unicodedata.normalize("NFD", "é")), unicodedata.category("a"), unicodedata.numeric("½"), unicodedata.east_asian_width("あ"), unicodedata.bidirectional("א"), unicodedata.combining("\u0301"), unicodedata.decomposition("ﬁ"), unicodedata.is_normalized("NFC", "é"))
for name in "-", "-a", "- SNOWMAN", "SNOWMAN-", "SNOW-MAN", "HYPHEN-MINUS", "-HYPHEN-MINUS":
    try:
        print(unicodedata.lookup(name), eval(rf"'\N{{{name}}}'"))
    except (KeyError, SyntaxError) as error:
        print(type(error).__name__, error)
