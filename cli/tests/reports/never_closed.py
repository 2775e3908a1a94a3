def f(a):
    return g(a,
        [1, 2

print(f)
