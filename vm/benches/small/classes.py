"""Methods, attributes, properties, `super()`, operators and new instances."""


class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.log = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("nothing to deposit")
        self.balance += amount
        self.record(amount)
        return self.balance

    def withdraw(self, amount):
        if amount > self.balance:
            return False
        self.balance -= amount
        self.record(-amount)
        return True

    def record(self, amount):
        self.log.append(amount)

    @property
    def size(self):
        return len(self.log)


class Savings(Account):
    rate = 3

    def interest(self):
        return self.balance * self.rate // 100

    def deposit(self, amount):
        return super().deposit(amount + self.interest() % 7)


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def dot(self, other):
        return self.x * other.x + self.y * other.y


def run():
    account = Account("a", 10)
    savings = Savings("b")
    total = 0
    for i in range(1, 20_000):
        account.deposit(i)
        savings.deposit(i & 7 | 1)
        if account.withdraw(i // 2):
            total += account.size
    place = Vector(0, 0)
    step = Vector(1, 2)
    for _ in range(30_000):
        place = place + step
        total += place.dot(step)
    return total, account.balance, savings.balance
