# io, csv, pathlib, tempfile, os, shutil, glob, gzip, zipfile, tarfile, configparser, fileinput: what is written and read back.
import configparser
import csv
import glob
import gzip
import io
import os
import pathlib
import shutil
import stat
import sys
import tarfile
import tempfile
import zipfile

root = pathlib.Path(tempfile.mkdtemp())


def attempt(function):
    try:
        print(repr(function()).replace(str(root), "ROOT"))
    except Exception as error:
        print(type(error).__name__, str(error).replace(str(root), "ROOT"))


path = root / "text.txt"
print(path.write_text("first\nsecond\r\nthird\rend", newline=""), path.read_bytes(), path.read_text(), path.stat().st_size)
for newline in (None, "", "\n", "\r", "\r\n"):
    with open(path, newline=newline) as file:
        print(repr(newline), list(file), file.newlines, file.encoding)
with open(path, "r+", encoding="utf-8") as file:
    print(file.readline(), file.tell(), file.read(3), file.seek(0), file.readlines(4), file.writable(), file.seekable(), file.isatty(), file.mode, file.line_buffering)
    file.seek(0, 2), file.write("é€"), file.seek(0)
    print(repr(file.read()[-3:]), file.truncate(5))
with open(path, "rb", buffering=0) as raw, open(path, "ab+") as both:
    print(type(raw).__name__, raw.read(), raw.readinto(bytearray(3)), both.write(b"XY"), both.seek(2), both.read(), both.peek() if hasattr(both, "peek") else None, both.closed)
for bad in (lambda: open(root / "absent"), lambda: open(root), lambda: open(path, "q"), lambda: open(path, "rw"), lambda: open(path, "rb", encoding="utf-8"), lambda: open(path, "r").write("x"), lambda: open(path, "w").read(), lambda: open(path, buffering=0), lambda: open(path, "x"), lambda: open(""), lambda: open("a\0b"), lambda: io.StringIO().read(1, 2), lambda: file.read(), lambda: os.listdir(root / "absent"), lambda: os.rmdir(root), lambda: os.remove(root / "none"), lambda: (root / "x").rename(root / "y/z"), lambda: open(path, newline="x"), lambda: open(path, errors="nothing").read()):
    attempt(bad)
s = io.StringIO("a\nb\nc", newline=None)
print(s.readline(), s.read(), s.getvalue(), s.seek(1), s.write("ZZ"), s.getvalue(), s.truncate(2), s.tell())
b = io.BytesIO(b"0123456789")
view = b.getbuffer()
view[2:4] = b"AB"
print(b.read(4), b.read1(2), b.seek(-2, 2), b.readline(), view[0], b.getvalue())
attempt(lambda: b.write(b"x" * 20))
view.release()
reader = io.BufferedReader(io.BytesIO(b"line1\nline2\n"), 4)
print(reader.peek(2)[:2], reader.readline(), reader.readlines(), io.TextIOWrapper(io.BytesIO("é\n".encode("latin-1")), "latin-1").read())
wrapper = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace", write_through=True, newline="\r\n")
print(wrapper.write("é\n", ), wrapper.buffer.getvalue(), wrapper)
table = io.StringIO()
writer = csv.writer(table, quoting=csv.QUOTE_MINIMAL)
writer.writerows([["a", 1, None, 2.5], ['quote"d', "comma,", "new\nline", ""], [], [" x ", True]])
print(repr(table.getvalue()), list(csv.reader(io.StringIO(table.getvalue()))))
for options in ({"delimiter": ";"}, {"quotechar": "'", "quoting": csv.QUOTE_ALL}, {"quoting": csv.QUOTE_NONE, "escapechar": "\\"}, {"quoting": csv.QUOTE_NONNUMERIC}, {"lineterminator": "|"}, {"doublequote": False, "escapechar": "^"}, {"quoting": csv.QUOTE_NONE}):
    out = io.StringIO()
    try:
        csv.writer(out, **options).writerow(["a;b", "c'd", 1, 'e"f', "g,h"])
        print(options, repr(out.getvalue()), list(csv.reader([out.getvalue()], **{k: v for k, v in options.items() if k != "lineterminator"})))
    except (csv.Error, ValueError) as error:
        print(options, type(error).__name__, error)
people = csv.DictWriter(out := io.StringIO(), ["name", "age"], extrasaction="ignore", restval="?")
people.writeheader(), people.writerow({"name": "A", "x": 1}), people.writerow({"name": "B", "age": 3})
print(list(csv.DictReader(io.StringIO(out.getvalue()))), csv.Sniffer().sniff("a;b;c\n1;2;3\n").delimiter, list(csv.reader(["a,'b,c',d"], quotechar="'", skipinitialspace=True)))
for name in ("sub/one.py", "sub/two.txt", "sub/deep/three.py"):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(name)
print(sorted(p.relative_to(root).as_posix() for p in root.rglob("*.py")), sorted(glob.glob("**/*.txt", root_dir=root, recursive=True)), [(os.path.relpath(d, root), sorted(ds), sorted(fs)) for d, ds, fs in sorted(os.walk(root))])
p = pathlib.PurePosixPath("/a/b/../c.tar.gz")
print(p.parts, p.stem, p.suffixes, p.parent, p.with_suffix(".x"), p.with_name("n"), p.relative_to("/a"), p.match("*.gz"), p / "/abs", p.is_absolute(), p.joinpath("x", "y"), pathlib.PureWindowsPath("c:\\x\\y.z").drive, p < pathlib.PurePosixPath("/b"), repr(p), p.as_uri(), os.path.normpath(p), os.path.commonpath(["/a/b", "/a/c"]), os.path.splitext("a.b.c"), os.path.relpath("/a/b", "/a/c/d"))
shutil.copytree(root / "sub", root / "copy"), shutil.move(root / "copy/one.py", root / "moved.py")
os.symlink("moved.py", root / "link"), os.chmod(root / "moved.py", 0o640)
print(os.readlink(root / "link"), (root / "link").is_symlink(), stat.filemode((root / "moved.py").stat().st_mode), sorted(e.name + "/" * e.is_dir() for e in os.scandir(root)), os.access(root / "moved.py", os.R_OK), (root / "link").resolve() == (root / "moved.py").resolve(), os.path.samefile(root / "link", root / "moved.py"))
with gzip.open(root / "z.gz", "wt") as file:
    file.write("compressed\n" * 3)
with zipfile.ZipFile(root / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write(root / "moved.py", "m.py"), archive.writestr("d/e.txt", "e" * 100)
with tarfile.open(root / "t.tar.gz", "w:gz") as archive:
    archive.add(root / "sub", "sub")
with zipfile.ZipFile(root / "z.zip") as archive, tarfile.open(root / "t.tar.gz") as tar:
    print(archive.namelist(), archive.read("m.py"), archive.testzip(), archive.getinfo("d/e.txt").compress_size < 100, sorted(tar.getnames()), tar.extractfile("sub/two.txt").read(), gzip.open(root / "z.gz").read())
config = configparser.ConfigParser()
config.read_string("[DEFAULT]\nbase = /x\n[one]\npath = %(base)s/y\nflag = yes\nmulti =\n  a\n  b\n[two]\nn: 5\n; comment\n")
print(config.sections(), dict(config["one"]), config.getboolean("one", "flag"), config.getint("two", "n"), config.get("two", "none", fallback="f"))
attempt(lambda: config.get("three", "x")), attempt(lambda: config.read_string("x"))
descriptor = os.open(root / "raw", os.O_CREAT | os.O_RDWR, 0o600)
print(os.write(descriptor, b"abc"), os.lseek(descriptor, 0, 0), os.read(descriptor, 10), os.fstat(descriptor).st_size, os.close(descriptor), os.environ.get("NOTHING_HERE"), os.path.expandvars("$NOTHING_HERE"), os.fspath(path) == str(path))
shutil.rmtree(root)
print(root.exists(), sys.getfilesystemencoding())
