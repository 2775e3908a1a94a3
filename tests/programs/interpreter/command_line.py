# Ways to start an interpreter: -c, -m, a script, a folder, a zip file, standard input; options; exit statuses; the prompt.
import os
import subprocess
import sys
import tempfile
import zipfile

FOLDER = tempfile.mkdtemp()


def run(*args, text=None, **variables):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    done = subprocess.run([sys.executable, *args], input=text, capture_output=True, text=True, cwd=FOLDER, env=environment)
    shown = [arg.replace(FOLDER, "FOLDER") for arg in args]
    print("==", *shown, "->", done.returncode)
    for name, stream in (("out", done.stdout), ("err", done.stderr)):
        for line in stream.replace(FOLDER, "FOLDER").replace(sys.executable, "PYTHON").splitlines():
            print(f"  {name}: {line}")


def write(name, text):
    path = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


SHOW = "import sys; print(__name__, sys.argv, __file__ if '__file__' in globals() else None, __spec__ and __spec__.name, __package__)"
script = write("script.py", SHOW)
write("package/__init__.py", "print('package')")
write("package/__main__.py", SHOW)
write("package/module.py", SHOW)
write("folder/__main__.py", SHOW + "\nimport beside")
write("folder/beside.py", "print('beside', __name__)")
write("broken.py", "def f(:\n    pass\n")
write("fails.py", "def f(x):\n    return 1 / x\n\n\nf(0)\n")
with zipfile.ZipFile(os.path.join(FOLDER, "app.zip"), "w") as archive:
    archive.writestr("__main__.py", SHOW.replace("__file__ if", "'zip' if"))
run("-c", SHOW, "a", "-b", "--c")
run("script.py", "x", "y z")
run("-m", "package", "1")
run("-m", "package.module")
run("-m", "script", "-c")
run("folder", "f")
run("app.zip", "z")
run("-", "s", text=SHOW)
run("-m", "nothing")
run("-m", "package.nothing")
run("nothing.py")
run("broken.py")
run("fails.py")
run("-c", "x = (")
run("-c", "raise SystemExit")
for value in ("0", "3", "256", "-1", "None", "True", "'text'", "[1]", "2.5", "(1, 2)"):
    run("-c", f"import sys; sys.exit({value})")
run("-c", "import os; os._exit(5)")
run("-c", "raise KeyboardInterrupt")
run("-c", "import sys; sys.excepthook = lambda *a: print('hook', a[0].__name__); 1 / 0")
run("-c", "import atexit; atexit.register(print, 'last'); atexit.register(print, 'first'); raise ValueError('x')")
run("-c", "print(__debug__); assert False", "-O")
run("-O", "-c", "print(__debug__); assert False, 'not here'")
run("-OO", "-c", "def f():\n 'doc'\nprint(f.__doc__, __debug__)")
run("-W", "error", "-c", "import warnings; warnings.warn('w')")
run("-W", "ignore", "-c", "import warnings; warnings.warn('w'); print('quiet')")
run("-W", "always", "-c", "import warnings\nfor _ in range(2): warnings.warn('twice', DeprecationWarning)")
run("-X", "utf8=1", "-c", "import sys; print(sys.flags.utf8_mode, sys._xoptions)")
run("-X", "dev", "-c", "import sys; print(sys.flags.dev_mode, sys.warnoptions)")
run("-I", "-c", "import sys; print(sys.flags.isolated, sys.flags.no_user_site, sys.flags.ignore_environment, sys.path[0] != '')")
run("-E", "-s", "-B", "-q", "-c", "import sys; print(sys.flags)", PYTHONHASHSEED="0")
run("-S", "-c", "import sys; print('site' in sys.modules)")
run("-P", "-c", "import sys; print(sys.flags.safe_path, '' in sys.path)")
run("-x", write("shebang.py", "this is not Python\nprint('skipped', 1)"))
run("-c", "import sys; print(sys.flags.optimize, sys.flags.hash_randomization)", PYTHONOPTIMIZE="1", PYTHONHASHSEED="7")
run("-c", "import warnings; warnings.warn('w', DeprecationWarning)", PYTHONWARNINGS="ignore")
run("-V")
run("--nothing")
run("-c")
run("-m")
