"""Run by the reference, after `records.py`: random programs of all kinds of statements, deeply nested.

They never run, so nothing in them makes sense; the names are few so that scopes get entangled, and lines break at random, since line
numbers decide what the graph passes may remove.
"""
import random

NAMES = ["a", "b", "c", "d", "x", "y", "z", "self", "i", "j", "__m", "e"]
CONSTANTS = [
    "0", "1", "2", "-1", "True", "False", "None", "...", "'s'", "''", "b'x'", "1.5", "2j", "()", "(1, 2)", "10 ** 3", "'a b'",
    "__debug__", "256", "257",
]
TARGETS = ["a", "b", "c", "d", "e", "x", "y", "z"]
CONDITIONS = ["1", "0", "True", "False", "None", "__debug__", "not a", "a is None", "a is not None", "not (a and b)"]
CAPTURES = 9


class Programs:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.in_comprehension = 0
        self.in_function = self.is_async = self.in_class = self.in_loop = False
        self.captures = 0

    def chance(self, probability):
        return self.random.random() < probability

    def one_of(self, *options):
        return self.random.choice(options)

    def name(self):
        return self.random.choice(NAMES)

    def line_break(self):
        return "\n" + " " * self.random.randrange(12) if self.chance(0.15) else ""

    def many(self, item, least, most):
        return ", ".join(item() for _ in range(self.random.randint(least, most)))

    # Expressions. Those that may hold a line break are in brackets.

    def expression(self, depth=3):
        if depth <= 0 or self.chance(0.2):
            return self.one_of(self.name(), self.name(), self.random.choice(CONSTANTS))
        kinds = [
            self.operation, self.operation, self.boolean, self.comparison, self.conditional, self.call, self.method, self.attribute,
            self.subscript, self.display, self.display, self.comprehension, self.lambda_, self.f_string, self.format, self.membership,
            self.walrus, self.suspension, self.super_,
        ]
        return self.random.choice(kinds)(depth - 1)

    def operation(self, depth):
        if self.chance(0.3):
            return f"({self.one_of('not ', '-', '~', '+')}{self.expression(depth)})"
        operator = self.one_of("+", "-", "*", "/", "//", "%", "**", "<<", ">>", "|", "&", "^", "@")
        return f"({self.expression(depth)}{self.line_break()} {operator} {self.expression(depth)})"

    def boolean(self, depth):
        first = self.one_of(self.expression(depth), self.random.choice(CONSTANTS))
        rest = f" {self.one_of('and', 'or')} {self.expression(depth)}" if self.chance(0.4) else ""
        return f"({first} {self.one_of('and', 'or')}{self.line_break()} {self.expression(depth)}{rest})"

    def comparison(self, depth):
        operator = self.one_of("<", "==", "!=", "is", "is not", "in", "not in", ">=")
        rest = f" {self.one_of('<', 'is', 'in')}{self.line_break()} {self.expression(depth)}" if self.chance(0.4) else ""
        return f"({self.expression(depth)} {operator}{self.line_break()} {self.expression(depth)}{rest})"

    def membership(self, depth):
        container = self.one_of("[1, 2]", "{1, 2}", "{1, 'b c'}", "[a, 1]", "{a}", "(1,)", "[]", "[*a]")
        return f"({self.expression(depth)} {self.one_of('in', 'not in')} {container})"

    def conditional(self, depth):
        condition = self.condition(depth)
        return f"({self.expression(depth)}{self.line_break()} if {condition} else{self.line_break()} {self.expression(depth)})"

    def arguments(self, depth):
        return self.many(lambda: ("*" if self.chance(0.1) else "") + self.expression(depth), 0, 3) + self.one_of("", "", ", k=1")

    def call(self, depth):
        callee = f"({self.line_break()}{self.expression(depth)}{self.line_break()})" if self.chance(0.3) else self.name()
        return f"{callee}({self.line_break()}{self.arguments(depth).removeprefix(', ')})"

    def method(self, depth):
        return f"{self.name()}.{self.name()}({self.line_break()}{self.arguments(depth).removeprefix(', ')})"

    def attribute(self, depth):
        return f"{self.name()}.{self.name()}"

    def subscript(self, depth):
        index = self.one_of("{0}:{1}:{0}", "{0}, {1}", ":", "*self", "{0}", "{0}:{1}")
        return f"{self.name()}[{self.line_break()}{index.format(self.expression(depth), self.expression(depth))}]"

    def item(self, depth):
        return ("*" if self.chance(0.12) else "") + self.expression(depth)

    def display(self, depth):
        items = [self.item(depth) + self.line_break() for _ in range(self.random.randrange(5))]
        if self.chance(0.4):
            return "[" + ", ".join(items) + "]"
        if self.chance(0.5):
            return "(" + "".join(item + "," for item in items) + ")"
        if items and self.chance(0.4):
            return "{" + ", ".join(items) + "}"
        pair = lambda: f"**{self.expression(depth)}" if self.chance(0.15) else f"{self.expression(depth)}: {self.expression(depth)}"
        return "{" + self.many(pair, 0, 4) + "}"

    def comprehension(self, depth):
        self.in_comprehension += 1
        clauses = f"for {self.one_of('a', 'b', '(a, b)', 'x', '[y, *z]')} in {self.expression(depth)}"
        if self.chance(0.5):
            clauses += f" if {self.expression(depth)}"
        if self.chance(0.3):
            clauses += f"{self.line_break()} for {self.one_of('c', 'd', 'e')} in {self.expression(depth)}"
        element, value = self.expression(depth), self.expression(depth)
        self.in_comprehension -= 1
        if self.is_async and self.chance(0.3):
            clauses = "async " + clauses
        frame = self.one_of("[{0} {2}]", "{{{0} {2}}}", "{{{0}: {1} {2}}}", "({0} {2})")
        return frame.format(element, value, self.line_break() + " " + clauses)

    def lambda_(self, depth):
        return f"(lambda {self.parameters(annotated=False)}:{self.line_break()} {self.expression(depth)})"

    def f_string(self, depth):
        text = ""
        for _ in range(self.random.randrange(4)):
            value = self.expression(min(depth, 1)).replace("\n", " ")
            tail = self.one_of("", "!r", "!s", "!a", ":>5", ":{x}", ":{x}.{y}", "!r:^{z}", "=")
            text += self.one_of("", "t", "{{", "}}", " ") + "{ " + value + " " + tail + "}"
        return 'f"' + text + self.one_of("", "end") + '"'

    def format(self, depth):
        template = self.one_of("%s", "%s %r", "a%sb", "%5s", "%d", "%a", "%-3.2r")
        rest = self.expression(depth) if self.chance(0.4) else ""
        return f"'{template}' % ({self.expression(depth)}, {rest})"

    def walrus(self, depth):
        return self.name() if self.in_comprehension else f"({self.one_of('a', 'b', 'x')} := {self.expression(depth)})"

    def suspension(self, depth):
        if not self.in_function or self.in_comprehension or self.in_class:
            return self.name()
        if self.is_async:
            return f"(await {self.expression(depth)})"
        return self.one_of(f"(yield {self.expression(depth)})", "(yield)", f"(yield from {self.expression(depth)})")

    def super_(self, depth):
        attribute = f"super().{self.name()}" if self.in_function else self.name()
        return attribute + self.one_of("", f"({self.expression(depth)})")

    def condition(self, depth=2):
        return self.random.choice(CONDITIONS) if self.chance(0.5) else self.expression(depth)

    # Targets, parameters, patterns.

    def target(self, depth=2):
        kind = self.random.randrange(8) if depth else 0
        if kind < 4:
            return self.random.choice(TARGETS)
        if kind == 4:
            return f"{self.name()}.{self.name()}"
        if kind == 5:
            return f"{self.name()}[{self.expression(1)}]"
        if kind == 6 or depth < 2:
            return f"({self.target(depth - 1)}, {self.target(depth - 1)})"
        return f"{self.target(depth - 1)}, *{self.target(0)}, {self.target(depth - 1)}"

    def parameters(self, annotated=True):
        names = self.random.sample(["a", "b", "c", "d", "e", "x", "y"], self.random.randrange(5))
        parameters, defaults = [], False
        for name in names:
            text = name + (f": {self.expression(1)}" if annotated and self.chance(0.3) else "")
            defaults = defaults or self.chance(0.25)
            parameters.append(text + (f"={self.expression(1)}" if defaults else ""))
        if parameters and self.chance(0.2):
            parameters.insert(self.random.randrange(1, len(parameters) + 1), "/")
        parameters += self.one_of([], [], [], ["*args"], ["*", "kk=1"])
        parameters += self.one_of([], [], [], ["**kw"])
        return ", ".join(parameters)

    def capture(self):
        self.captures += 1
        return f"p{self.captures % CAPTURES}_{self.captures}"

    def pattern(self, depth=2):
        kind = self.random.randrange(10 if depth > 0 else 4)
        inner = lambda: self.pattern(depth - 1)
        if kind == 0:
            return self.one_of("0", "-1", "'s'", "None", "True", "1 + 2j", "b'x'")
        if kind == 1:
            return self.one_of("self.x", "self.y")
        if kind == 2:
            return self.capture() if depth < 2 else "'w'"
        if kind == 3:
            return self.one_of("'q'", "3")
        if kind == 4:
            return f"[{inner()}, {inner()}{self.one_of('', ', *_')}]"
        if kind == 5:
            return f"{{'k': {inner()}, 'm': {inner()}{', **' + self.capture() if self.chance(0.3) else ''}}}"
        if kind == 6:
            return f"C({inner()}, q={inner()})"
        if kind == 7:
            return f"({self.one_of('0', 'self.x')} | {self.one_of('1', '2')})"
        if kind == 8:
            return f"(self.z as {self.capture()})"
        return "[]"

    # Statements.

    def write(self, indent, text):
        self.lines.append("    " * indent + text)

    def block(self, indent, depth):
        for _ in range(self.one_of(1, 1, 2, 2, 3)):
            self.statement(indent, depth - 1)

    def statement(self, indent, depth):
        if depth <= 0 or self.chance(0.4):
            self.write(indent, self.simple_statement())
        else:
            kinds = [
                self.if_, self.if_, self.while_, self.for_, self.try_, self.try_, self.with_, self.function, self.class_, self.match,
            ]
            self.random.choice(kinds)(indent, depth)

    def simple_statement(self):
        kind = self.random.randrange(16)
        if kind < 4:
            return " = ".join(self.target() for _ in range(self.one_of(1, 1, 2))) + f" = {self.expression()}"
        if kind == 4:
            return f"{self.one_of('a', 'b.c', 'x[i]')} {self.one_of('+', '-', '*', '//', '|', '@')}= {self.expression()}"
        if kind == 5:
            return self.expression()
        if kind == 6:
            return self.one_of("pass", "...", "1", "'doc'", "type X = a", "type X[T] = (a, T)")
        if kind == 7:
            return self.one_of("a, b = b, a", f"a, b, c = {self.expression(1)}, {self.expression(1)}, 1", "a, *b = c, d")
        if kind == 8:
            return "del " + self.one_of("a", "b", "x.y", "x[0]", "(a, b)", "a, x[i:j]")
        if kind == 9:
            return f"assert {self.condition()}" + self.one_of("", f", {self.expression(1)}")
        if kind == 10:
            return self.one_of("raise", f"raise {self.expression(1)}", f"raise {self.name()} from {self.expression(1)}")
        if kind == 11:
            return self.one_of("import os", "import os.path as p", "from a.b import c, d as e", "from . import q", "import a.b.c")
        if kind == 12 and self.in_loop:
            return self.one_of("break", "continue")
        if kind == 13 and self.in_function and not self.in_class:
            return self.one_of("return", "return None", "return 1", f"return {self.expression(2)}")
        if kind == 14:
            return f"{self.one_of('a', 'x.y', 'z[0]', '(b)')}: {self.expression(1)}" + self.one_of("", f" = {self.expression(1)}")
        return f"print({self.expression(2)})"

    def if_(self, indent, depth):
        self.write(indent, f"if {self.condition()}:")
        self.block(indent + 1, depth)
        while self.chance(0.25):
            self.write(indent, f"elif {self.condition()}:")
            self.block(indent + 1, depth)
        self.else_(indent, depth)

    def else_(self, indent, depth):
        if self.chance(0.35):
            self.write(indent, "else:")
            self.block(indent + 1, depth)

    def loop_body(self, indent, depth):
        around, self.in_loop = self.in_loop, True
        self.block(indent + 1, depth)
        self.in_loop = around
        self.else_(indent, depth)

    def while_(self, indent, depth):
        self.write(indent, f"while {self.condition()}:")
        self.loop_body(indent, depth)

    def for_(self, indent, depth):
        iterated = self.one_of(self.expression(2), "[1, 2]", "{1, 2}", "(a, b)")
        self.write(indent, f"{self.maybe_async()}for {self.target()} in {iterated}:")
        self.loop_body(indent, depth)

    def maybe_async(self):
        return "async " if self.is_async and self.chance(0.4) else ""

    def try_(self, indent, depth):
        self.write(indent, "try:")
        self.block(indent + 1, depth)
        handlers = self.random.randrange(3)
        groups = self.chance(0.15)
        for _ in range(handlers):
            self.write(indent, f"except{'*' if groups else ''} {self.one_of('E', '(A, B)', 'E as e')}:")
            # Handlers of groups cannot leave with `break`, `continue` or `return`.
            around = self.in_loop, self.in_class
            if groups:
                self.in_loop, self.in_class = False, True
            self.block(indent + 1, depth)
            self.in_loop, self.in_class = around
        if handlers and not groups and self.chance(0.3):
            self.write(indent, "except:")
            self.block(indent + 1, depth)
        if handlers:
            self.else_(indent, depth)
        if not handlers or self.chance(0.3):
            self.write(indent, "finally:")
            self.block(indent + 1, depth)

    def with_(self, indent, depth):
        item = lambda: self.expression(1) + (f" as {self.target(1)}" if self.chance(0.5) else "")
        self.write(indent, f"{self.maybe_async()}with {self.many(item, 1, 2)}:")
        self.block(indent + 1, depth)

    def function(self, indent, depth):
        if self.chance(0.2):
            self.write(indent, f"@{self.name()}")
        around = self.in_function, self.is_async, self.in_class, self.in_loop
        self.is_async = self.chance(0.25)
        generic = "[T, *U, **P, V: int]" if self.chance(0.08) else ""
        returns = f" -> {self.name()}" if self.chance(0.2) else ""
        keyword = "async def" if self.is_async else "def"
        self.write(indent, f"{keyword} {self.one_of('f', 'g', 'h')}{generic}({self.parameters()}){returns}:")
        self.in_function, self.in_class, self.in_loop = True, False, False
        if self.chance(0.2):
            self.write(indent + 1, '"""doc"""')
        self.block(indent + 1, depth)
        self.in_function, self.is_async, self.in_class, self.in_loop = around

    def class_(self, indent, depth):
        around = self.in_function, self.is_async, self.in_class, self.in_loop
        generic = "[T]" if self.chance(0.1) else ""
        self.write(indent, f"class C{len(self.lines)}{generic}({self.one_of('', 'A', 'A, metaclass=M', '*b')}):")
        self.in_function, self.is_async, self.in_class, self.in_loop = False, False, True, False
        self.block(indent + 1, depth)
        self.in_function, self.is_async, self.in_class, self.in_loop = around

    def match(self, indent, depth):
        self.write(indent, f"match {self.expression(2)}:")
        for _ in range(self.random.randrange(1, 4)):
            guard = f" if {self.condition()}" if self.chance(0.3) else ""
            self.write(indent + 1, f"case {self.pattern()}{guard}:")
            self.block(indent + 2, depth)

    def program(self):
        if self.chance(0.1):
            self.write(0, "from __future__ import annotations")
        for _ in range(self.random.randrange(1, 7)):
            self.statement(0, self.random.randrange(2, 6))
        return "\n".join(self.lines) + "\n"


first, last = map(int, sys.argv[1:])
for seed in range(first, last):
    write_record("exec", Programs(seed).program())
