# The import system: packages, relative imports, caches, hooks, errors, reloading, resources, zip files.
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pkgutil
import runpy
import sys
import tempfile
import zipfile

root = tempfile.mkdtemp()
sys.path.insert(0, root)


def write(name, text=""):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    importlib.invalidate_caches()


def attempt(code):
    try:
        exec(code, {"__name__": "attempt"})
    except Exception as error:
        print(code, "->", type(error).__name__, str(error).replace(root, "ROOT"), getattr(error, "name", None))


write("pack/__init__.py", "print('init', __name__, __package__, __path__ is not None)\nfrom . import first\n__all__ = ['first', 'second']\ndef __getattr__(name):\n    if name == 'lazy': return 'made'\n    raise AttributeError(name)\ndef __dir__(): return ['custom']\n")
write("pack/first.py", "from .second import value\n")
write("pack/second.py", "value = 2\n_private = 3\n")
write("pack/sub/__init__.py", "from ..second import value as renamed\n")
write("pack/sub/leaf.py", "from ... import beyond\n")
write("pack/cycle_a.py", "from . import cycle_b\nname = 'a'\n")
write("pack/cycle_b.py", "from .cycle_a import name\n")
write("fails.py", "x = 1\n1 / 0\n")
write("wrong.py", "def f(:\n")
write("space/one.py", "n = 1\n")
import pack
import pack.sub
from pack import *
from pack import lazy

print(first.__name__, second.value, pack.sub.renamed, lazy, dir(pack), pack.__spec__.submodule_search_locations == pack.__path__, pack.first.__spec__.parent)
import space.one

print(space.__file__, type(space.__path__).__name__, space.one.n, space.__spec__.origin)
for code in ("import pack.sub.leaf", "import pack.cycle_a", "import fails", "import wrong", "import pack.absent", "from pack import absent", "from pack.second import absent", "import pack.second.deeper", "from . import x", "import ''", "from pack import *; first.nothing",
             "importlib = __import__('importlib'); importlib.import_module('.x')", "__import__('pack', level=-1)", "__import__('')", "from __future__ import braces", "import sys.path", "from os import path.x"):
    attempt(code)
print("fails" in sys.modules, "pack.cycle_a" in sys.modules)
sys.modules["blocked"] = None
attempt("import blocked")
sys.modules["odd"] = "not a module"
import odd

print(odd)
write("changing.py", "value = 1\n")
import changing

old = changing
write("changing.py", "value = 22\n")
print(changing.value, importlib.reload(changing) is old, changing.value, importlib.util.find_spec("pack.first").name, importlib.util.find_spec("absent"))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.startswith("virtual") else None

    def create_module(self, spec):
        print("create", spec.name)

    def exec_module(self, module):
        module.answer = 42 if module.__name__ == "virtual" else module.__name__


sys.meta_path.insert(0, Finder())
import virtual.inner

print(virtual.answer, virtual.inner.answer, virtual.__loader__.__class__.__name__)
archive = os.path.join(root, "archive.zip")
with zipfile.ZipFile(archive, "w") as file:
    file.writestr("zipped/__init__.py", "import pkgutil\ndata = pkgutil.get_data(__name__, 'data.txt')\n")
    file.writestr("zipped/data.txt", "inside")
    file.writestr("zipped/bad.py", "1 / 0\n")
sys.path.insert(0, archive)
import zipped

print(zipped.data, zipped.__file__.replace(root, "ROOT"), type(zipped.__loader__).__name__)
attempt("import zipped.bad")
print(sorted(module.name for module in pkgutil.iter_modules([root])), sorted(module.name for module in pkgutil.walk_packages(pack.__path__, "pack.", onerror=lambda n: None))[:3])
print(sorted(k for k in runpy.run_path(os.path.join(root, "pack/second.py")) if not k.startswith("__")), runpy.run_module("pack.second", run_name="renamed")["__name__"])
spec = importlib.util.spec_from_file_location("by_path", os.path.join(root, "pack", "second.py"))
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.value, module.__name__, "by_path" in sys.modules, importlib.util.cache_from_source("/a/b.py"), importlib.util.source_from_cache("/a/__pycache__/b.cpython-312.pyc"), importlib.util.resolve_name("..x", "a.b.c"), repr(module).replace(root, "ROOT"))
lazy_spec = importlib.util.find_spec("colorsys")
loader = importlib.util.LazyLoader(lazy_spec.loader)
lazy_spec.loader = loader
lazy_module = importlib.util.module_from_spec(lazy_spec)
loader.exec_module(lazy_module)
print(type(lazy_module).__name__, lazy_module.rgb_to_hsv(1, 0, 0), type(lazy_module).__name__, sys.implementation.cache_tag, importlib.machinery.SOURCE_SUFFIXES)
