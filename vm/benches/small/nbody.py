"""Float arithmetic on members of lists: bodies that attract each other."""

import math


def bodies():
    """Position, speed and mass of each."""
    return [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47],
        [4.84, -1.16, -0.10, 0.6, 2.8, -0.02, 0.037],
        [8.34, 4.12, -0.4, -1.01, 1.8, 0.008, 0.011],
        [12.89, -15.11, -0.22, 1.08, 0.86, -0.01, 0.0017],
        [15.37, -25.9, 0.179, 0.97, 0.59, -0.03, 0.002],
    ]


def advance(system, dt):
    for i in range(len(system)):
        a = system[i]
        for j in range(i + 1, len(system)):
            b = system[j]
            dx = a[0] - b[0]
            dy = a[1] - b[1]
            dz = a[2] - b[2]
            square = dx * dx + dy * dy + dz * dz
            force = dt / (square * math.sqrt(square))
            to_a = b[6] * force
            to_b = a[6] * force
            a[3] -= dx * to_a
            a[4] -= dy * to_a
            a[5] -= dz * to_a
            b[3] += dx * to_b
            b[4] += dy * to_b
            b[5] += dz * to_b
    for a in system:
        a[0] += dt * a[3]
        a[1] += dt * a[4]
        a[2] += dt * a[5]


def run():
    system = bodies()
    for _ in range(2000):
        advance(system, 0.01)
    return system[0][0]
