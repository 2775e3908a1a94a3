"""Sources nested up to a hundred thousand deep are compiled or refused."""

PIECES = ("({}", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("not ", ""), ("~", ""), ("lambda:", ""), ("1 if 1 else ", ""), \
    ("(yield ", ")"), ("await ", ""), ("*", ""), ("f(", ")"), ("{a:", "}"), ("f'{", "}'"), ("f'{a:{b:", "}}'"), ("a[", "]"), \
    ("[a for a in ", "]"), ("a.", ""), ("a+", ""), ("a**", ""), ("a and ", ""), ("a<", ""), ("a=", ""), ("a(", ")"), ("a:=(", ")")
PATTERNS = ("[", "]"), ("a(", ")"), ("{1:", "}"), ("(", ") as b"), ("a.", "")
BLOCKS = "if 1:", "while 1:", "for a in b:", "with a:", "try:", "def f():", "class C:", "async def f():", "match a:"


def attempt(source, mode="exec"):
    try:
        compile(source, "deep", mode)
    except (SyntaxError, MemoryError, RecursionError, OverflowError):
        pass


for depth in (100, 201, 10_000):
    for left, right in PIECES:
        source = left.replace("{}", "") * depth + "a" + right * depth
        attempt(source)
        attempt(source, "eval")
        attempt(left * depth)
    for left, right in PATTERNS:
        attempt(f"match x:\n case {left * depth}a{right * depth}: pass")
for depth in (50, 99, 101, 1000, 5000):
    for block in BLOCKS:
        attempt("".join(" " * level + block + "\n" for level in range(depth)) + " " * depth + "pass\n")
attempt("if 1: pass\n" + "elif 1: pass\n" * 20_000)
attempt("x = " + "+".join(["a"] * 200_000))
attempt("f'" + "{a}" * 50_000 + "'")
print("done")
