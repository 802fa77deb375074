"""Writes metrics.csv: CPU load of three hosts, every 10 s for 20 minutes; the same file every time."""

import random
import sys

rng = random.Random(11)
load = {"web-1": 40.0, "web-2": 45.0, "db-1": 30.0}
for second in range(0, 1200, 10):
    for host in load:
        if host == "web-2" and 400 <= second < 700:
            continue  # It has died, and comes back.
        jump = 45 if (host, second) in {("db-1", 300), ("db-1", 900)} else 0
        drift = -5 if load[host] > 80 else rng.uniform(-4, 4)
        load[host] = min(99.0, max(5.0, load[host] + drift + jump))
        if host == "web-1" and 600 <= second < 660:
            load[host] = 96.0
        sys.stdout.write(f"{second * 1000},{host},{load[host]:.1f}\n")
