# Sorting: stability, keys, reversal, comparison calls, errors, mutation while sorting, heaps and bisection.
import bisect
import functools
import heapq
import operator
import random


class Counted:
    calls = 0

    def __init__(self, key, tag):
        self.key, self.tag = key, tag

    def __lt__(self, other):
        Counted.calls += 1
        return self.key < other.key

    def __repr__(self):
        return f"{self.key}{self.tag}"


random.seed(4)
items = [Counted(random.randrange(10), chr(97 + i)) for i in range(26)]
print(sorted(items), Counted.calls)
Counted.calls = 0
print(sorted(items, reverse=True), Counted.calls)
for size in (0, 1, 2, 33, 64, 100, 500):
    numbers = [random.randrange(size) for _ in range(size)]
    Counted.calls = 0
    wrapped = sorted(Counted(n, "") for n in numbers)
    print(size, Counted.calls, [w.key for w in wrapped] == sorted(numbers))
    for pattern in (range(size), range(size, 0, -1), [1] * size, [*range(size // 2), *range(size // 2)]):
        Counted.calls = 0
        sorted(Counted(n, "") for n in pattern)
        print("", Counted.calls, end="")
    print()
words = "the quick Brown fox jumps over The lazy dog Again".split()
print(sorted(words), sorted(words, key=str.lower), sorted(words, key=len, reverse=True), sorted(words, key=lambda w: (-len(w), w)))
print(sorted([3, 1.5, True, 2**70, -1, 0.0, False]), sorted(["b", "a", "B", "é", "z", "\U0001f600", "\uffff"]), sorted([(1, "b"), (1, "a"), (0, "z")]))
print(sorted({"b": 1, "a": 2}), sorted({3, 1, 2}), sorted("hello"), sorted(b"hello"), sorted([[2], [1, 5], [1]]), sorted([b"b", b"a"]))
print(sorted(range(5), key=functools.cmp_to_key(lambda a, b: (a % 2 - b % 2) or b - a)), min(words, key=len), max(words, key=len), max([], default="none"))
for bad in (lambda: sorted([1, "a"]), lambda: sorted([None, None]), lambda: sorted([1j, 2j]), lambda: sorted(5), lambda: sorted([1], 2), lambda: [1].sort(key=5), lambda: max([]),
            lambda: sorted([1, 2], key=lambda x: 1 / 0), lambda: sorted([{}, {}]), lambda: min(1), lambda: max(1, 2, default=3)):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
mutated = [3, 2, 1]
try:
    mutated.sort(key=lambda x: mutated.append(x) or x)
except ValueError as error:
    print(error, mutated)


class Fails:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        if self.n == 3:
            raise RuntimeError("compare")
        return self.n < other.n

    def __repr__(self):
        return f"F{self.n}"


failing = [Fails(n) for n in (5, 1, 4, 3, 2)]
try:
    failing.sort()
except RuntimeError as error:
    print(error, sorted(f.n for f in failing))
heap = []
for n in [5, 3, 8, 1, 9, 2, 7]:
    heapq.heappush(heap, n)
print(heap, heapq.heappushpop(heap, 0), heapq.heapreplace(heap, 6), [heapq.heappop(heap) for _ in range(len(heap))])
data = [random.random() for _ in range(50)]
print(heapq.nlargest(3, data) == sorted(data)[:-4:-1], heapq.nsmallest(3, words, key=len), list(heapq.merge([1, 4, 7], [2, 5], [0, 9], key=operator.neg, reverse=True)))
grades = [60, 70, 80, 90]
print([("FDCBA"[bisect.bisect(grades, score)]) for score in (33, 60, 79, 80, 95)], bisect.bisect_left(grades, 70), bisect.bisect_right(grades, 70, 0, 2), bisect.bisect_left(words, 3, key=len))
bisect.insort(grades, 75), bisect.insort_left(grades, 60)
print(grades)
