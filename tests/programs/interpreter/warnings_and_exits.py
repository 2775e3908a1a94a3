# Warnings, their filters and places; what happens at exit; hooks.
import atexit
import gc
import io
import sys
import threading
import warnings
import weakref


def show(message, category, filename, lineno, file=None, line=None):
    print("shown:", category.__name__, message, lineno)


warnings.showwarning = show


def old(level=2):
    warnings.warn("old is deprecated", DeprecationWarning, stacklevel=level)


for action in ("always", "default", "ignore", "once", "module"):
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        for _ in range(2):
            old()
        old()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    old(1)
    warnings.warn(UserWarning("instance"))
    warnings.warn_explicit("explicit", ResourceWarning, "file.py", 7, module="m")
    print([(w.category.__name__, str(w.message), w.lineno) for w in caught])
with warnings.catch_warnings():
    warnings.filterwarnings("error", message="turn .* error", category=UserWarning)
    for text in ("turn into error", "stay"):
        try:
            warnings.warn(text)
        except UserWarning as error:
            print("raised", repr(error))
    warnings.filterwarnings("ignore", module="__main__")
    warnings.warn("ignored by module")
for bad in (lambda: warnings.warn("x", int), lambda: warnings.simplefilter("nothing"), lambda: warnings.warn("x", stacklevel="a"), lambda: warnings.warn(), lambda: warnings.filterwarnings("error", category=5)):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print(warnings.formatwarning("text", UserWarning, "file.py", 3, "the line"), end="")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    eval(compile("1 is 1", "<w>", "eval"))
    eval(compile("'\\d'", "<w>", "eval"))
    compile("assert (1, 'x')", "<w>", "exec")
    compile("[](1)", "<w>", "eval"), compile("1 in 2 and 3is 4", "<w>", "eval"), compile("'a'['b']", "<w>", "eval")
    ~True
    print(*(f"{w.category.__name__}: {w.message}" for w in caught), sep="\n")




def unraisable(hook):
    print("unraisable", hook.exc_type.__name__, hook.exc_value, hook.err_msg, getattr(hook.object, "__qualname__", type(hook.object).__name__))


sys.unraisablehook = unraisable


class Dies:
    def __del__(self):
        raise ValueError("in del")


Dies()
cycle = [Dies()]
cycle.append(cycle)
del cycle
gc.collect()
target = Dies.__new__(type("Plain", (), {}))
weak = weakref.ref(target, lambda reference: 1 / 0)
del target


def thread_hook(args):
    print("thread", args.exc_type.__name__, args.exc_value, args.thread.name)


threading.excepthook = thread_hook
thread = threading.Thread(target=lambda: {}["missing"], name="failing")
thread.start(), thread.join()
print(sys.exc_info(), sys.exception())
try:
    1 / 0
except ZeroDivisionError:
    print(sys.exc_info()[0], repr(sys.exception()))
saved, sys.stdout = sys.stdout, io.StringIO()
print("captured")
sys.displayhook("shown"), sys.displayhook(None)
text, sys.stdout = sys.stdout.getvalue(), saved
print(repr(text), _)
atexit.register(lambda: print("registered first, runs last"))


@atexit.register
def fails():
    raise RuntimeError("at exit")


atexit.register(print, "with arguments", sep="", end="!\n")
removed = lambda: print("never")
atexit.register(removed), atexit.unregister(removed)


class AtEnd:
    def __del__(self):
        print("module variable dies", sys is not None)


at_end = AtEnd()
sys.exit(7)
