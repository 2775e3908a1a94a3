# Exception groups, `except*`, notes, chaining; their tracebacks.
import traceback

FILE = (lambda: 0).__code__.co_filename


def attempt(function):
    try:
        function()
    except BaseException as error:
        print("".join(traceback.format_exception(error)).replace(FILE, "FILE"))
    else:
        print("nothing raised")


def make():
    return ExceptionGroup("top", [ValueError(1), ExceptionGroup("sub", [TypeError("t"), OSError(2, "no")]), KeyError("k")])


def splitting():
    group = make()
    print(repr(group), group.message, len(group.exceptions))
    match, rest = group.split(OSError)
    print(repr(match), "|", repr(rest))
    print(repr(group.subgroup(lambda e: isinstance(e, (ValueError, TypeError)))), group.subgroup(ZeroDivisionError))
    derived = group.derive([ValueError("new")])
    print(repr(derived), type(BaseExceptionGroup("b", [ValueError()])).__name__, type(BaseExceptionGroup("b", [KeyboardInterrupt()])).__name__)


def several():
    try:
        raise make()
    except* ValueError as errors:
        print("values", errors.exceptions)
    except* (TypeError, OSError) as errors:
        print("others", repr(errors))


def raising_inside():
    try:
        raise make()
    except* ValueError:
        raise RuntimeError("from handler")
    except* KeyError as errors:
        raise ExceptionGroup("again", errors.exceptions) from None
    finally:
        print("finally")


def naked():
    try:
        raise ValueError("alone")
    except* ValueError as errors:
        print(repr(errors))
    else:
        print("not here")
    try:
        pass
    except* ValueError:
        pass
    else:
        print("else")


def noted():
    error = ValueError("with notes")
    error.add_note("first note")
    error.add_note("second\nwith two lines")
    raise error from KeyError("cause")


def chained():
    try:
        try:
            {}["missing"]
        except KeyError as error:
            raise LookupError("second") from error
    except LookupError:
        raise ExceptionGroup("third", [IndexError("i"), ExceptionGroup("fourth", [SyntaxError("s")])])


def refused():
    for arguments in (("x", []), ("x", [1]), (1, [ValueError()]), ("x", ValueError()), ("x",)):
        try:
            ExceptionGroup(*arguments)
        except Exception as error:
            print(type(error).__name__, error)
    try:
        ExceptionGroup("base", [KeyboardInterrupt()])
    except TypeError as error:
        print(error)
    try:
        try:
            raise ValueError
        except* ExceptionGroup:
            pass
    except TypeError as error:
        print(error)


class Custom(ExceptionGroup):
    def __new__(cls, message, errors, code):
        self = super().__new__(cls, message, errors)
        self.code = code
        return self

    def derive(self, errors):
        return Custom(self.message, errors, self.code + 1)


def custom():
    try:
        raise Custom("custom", [ValueError(1), TypeError(2)], 7)
    except* ValueError as errors:
        print(type(errors).__name__, errors.code)


for function in (splitting, several, raising_inside, naked, noted, chained, refused, custom):
    print("==", function.__name__)
    attempt(function)
