# Formatting: f-strings (PEP 701), format specifications, percent, `str.format`, conversions.
import datetime
import decimal
import string

width, value, name = 12, 1234567.891, "name"
print(f"{value:>{width + 4},.2f}|{value:<15.3e}|{value:^+16.1f}|{value:g}|{value:.0f}|{value!r:>15}")
print(f"{name!r:*^{width}}|{name=}|{value = :.1f}|{name!s}|{'é'!a}|{{}}|{name[1:3]}")
print(f"{'nested ' + f'{name + f'{width}'}'} {"quotes" + 'inside'} {[x for x in 'ab']} {(lambda x: x * 2)(3)}")
print(f"{
    width  # a comment
    + 1
} {width:{'>'}{8}{'x'}} {{{width}}} {width!r:^{6}}", rf"\n{width}", f"\N{BULLET} \x41 {'\n'!r}")
for spec in ("d", "b", "o", "x", "X", "#b", "#o", "#x", "#X", "08b", "+d", " d", ",", "_", "_x", "n", "c", "e", "%", "010,", "=+10", "^#12x", "<5", "s"):
    try:
        print(spec, format(200, spec), format(-200, spec), sep="|")
    except Exception as error:
        print(spec, type(error).__name__, error)
for spec in ("", "f", "F", "e", "E", "g", "G", "%", ".3", ".0f", "#.0f", "+.2f", "z.1f", "010.2f", ",.2f", "_.2f", "n", ".17g", "#g", "d", "x", "<12.3", ".1%", "=+12.2f", "é>8.1f"):
    try:
        print(spec, *(format(number, spec) for number in (0.0, -0.04, 3.14159, 1e22, float("inf"), float("nan"))), sep="|")
    except Exception as error:
        print(spec, type(error).__name__, error)
for spec in ("", "10", ">10", "^10", "*<10", ".2", "5.2", "10s", "010", "=10", "d", "+", "#", ",", "🎉^7"):
    try:
        print(spec, format("text", spec), sep="|")
    except Exception as error:
        print(spec, type(error).__name__, error)
print(format(3 + 4j, ".2f"), format(1j, ">12"), format(True, "d"), format(True), format(None), format(decimal.Decimal("1.10"), ">8.3f"))
for template, arguments in (
    ("%d %5d %-5d| %05d %+d %x %#X %o", (1, 2, 3, 4, 5, 255, 255, 8)), ("%s %r %a %c %c %%", ("s", "é", "é", 65, "B")),
    ("%.3f %e %g %G %10.2f|%-10.2f|", (1.5, 12345.678, 1e-10, 1e20, 2.5, 2.5)), ("%(a)s %(b)05.1f", {"a": 1, "b": 2}), ("%*d %.*f", (5, 42, 2, 3.14159)),
    ("%d", ("x",)), ("%d %d", (1,)), ("%s", ()), ("%q", (1,)), ("%(a)s", (1,)), ("%c", ("ab",)), ("%s %s", (1, 2, 3)), ("%i %u", (1.9, 2)), ("%", ()), ("%x", (1.5,)),
):
    try:
        print(template % arguments)
    except Exception as error:
        print(template, type(error).__name__, error)


class Custom:
    attribute = [10, {"key": 20}]

    def __format__(self, spec):
        return f"<{spec}>"


for template in (
    "{} {} {}", "{0} {1} {0}", "{a} {b!r:>5}", "{0.attribute[1][key]} {0:anything {1}}", "{:{}}", "{!s:^{}}", "{} {0}", "{missing}", "{5}", "{", "}", "{!x}",
    "{0.nothing}", "{0[x]}", "{{}} {}", "{:%Y}",
):
    try:
        print(template.format(Custom(), 10, a="A", b="B"))
    except Exception as error:
        print(template, type(error).__name__, error)
print(f"{datetime.date(2024, 2, 29):%A %d %B %Y}", string.Template("$a ${b}c $$").substitute(a=1, b=2))
print("{x} {y}".format_map({"x": 1, "y": 2}), list(string.Formatter().parse("a{b!r:{c}}d")))
print(*(str(x) for x in (1e16, 1e15, 123456789012345680.0, 1e-5, 0.0001, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -0.0)))
print(b"%s %d %a %b %x" % (b"x", 5, "é", bytearray(b"y"), 255), ascii("é\U0001f600"), "%s" % (("tuple",),))
