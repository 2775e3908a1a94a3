"""A small stock-keeping program: what the README runs first."""

import argparse
import json
import re
from collections import Counter, defaultdict, namedtuple
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from functools import reduce
from itertools import groupby

STOCK = """
# name        quantity  price   tags
hammer        12        19.90   tool,steel
nail          5_000     0.02    steel,small
screwdriver   7         8.50    tool
paint         3         24.00   liquid,colour=red
brush         -1        4.75    tool
glue          oops      3.20    liquid
paint         2         26.00   liquid,colour=blue
"""

LINE = re.compile(r"(?P<name>\w+)\s+(?P<quantity>\S+)\s+(?P<price>\d+\.\d\d)\s+(?P<tags>\S+)")
Rejected = namedtuple("Rejected", "line reason")


class Order(Enum):
    NAME = "name"
    VALUE = "value"


class StockError(ValueError):
    """A line that cannot be booked."""

    def __init__(self, line, reason):
        super().__init__(f"line {line}: {reason}")
        self.rejected = Rejected(line, reason)


@dataclass(frozen=True, order=True)
class Item:
    name: str
    quantity: int
    price: float
    tags: tuple[str, ...] = field(default=(), compare=False)

    @property
    def value(self) -> float:
        return self.quantity * self.price

    def __add__(self, other: "Item") -> "Item":
        if self.name != other.name:
            return NotImplemented
        quantity = self.quantity + other.quantity
        price = (self.value + other.value) / quantity
        return replace(self, quantity=quantity, price=round(price, 2), tags=self.tags + other.tags)


def describe(tag):
    match tag.split("="):
        case ["colour", ("red" | "blue") as colour]:
            return f"painted {colour}"
        case [("tool" | "liquid") as kind]:
            return kind.upper()
        case [other] if len(other) > 4:
            return other.title()
        case _:
            return tag


def read(text):
    """Yields items, and the errors in the lines between them."""
    for number, line in enumerate(text.strip().splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            if not (found := LINE.fullmatch(line)):
                raise StockError(number, f"not understood: {line!r}")
            try:
                quantity = int(found["quantity"])
            except ValueError as error:
                raise StockError(number, "no quantity") from error
            if quantity < 0:
                raise StockError(number, f"{found['name']} is {-quantity} short")
            yield Item(found["name"], quantity, float(found["price"]), tuple(found["tags"].split(",")))
        except StockError as error:
            yield error


class Inventory:
    def __init__(self, items=()):
        self._items = sorted(items)

    def __iter__(self):
        for _, group in groupby(self._items, key=lambda item: item.name):
            yield reduce(Item.__add__, group)

    def __len__(self):
        return sum(1 for _ in self)

    def by_tag(self):
        tags = defaultdict(set)
        for item in self:
            for tag in item.tags:
                tags[tag].add(item.name)
        return {tag: sorted(names) for tag, names in sorted(tags.items())}


@contextmanager
def section(title):
    print(f"--- {title} {'-' * (40 - len(title))}")
    yield
    print()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order", choices=[order.value for order in Order], default="name")
    parser.add_argument("--json", action="store_true", help="print the items as JSON as well")
    options = parser.parse_args(arguments)

    results = list(read(STOCK))
    errors = [result for result in results if isinstance(result, StockError)]
    inventory = Inventory(result for result in results if isinstance(result, Item))
    keys = {Order.NAME: lambda item: item.name, Order.VALUE: lambda item: -item.value}

    with section("stock"):
        for item in sorted(inventory, key=keys[Order(options.order)]):
            print(f"{item.name:<12}{item.quantity:>7,}{item.price:>9.2f}{item.value:>11,.2f}")
        print(f"{'total':<12}{sum(item.value for item in inventory):>27,.2f}")
    with section("tags"):
        for tag, names in inventory.by_tag().items():
            print(f"{describe(tag):<14}{', '.join(names)}")
        print(Counter(tag for item in inventory for tag in item.tags).most_common(2))
    with section("rejected"):
        for error in errors:
            print(error, "|", error.rejected, "|", type(error.__cause__).__name__)
    if options.json:
        print(json.dumps([asdict(item) for item in inventory], indent=2))
    return 1 if len(errors) > 2 else 0


if __name__ == "__main__":
    raise SystemExit(main())
