"""Ways to call, and what happens to the variables of what was called."""
import sys


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        # Uses many registers where those of the function that has just ended were.
        a, b, c, d, e, f, g, h = range(8)
        print("end of", self.name, busy(a, b, c, d, e, f, g, h), sys._getframe(1).f_code.co_name)


def busy(*numbers):
    one = [n + 1 for n in numbers]
    two = {n: n for n in one}
    return sum(two)


def variables():
    x1 = x2 = x3 = x4 = 0
    first = Noisy("first")
    second = Noisy("second")
    third = [Noisy("third")]
    return x1 + x2 + x3 + x4


def generator():
    kept = Noisy("kept")
    yield 1
    yield variables()


def raising():
    lost = Noisy("lost")
    raise KeyError(variables())


print(variables())
print(list(generator()))
try:
    raising()
except KeyError as error:
    print(repr(error))


def plain(a, b=2, *, c=3, d=4):
    return a, b, c, d


def gathers(a, *rest, k=1, **more):
    return a, rest, k, sorted(more.items())


def positional(a, b=2, /, c=3):
    return a, b, c


calls = [
    lambda: plain(1),
    lambda: plain(1, 5),
    lambda: plain(b=1, a=2),
    lambda: plain(1, d=9),
    lambda: plain(d=1, c=2, b=3, a=4),
    lambda: plain(),
    lambda: plain(b=1),
    lambda: plain(1, a=2),
    lambda: plain(1, z=2),
    lambda: plain(1, 2, 3),
    lambda: plain(1, 2, 3, d=4),
    lambda: gathers(1),
    lambda: gathers(1, 2, 3),
    lambda: gathers(1, 2, k=3, x=4, a2=5),
    lambda: gathers(k=1, a=2),
    lambda: gathers(),
    lambda: positional(1, 2, 3),
    lambda: positional(1, c=5),
    lambda: positional(a=1),
    lambda: positional(1, b=2),
    lambda: gathers(*[1, 2], **{"k": 3}),
]
for number, call in enumerate(calls):
    for _ in range(3):
        try:
            result = call()
        except TypeError as error:
            result = str(error)
    print(number, result)

# Defaults that change are seen at the next call.
plain.__defaults__ = (20,)
plain.__kwdefaults__ = {"c": 30, "d": 40}
print(plain(1), plain(1, d=2))
plain.__defaults__ = None
try:
    plain(1)
except TypeError as error:
    print(error)


# A function whose code is replaced, also while it runs.
def replaced(a):
    replaced.__code__ = other.__code__
    return a, "old"


def other(a):
    return a, "new"


print(replaced(1), replaced(2))


class Base:
    def method(self, x):
        return "base", x

    @classmethod
    def make(cls):
        return cls.__name__

    @property
    def value(self):
        return self.number


class Derived(Base):
    def method(self, x):
        return "derived", super().method(x)

    @classmethod
    def make(cls):
        return "derived", super().make()

    def __init__(self, number):
        super().__init__()
        self.number = number

    @property
    def value(self):
        return super().value + 1


class Further(Derived):
    pass


for made in [Derived(1), Further(2), Derived(3)]:
    for _ in range(3):
        print(made.method(5), made.make(), made.value)
Base.method = lambda self, x: ("changed", x)
print(Derived(1).method(6))
Derived.value = property(lambda self: "other")
print(made.value)


def shadow():
    class super:
        def __init__(self, *args):
            self.args = len(args)

        def method(self, x):
            return "shadowed", x, self.args

    class Inner(Base):
        def method(self, x):
            return super().method(x)

    return Inner().method(1)


print(shadow())

# Loops over pairs, and what unpacking raises.
for a, b in zip("abc", [1, 2, 3]):
    print(a, b, end=" ")
for a, b in enumerate("xy", 5):
    print(a, b, end=" ")
for a, b in {1: 2, 3: 4}.items():
    print(a, b, end=" ")
for a, b in [(1, 2), [3, 4], "ab", (c for c in "cd")]:
    print(a, b, end=" ")
print()
for wrong in [(1,), (1, 2, 3), [1], 5, "abc"]:
    try:
        a, b = wrong
    except (TypeError, ValueError) as error:
        print(error)
try:
    for a, b in zip([1, 2], [1], strict=True):
        print(a, b)
except ValueError as error:
    print(error)
try:
    changing = {1: 1}
    for a, b in changing.items():
        changing[a + 1] = b
except RuntimeError as error:
    print(error)


def swap(a, b, c):
    a, b = b, a
    b, c = [c, b]
    a, b, c = c, a, b
    a, a = b, c
    return a, b, c


print(swap(1, 2, 3))


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def generated(n):
    if n:
        yield from generated(n - 1)
    yield deep(n)


print(sum(generated(100)))
try:
    deep(10**6)
except RecursionError as error:
    print(error)


async def leaf(n):
    return n


async def tree(n):
    if n == 0:
        return await leaf(1)
    return await tree(n - 1) + await tree(n - 1)


try:
    tree(5).send(None)
except StopIteration as error:
    print(error.value)
once = leaf(1)
for _ in range(2):
    try:
        once.send(None)
    except (StopIteration, RuntimeError) as error:
        print(repr(error))
