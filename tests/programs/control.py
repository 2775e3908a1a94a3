# Control flow: generators, exceptions, with, closures, comprehensions, match.
def countdown(n):
    try:
        while n:
            got = yield n
            if got:
                print("got", got)
            n -= 1
    finally:
        print("closing")
    return "done"


def outer():
    result = yield from countdown(2)
    print("result", result)


g = countdown(3)
print(next(g), g.send("hello"), next(g))
try:
    next(g)
except StopIteration as stop:
    print("stop", stop.value)
print(list(outer()))
g = countdown(5)
next(g)
g.close()


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        print("enter")
        return self

    def __exit__(self, kind, value, traceback):
        print("exit", kind and kind.__name__, value)
        return self.swallow


with Manager(True):
    raise ValueError("inside")
try:
    with Manager(False) as m:
        1 / 0
except ZeroDivisionError as error:
    print(error)


def chain():
    try:
        try:
            [].pop()
        except IndexError as error:
            raise KeyError("other") from error
    except KeyError as error:
        print(repr(error), repr(error.__cause__), error.__suppress_context__)
    finally:
        print("finally")


chain()


def make_counter():
    count = 0

    def increment(by=1):
        nonlocal count
        count += by
        return count

    return increment


c = make_counter()
c()
print(c(10), c())
print([x * y for x in range(4) for y in range(x) if (x + y) % 2], {k: v for k, v in zip("abc", range(3))})
print(sorted({x % 3 for x in range(10)}), sum(x for x in range(100)))


def describe(value):
    match value:
        case 0:
            return "zero"
        case int(n) if n < 0:
            return f"negative {n}"
        case [first, *rest]:
            return f"list of {first} and {len(rest)}"
        case {"kind": kind, **others}:
            return f"{kind} {sorted(others)}"
        case str() as text:
            return f"text {text!r}"
        case _:
            return "other"


for value in (0, -5, [1, 2, 3], {"kind": "x", "a": 1}, "hi", 2.5):
    print(describe(value))


def spread(a, /, b, *args, c=3, d, **kwargs):
    return a, b, args, c, d, sorted(kwargs.items())


print(spread(1, 2, 3, 4, d=5, e=6), spread(*[1, 2], **{"d": 0}))
try:
    spread(1)
except TypeError as error:
    print(error)
first, *middle, last = range(6)
print(first, middle, last)
for i in range(5):
    if i == 3:
        break
else:
    print("never")
print(i, f"{i:>4}|{3.14159:.2f}|{'x':^5}|{255:#x}|{1234567:,}|{i=}")
try:
    undefined_name
except NameError as error:
    print(error)


def depth(n):
    return depth(n + 1)


try:
    depth(0)
except RecursionError as error:
    print("RecursionError", str(error)[:32])
x = 10 ** 40
print(x // 7, x % 97, -x // 3, 2 ** 100, pow(3, 1000, 1007), 7 / 2, -7 // 2, -7 % 3)
