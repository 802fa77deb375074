"""Writes purchases.csv: what 12 users buy in three hours, in the order in which it arrives; the same file every time."""

import random
import sys

USERS = ["ada", "ben", "cleo", "dan", "eve", "finn", "gia", "hugo", "ida", "jon", "kim", "leo"]
#: What people buy together.
TASTES = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [2, 9, 5, 6]]
#: A purchase arrives up to two minutes late.
DELAY_S = 120

rng = random.Random(49)
purchases: list[tuple[int, str]] = []
for _ in range(80):
    number = rng.randrange(len(USERS))
    taste = TASTES[number % len(TASTES)]
    item = rng.choice(taste) if rng.random() < 0.8 else rng.randint(1, 12)
    at_s = rng.randrange(3 * 3600)
    purchases.append((at_s + rng.randrange(DELAY_S), f"{at_s * 1000},{USERS[number]},{item}\n"))
sys.stdout.writelines(line for _, line in sorted(purchases))
