# Generators: delegation, throw, close, return values, frames, chaining of errors, state.
import inspect


def inner(log):
    total = 0
    try:
        while True:
            try:
                got = yield total
            except ValueError as error:
                log.append(f"caught {error}")
                got = 100
            if got is None:
                return total
            total += got
    finally:
        log.append("inner ends")


def outer(log):
    result = yield from inner(log)
    log.append(f"inner gave {result}")
    result = yield from [10, 20]
    log.append(f"list gave {result}")
    return "outer"


log = []
g = outer(log)
print(inspect.getgeneratorstate(g), g.gi_yieldfrom)
print(next(g), g.send(5), g.throw(ValueError("thrown")), g.send(7), inspect.getgeneratorstate(g))
print(g.gi_yieldfrom.__name__, g.gi_running, g.gi_frame.f_lineno, g.gi_code.co_name)
print(g.send(None), next(g))
try:
    next(g)
except StopIteration as stop:
    print(stop.value, log)
print(inspect.getgeneratorstate(g), g.gi_frame, next(g, "exhausted"))

# Closing.
log = []
g = outer(log)
next(g)
print(g.close(), log)


def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield 2


g = stubborn()
next(g)
try:
    g.close()
except RuntimeError as error:
    print(error)


def raises_stop():
    yield 1
    raise StopIteration("inside")


try:
    list(raises_stop())
except RuntimeError as error:
    print(error, "|", repr(error.__cause__))


def reentrant():
    yield next(me)


me = reentrant()
try:
    next(me)
except ValueError as error:
    print(error)
g = outer([])
for operation in (lambda: g.send(1), lambda: g.throw(TypeError), lambda: g.throw(KeyError("k")), lambda: next(g)):
    try:
        print(operation())
    except Exception as error:
        print(type(error).__name__, error)


def numbers():
    # Finalised when dropped.
    try:
        yield from range(3)
    finally:
        print("dropped")


g = numbers()
next(g)
del g
squares = (x * x for x in range(10) if x % 2)
print(next(squares), list(squares), squares.__name__, squares.__qualname__)
first, *rest = numbers()
print(first, rest)


def tree(node):
    if node:
        yield from tree(node[0])
        yield node[1]
        yield from tree(node[2])


print(list(tree((((None, 1, None), 2, None), 3, (None, 4, (None, 5, None))))))


def context():
    try:
        yield
    finally:
        raise KeyError("in finally")


g = context()
next(g)
try:
    g.throw(ValueError("first"))
except KeyError as error:
    print(repr(error), repr(error.__context__))
lazy = (print("evaluated", x) for x in iter([1, 2]))
print("made")
print(list(lazy))
