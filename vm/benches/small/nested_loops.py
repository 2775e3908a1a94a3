"""Loops over small integers, and one over floats."""


def run():
    total = 0
    for i in range(300):
        for j in range(300):
            for k in range(5):
                total += i * j - k
                if total > 1_000_000:
                    total -= 999_983
    x = 0.0
    i = 0
    while i < 200_000:
        x = x * 0.5 + i
        i += 1
    return total, x
