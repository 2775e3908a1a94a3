# Stacks from outside: frames of other threads, faulthandler at a call, at a signal, after a time and at a crash.
import faulthandler
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

FILE = (lambda: 0).__code__.co_filename
file = tempfile.TemporaryFile("w+")


def show(what):
    file.seek(0)
    text = re.sub("0x[0-9a-f]+", "IDENT", file.read()).replace(FILE, "FILE")
    # Of the library's own lines only the functions are of interest.
    print(what, re.sub(r'File "(?!FILE)[^"]*", line \d+', "LIBRARY", text), sep="\n")
    file.seek(0), file.truncate()


def inner(marker):
    ready.set()
    finished.wait()
    return marker


def outer():
    inner("seen from outside")


ready, finished = threading.Event(), threading.Event()
thread = threading.Thread(target=outer)
thread.start()
ready.wait()
while "wait" not in sys._current_frames()[thread.ident].f_code.co_name:
    time.sleep(0.01)
frame = sys._current_frames()[thread.ident]
while frame:
    if frame.f_code.co_filename == FILE:
        print(frame.f_code.co_name, sorted(frame.f_locals), frame.f_locals.get("marker"))
    frame = frame.f_back
print(sys._current_frames()[threading.get_ident()] is sys._getframe(), len(sys._current_frames()))


def dump(**arguments):
    faulthandler.dump_traceback(file, **arguments)


dump(all_threads=False)
show("own stack")
finished.set(), thread.join()
dump()
show("all stacks")
faulthandler.register(signal.SIGUSR1, file=file, all_threads=False)
os.kill(os.getpid(), signal.SIGUSR1)
show("at a signal")
print(faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))
signal.signal(signal.SIGUSR1, lambda number, frame: print("handler", number == signal.SIGUSR1))
faulthandler.register(signal.SIGUSR1, file=file, all_threads=False, chain=True)
os.kill(os.getpid(), signal.SIGUSR1)
show("chained")
faulthandler.dump_traceback_later(0.05, file=file)
time.sleep(0.5)
show("later")
faulthandler.dump_traceback_later(60, file=file)
faulthandler.cancel_dump_traceback_later()
for bad in (lambda: faulthandler.dump_traceback_later(0), lambda: faulthandler.register(signal.SIGSEGV), lambda: faulthandler.register(1000), lambda: faulthandler.dump_traceback(-1), lambda: faulthandler.enable("x")):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print(faulthandler.is_enabled(), faulthandler.enable(file), faulthandler.is_enabled(), faulthandler.disable(), faulthandler.disable())
for crash in ("faulthandler._sigsegv()", "faulthandler._sigabrt()", "faulthandler._sigfpe()", "faulthandler.dump_traceback_later(0.05, exit=True)\nimport time; time.sleep(10)"):
    program = f"import faulthandler\nfaulthandler.enable(all_threads=False)\ndef f():\n {crash.splitlines()[0]}\nf()\n{''.join(crash.splitlines()[1:])}\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    print(crash, done.returncode, re.sub("0x[0-9a-f]+", "IDENT", done.stderr).split("\n\nExtension")[0], sep="\n")
