# unittest and doctest runs, mocks, and their reports; argparse, getopt, logging, pprint, textual tables.
import argparse
import doctest
import io
import logging
import pprint
import re
import sys
import unittest
from unittest import mock

FILE = (lambda: 0).__code__.co_filename


def double(x):
    """Doubles.

    >>> double(2)
    4
    >>> double("a")
    'wrong'
    >>> double(None)
    Traceback (most recent call last):
        ...
    TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'
    """
    return x * 2


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("class up")

    def setUp(self):
        self.addCleanup(print, "cleanup", self.id().split(".")[-1])

    def test_equal(self):
        self.assertEqual({"a": [1, 2, 3]}, {"a": [1, 2, 4]}, "message")

    def test_passes(self):
        with self.assertRaisesRegex(ValueError, "inv.lid"), self.assertLogs("x", "INFO") as logs:
            logging.getLogger("x").info("logged %d", 5)
            int("z")
        self.fail("the pattern does not match")

    def test_error(self):
        {}["missing"]

    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertNotEqual(n, 1)

    @unittest.skip("not now")
    def test_skipped(self): ...

    @unittest.expectedFailure
    def test_expected(self):
        self.assertTrue(0)

    def test_lists(self):
        self.assertCountEqual([1, 2, 2], [2, 1, 1])

    def test_text(self):
        self.assertMultiLineEqual("a\nb\nc\n", "a\nx\nc\n")


out = io.StringIO()
result = unittest.TextTestRunner(stream=out, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(Case))
print(re.sub(r"in \d+\.\d+s", "in TIME", out.getvalue().replace(FILE, "FILE")), result)
runner = doctest.DocTestRunner(verbose=False)
for test in doctest.DocTestFinder().find(double, "double", globs={"double": double}):
    print(runner.run(test, out=lambda text: print(text.replace(FILE, "FILE"))))
double_mock = mock.Mock(return_value=3, side_effect=[1, ValueError("mocked")])
print(double_mock(1, key=2), double_mock.call_args, double_mock.called, mock.MagicMock().__len__(), double_mock.attribute.deep.call_count)
with mock.patch("__main__.double", return_value="patched") as patched, mock.patch.dict(sys.modules, {"fake": mock.sentinel.fake}):
    print(double(1), patched.mock_calls, sys.modules["fake"])
for bad in (lambda: double_mock.assert_called_once_with(5), lambda: double_mock(), lambda: mock.Mock(spec=["a"]).b, lambda: mock.create_autospec(double)(1, 2)):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
# Command lines.
parser = argparse.ArgumentParser(prog="tool", description="A tool that does things " * 3, epilog="The end.")
parser.add_argument("files", nargs="+", help="files to read", metavar="FILE")
parser.add_argument("-v", "--verbose", action="count", default=0, help="say more (default: %(default)s)")
parser.add_argument("--level", type=int, choices=range(3), required=True)
parser.add_argument("--define", action="append", metavar="K=V", type=lambda s: s.split("="))
parser.add_argument("--flag", action=argparse.BooleanOptionalAction, default=True)
group = parser.add_mutually_exclusive_group()
group.add_argument("--one", action="store_const", const=1), group.add_argument("--two", action="store_true")
parser.add_argument("--version", action="version", version="%(prog)s 1.0")
subs = argparse.ArgumentParser(prog="sub", exit_on_error=False)
commands = subs.add_subparsers(dest="command", title="commands", required=True)
commands.add_parser("add", help="adds", aliases=["a"]).add_argument("n", type=float)
print(parser.format_help(), parser.parse_args("a b -vv --level 2 --define x=1 --define y=2 --no-flag".split()), subs.parse_args(["a", "2.5"]), parser.parse_known_args(["f", "--level=1", "--unknown"]))
for line in ("", "f", "f --level 9", "f --level x", "f --level 1 --one --two", "f --level 1 -q", "f --version", "f --le 1 --define", "--help"):
    saved = sys.stderr, sys.stdout
    sys.stderr = sys.stdout = io.StringIO()
    try:
        parser.parse_args(line.split())
        status = None
    except SystemExit as exit:
        status = exit.code
    text, (sys.stderr, sys.stdout) = sys.stdout.getvalue(), saved
    print(repr(line), status, text.splitlines()[-1:] if text else "")
# Logging and printing.
stream = io.StringIO()
logging.basicConfig(stream=stream, level=logging.DEBUG, format="%(levelname)-8s|%(name)s|%(funcName)s|%(lineno)d|%(message)s", force=True)
log = logging.getLogger("app.part")
log.debug("d %s", {"a": 1}), log.warning("w %(x)s", {"x": 2}), logging.getLogger("app").setLevel("ERROR"), log.info("hidden")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
log.log(45, "level 45")
print(stream.getvalue().replace(FILE, "FILE"), logging.getLevelName(30), log.getEffectiveLevel(), log)
pprint.pprint({"key": list(range(30)), "nested": {"a" * 20: ["text" * 10] * 3, 2: {3, 1, 2}}, "tuple": (1,), "long": "word " * 30}, width=60)
print(pprint.pformat([[[[1]]]], depth=2), pprint.saferepr({2: 1, 1: [()]}), pprint.isreadable({1: print}))
