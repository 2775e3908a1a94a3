# Slices and indices: every sequence type, assignment and deletion, user classes, slice objects.
import array
import itertools

bounds = [None, -7, -3, -1, 0, 2, 5, 9]
for sequence in ([0, 1, 2, 3, 4, 5], (0, 1, 2, 3, 4, 5), "abcdef", b"abcdef", bytearray(b"abcdef"), range(6), array.array("b", [0, 1, 2, 3, 4, 5]), memoryview(b"abcdef")):
    found = []
    for start, stop, step in itertools.product(bounds, bounds, (None, 1, 2, -1, -3, 10)):
        part = sequence[start:stop:step]
        expected = [sequence[i] for i in range(*slice(start, stop, step).indices(len(sequence)))]
        found.append(list(part) == expected and type(part) is type(sequence))
    print(type(sequence).__name__, all(found), len(found), sequence[1:4], sequence[::-2])
for start, stop, step, values in (
    (1, 3, None, [9, 9, 9]), (1, 1, None, [7]), (0, 0, None, []), (None, None, 2, "xyz"), (5, 1, -2, (8, 9)), (2, 100, None, iter("ab")), (4, 2, None, "new"),
    (None, None, 2, [1]), (None, None, -1, range(6)), (-2, None, None, {1: 2}), (0, 3, 0, []), (1, 2, None, 5), ("a", None, None, []),
):
    for kind in (list, bytearray):
        target = kind(range(6))
        try:
            target[start:stop:step] = values if kind is list or not isinstance(values, str) else values.encode()
            print(kind.__name__, list(target))
        except Exception as error:
            print(kind.__name__, type(error).__name__, error)
for start, stop, step in ((1, 3, None), (None, None, 2), (None, None, -2), (5, 0, -1), (3, 1, None), (-1, None, None), (None, None, None), (10, 20, 3)):
    target = list(range(8))
    del target[start:stop:step]
    other = bytearray(range(8))
    del other[start:stop:step]
    print(target, list(other) == target)
alias = [1, 2, 3]
alias[1:2] = alias
print(alias)
alias[:] = alias[::-1]
alias[::2] = alias[1::2] + [0]
print(alias)


class Recorder:
    def __getitem__(self, key):
        return key

    def __setitem__(self, key, value):
        print("set", key, value)

    def __delitem__(self, key):
        print("del", key)


r = Recorder()
print(r[1:2], r[::3], r[1:2, ...], r[()], r[1,], r[:, 0], r[a := 5], r[*(1, 2), 3], r["x":"y":"z"])
r[1:2] = 3
r[..., 1:] = "value"
del r[1:2], r[-1]


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        print("index", self.value)
        return self.value


print([10, 20, 30][Index(1)], "abc"[Index(-1)], (1, 2, 3)[Index(0):Index(2)], range(10)[Index(2)::Index(3)])
s = slice(1, 10, 2)
print(s, s.start, s.stop, s.step, s == slice(1, 10, 2), s < slice(2, 0, 0), hash(s) == hash(slice(1, 10, 2)), s.indices(5), slice(None, -1).indices(3))
for bad in (lambda: [][0], lambda: ()[1], lambda: ""[-1], lambda: b""[0], lambda: [1]["a"], lambda: (1,)[1.5], lambda: "a"[None], lambda: [1][::0], lambda: range(3)[5],
            lambda: slice(1).indices(-1), lambda: {}[1:2], lambda: 5[0], lambda: [].pop(), lambda: [1].pop(5), lambda: [1].insert("a", 1), lambda: None[1], lambda: [1][Index(2)]):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
