"""Writes purchases.csv: what 50 users buy, one purchase every 30 s; the same file every time."""

import random
import sys

#: What people buy together.
TASTES = [[1, 2, 3], [4, 5, 6], [2, 7, 4]]

rng = random.Random(3)
for number in range(200):
    user = number % 50
    taste = TASTES[user % 3]
    item = rng.choice(taste) if rng.random() < 0.9 else rng.randint(1, 7)
    sys.stdout.write(f"{number * 30_000},user {user},{item}\n")
