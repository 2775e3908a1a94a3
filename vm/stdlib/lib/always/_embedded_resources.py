"""importlib.resources for the standard library inside the program."""

import _embedded
import io
from importlib.resources.abc import Traversable, TraversableResources


class Reader(TraversableResources):
    """Reads the resources of one package."""

    def __init__(self, root, folder):
        self._files = Node(root, folder)

    def files(self):
        return self._files


class Node(Traversable):
    """A file or folder of the library."""

    def __init__(self, root, path):
        self._root = root
        self._path = path

    def __repr__(self):
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self):
        return f"{self._root}/{self._path}" if self._path else self._root

    @property
    def name(self):
        return str(self).rpartition("/")[2]

    def is_file(self):
        return _embedded.is_file(self._path)

    def is_dir(self):
        return bool(_embedded.names(self._path))

    def iterdir(self):
        for name in _embedded.names(self._path):
            yield self.joinpath(name)

    def joinpath(self, *descendants):
        parts = [self._path] if self._path else []
        for descendant in descendants:
            for part in str(descendant).split("/"):
                if part == ".." and parts:
                    parts = "/".join(parts).split("/")[:-1]
                elif part not in ("", "."):
                    parts.append(part)
        return Node(self._root, "/".join(parts))

    __truediv__ = joinpath

    def read_bytes(self):
        return _embedded.data(self._path)

    def open(self, mode="r", *args, **kwargs):
        if mode not in ("r", "rb"):
            raise ValueError(f"the library inside the program can be opened with 'r' or 'rb', not {mode!r}")
        stream = io.BytesIO(self.read_bytes())
        return stream if mode == "rb" else io.TextIOWrapper(stream, *args, **kwargs)
