# itertools and functools: all of them, with their errors, representations and laziness.
import functools
import itertools as it
import operator

letters = "abcdef"
print(list(it.accumulate([3, 1, 4, 1, 5], max)), list(it.accumulate([1, 2, 3], initial=100)), list(it.accumulate([])), list(it.accumulate("abc")))
print(list(it.batched(letters, 4)), list(it.chain("ab", [1], ())), list(it.chain.from_iterable(["ab", "cd"])), list(it.compress(letters, [1, 0, 1, 0, 1])))
print(list(it.combinations("abcd", 2)), list(it.combinations_with_replacement("ab", 3)), list(it.permutations("abc", 2)), list(it.product("ab", [1, 2])), list(it.product([0, 1], repeat=3)))
print(list(it.islice(it.count(10, -3), 4)), list(it.islice(it.count(0.5, 0.25), 3)), list(it.islice(it.cycle("xy"), 5)), list(it.repeat("r", 3)), list(it.islice(letters, 1, None, 2)), list(it.islice(letters, 3)))
print(list(it.dropwhile(str.isalpha, "ab1c")), list(it.takewhile(str.isalpha, "ab1c")), list(it.filterfalse(None, [0, 1, "", "x"])), list(it.starmap(pow, [(2, 3), (3, 2)])), list(it.pairwise(letters)))
print([(k, list(g)) for k, g in it.groupby("aaBBbcA", str.lower)], list(it.zip_longest("abc", [1], fillvalue="-")), list(it.zip_longest()), [list(t) for t in it.tee(iter("abc"), 3)])
groups = it.groupby([1, 1, 2, 3, 3])
first = next(groups)
second = next(groups)
print(list(first[1]), list(second[1]), list(it.permutations([1, 2], 5)), list(it.combinations([], 0)), list(it.product()))
print(repr(it.count(5)), repr(it.count(1, 2)), repr(it.repeat(5)), repr(it.repeat("x", 2)), operator.length_hint(it.repeat(1, 7)), it.count(2**70).__next__())
for bad in (lambda: it.islice([], -1), lambda: it.islice([], 1, 2, 0), lambda: it.batched("a", 0), lambda: it.combinations("a", -1), lambda: it.product("a", repeat=-1), lambda: it.count("a"), lambda: it.repeat(),
            lambda: list(it.accumulate([1, "a"])), lambda: list(it.starmap(pow, [1])), lambda: it.tee([], -1), lambda: list(it.chain.from_iterable([1])), lambda: it.pairwise(5), lambda: list(zip("ab", "a", strict=True)),
            lambda: list(zip("a", "ab", "abc", strict=True)), lambda: next(iter([])), lambda: list(map(len, [1])), lambda: iter(5), lambda: iter(len, 5).__next__(), lambda: reversed({1}), lambda: functools.reduce(max, [])):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)


@functools.lru_cache(maxsize=3)
def cached(n, *, key=None):
    print("computing", n, key)
    return n * 2


print(cached(1), cached(1), cached(2), cached(3), cached(4), cached(1), cached(1, key="k"), cached(1.0), cached.cache_info(), cached.cache_parameters())
cached.cache_clear()
print(cached.cache_info(), cached.__wrapped__(5), cached.__name__)


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


print(fibonacci(150), fibonacci.cache_info())


@functools.singledispatch
def kind(value):
    return "object"


@kind.register
def _(value: int | float):
    return f"number {value}"


@kind.register(list)
def _(value):
    return f"list of {[kind(item) for item in value]}"


print(kind([1, "a", [2.5]]), kind(True), kind.dispatch(bool) is kind.dispatch(int), sorted(t.__name__ for t in kind.registry))


class Lazy:
    def __init__(self):
        self.computed = 0

    @functools.cached_property
    def value(self):
        self.computed += 1
        return self.computed

    @functools.singledispatchmethod
    def accept(self, value):
        return "default"

    @accept.register
    def _(self, value: str):
        return "text"

    def add(self, a, b):
        return a + b

    increment = functools.partialmethod(add, 1)


lazy = Lazy()
print(lazy.value, lazy.value, vars(lazy), lazy.accept(1), lazy.accept("x"), lazy.increment(41))
del lazy.value
print(lazy.value)


@functools.total_ordering
class Version:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == other.number

    def __lt__(self, other):
        return self.number < other.number


print(Version(1) <= Version(2), Version(2) >= Version(3), Version(3) > Version(1), functools.reduce(operator.mul, range(1, 8), 2))


def decorator(function):
    @functools.wraps(function, updated=())
    def wrapper(*args):
        """Wrapper."""
        return function(*args)

    return wrapper


@decorator
def documented(a: int):
    """Documented."""


print(documented.__name__, documented.__doc__, documented.__annotations__, documented.__wrapped__.__qualname__)
print(sorted([5, 2, 8], key=functools.cmp_to_key(lambda a, b: b - a)), functools.partial(int, base=2)("1011"), repr(functools.partial(print, 1, sep="-")))
numbers = iter(range(10))
print(list(zip(*[numbers] * 3)), list(numbers), list(filter(None, [0, 1, [], "a"])), list(map(lambda *a: a, "ab", [1, 2, 3])), list(enumerate("ab", 5)), list(reversed([1, 2])), sum([[1], [2]], []))
