# Names: closures, nonlocal, global, class bodies, comprehensions, exec and eval, locals, deletion, walrus.
x = "module"


def counter():
    count = 0

    def increment(by=1):
        nonlocal count
        count += by
        return count

    def reset():
        nonlocal count
        del count

    return increment, reset


increment, reset = counter()
print(increment(), increment(5), increment.__closure__[0].cell_contents, increment.__code__.co_freevars)
reset()
for attempt in (increment, lambda: increment.__closure__[0].cell_contents):
    try:
        attempt()
    except (NameError, ValueError) as error:
        print(type(error).__name__, error)


class Body:
    x = "class"
    from_class = x
    listed = [x for _ in range(1)]
    nested = [[x for _ in range(1)] for _ in [x]]
    lazy = (lambda: x)()

    def method(self):
        return x, __class__.__name__, self.x

    class Inner:
        y = x


print(Body.from_class, Body.listed, Body.nested, Body.lazy, Body().method(), Body.Inner.y)


def uses_global():
    global x, made
    x, made = "changed", "made"


uses_global()
print(x, made)


def unbound():
    try:
        print(local)
    except UnboundLocalError as error:
        print(error)
    local = 1
    del local
    try:
        local
    except UnboundLocalError as error:
        print(error)
    try:
        undefined_name
    except NameError as error:
        print(error, error.name)


unbound()
functions = [lambda: i for i in range(3)], [lambda i=i: i for i in range(3)]
print([[f() for f in group] for group in functions])


def comprehensions(a):
    b = [y := a, y ** 2]
    c = [(last := v) * a for v in range(4)]
    d = {k: [j + k for j in range(k)] for k in range(3)}
    e = any((found := w) > 2 for w in range(10))
    return y, b, last, c, d, e, found, sorted(locals())


print(comprehensions(3))


def dynamic(a):
    b = 2
    exec("b = 5; c = 6")
    space = {"a": 10}
    exec("d = a * 2", {"a": 1}, space)
    return b, "c" in locals(), eval("a + b"), space["d"], eval("[a for _ in range(2)]", {"a": 7}), locals() is locals()


print(dynamic(1))
space = {}
exec("def f():\n return g()\ndef g():\n return 'g'\nz = f()", space)
print(space["z"], sorted(k for k in space if k != "__builtins__"), eval(compile("1 + 1", "<here>", "eval")))


def delete_in_except():
    try:
        1 / 0
    except ZeroDivisionError as error:
        pass
    try:
        return error
    except UnboundLocalError as other:
        return str(other)


print(delete_in_except())


def deep(n):
    def level1():
        def level2():
            def level3():
                nonlocal n
                n *= 2
                return n

            return level3

        return level2

    return level1()()(), n


print(deep(21))
a = b = c = []
a += [1]
(d, (e, *f)), g = ("d", "efgh"), [0][0]
print(b is c, b, d, e, f, g)
for i, (j, k) in enumerate(zip("ab", [1, 2])):
    pass
print(i, j, k, [i for i in range(5)][-1], i)
__hidden = "mangled?"


class Mangling:
    __attribute = 1

    def read(self, __argument=2):
        __local = 3
        return self.__attribute, __argument, __local, sorted(locals()), getattr(self, "_Mangling__attribute")


print(Mangling().read(), __debug__, __name__ == "__main__", sorted(n for n in vars(Mangling) if "attr" in n))
