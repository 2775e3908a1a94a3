"""Exceptions in chains and groups a hundred thousand deep."""

import traceback

DEPTH = 100_000


def attempt(operation, *arguments):
    try:
        operation(*arguments)
    except RecursionError:
        pass


def chain(attribute):
    error = None
    for number in range(DEPTH):
        following = ValueError(number)
        setattr(following, attribute, error)
        error = following
    return error


def reraise(error):
    try:
        try:
            raise error
        except ValueError:
            raise TypeError
    except TypeError:
        pass


def handlers(depth):
    error = None
    for number in range(depth):
        try:
            try:
                raise ValueError(number)
            except ValueError:
                raise KeyError(number) from error
        except KeyError as caught:
            error = caught
    return error


def recursion(depth):
    try:
        1 / 0
    except ZeroDivisionError:
        recursion(depth + 1)


def starred(group):
    try:
        raise group
    except* TypeError:
        pass
    except* ValueError:
        pass


for attribute in ("__context__", "__cause__"):
    error = chain(attribute)
    reraise(error)
    attempt(traceback.format_exception, error)
    attempt(traceback.TracebackException.from_exception, error)
attempt(handlers, 20_000)
attempt(recursion, 0)
group = ExceptionGroup("a", [ValueError(1)])
for _ in range(DEPTH):
    group = ExceptionGroup("a", [group])
for operation in (repr, str, starred, lambda g: g.split(ValueError), lambda g: g.subgroup(ValueError), lambda g: g.derive([g]),
                  lambda g: g.split(lambda e: False), traceback.format_exception):
    attempt(operation, group)
print("done", flush=True)
raise chain("__cause__") from group
