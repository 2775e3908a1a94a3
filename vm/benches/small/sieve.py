"""Members of lists read and set: the sieve of Eratosthenes."""


def run():
    limit = 200_000
    flags = [True] * (limit + 1)
    flags[0] = flags[1] = False
    i = 2
    while i * i <= limit:
        if flags[i]:
            for j in range(i * i, limit + 1, i):
                flags[j] = False
        i += 1
    primes = []
    for i in range(limit + 1):
        if flags[i]:
            primes.append(i)
    return len(primes), sum(primes)
