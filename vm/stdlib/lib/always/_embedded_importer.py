"""Imports modules from the standard library inside the program.

The library looks like a folder whose path is sys._stdlib_dir, inside the file of the program. A path hook makes finders
for it and the folders of its packages, so that modules are found along sys.path in the usual order.
"""

import _embedded
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import _LoaderBasics, decode_source


class EmbeddedLoader(_LoaderBasics):
    """Loads one module of the library."""

    def __init__(self, root, name):
        self._root = root
        self._name = name

    def __repr__(self):
        return f"<{type(self).__name__} {self._name!r}>"

    def __eq__(self, other):
        return type(self) is type(other) and self._name == other._name

    def __hash__(self):
        return hash(self._name)

    @property
    def path(self):
        return f"{self._root}/{self._name}"

    def get_filename(self, fullname=None):
        return self.path

    def get_code(self, fullname):
        return _embedded.code(self._name, self.path)

    def get_source(self, fullname):
        return decode_source(_embedded.data(self._name))

    def get_data(self, path):
        root = self._root + "/"
        if not path.startswith(root):
            raise FileNotFoundError(2, "No such file or directory", path)
        return _embedded.data(path.removeprefix(root))

    def get_resource_reader(self, fullname):
        from _embedded_resources import Reader

        return Reader(self._root, self._name.rpartition("/")[0])


class EmbeddedFinder:
    """Finds the modules of one folder of the library."""

    def __init__(self, root, folder):
        self._root = root
        self._prefix = folder + "/" if folder else ""

    def __repr__(self):
        return f"<{type(self).__name__} {self._prefix!r}>"

    def find_spec(self, fullname, target=None):
        path = self._prefix + fullname.rpartition(".")[2]
        found = _embedded.find(path)
        if found is None:
            if not _embedded.names(path):
                return None
            # A folder without __init__: a portion of a namespace package.
            spec = ModuleSpec(fullname, None)
            spec.submodule_search_locations = [f"{self._root}/{path}"]
            return spec
        name, is_package = found
        loader = EmbeddedLoader(self._root, name)
        spec = ModuleSpec(fullname, loader, origin=loader.path)
        # Modules have a __file__, and so would seem to have a cached file.
        spec._set_fileattr = True
        if is_package:
            spec.submodule_search_locations = [f"{self._root}/{path}"]
        return spec

    def iter_modules(self, prefix=""):
        """Yields names of modules and whether they are packages, for pkgutil."""
        for name in _embedded.names(self._prefix.rstrip("/")):
            if name.endswith(".py"):
                if name != "__init__.py":
                    yield prefix + name.removesuffix(".py"), False
            elif _embedded.is_file(f"{self._prefix}{name}/__init__.py"):
                yield prefix + name, True

    def invalidate_caches(self):
        pass


def install():
    """Makes imports find the library."""
    root = sys._stdlib_dir
    below = root + "/"

    def embedded_hook(path):
        if path == root:
            return EmbeddedFinder(root, "")
        if path.startswith(below):
            return EmbeddedFinder(root, path.removeprefix(below))
        raise ImportError("not a folder of the library inside the program", path=path)

    sys.path_hooks.insert(0, embedded_hook)
