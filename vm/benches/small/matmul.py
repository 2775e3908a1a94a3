"""Lists of lists of floats: a product of matrices."""


def product(a, b):
    rows, inner, columns = len(a), len(b), len(b[0])
    c = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        from_row = a[i]
        to_row = c[i]
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total += from_row[k] * b[k][j]
            to_row[j] = total
    return c


def run():
    n = 70
    a = [[(i * j) % 7 + 0.5 for j in range(n)] for i in range(n)]
    b = [[(i + j) % 5 - 1.5 for j in range(n)] for i in range(n)]
    return sum(map(sum, product(a, b)))
