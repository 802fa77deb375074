"""Writes an access log of any size, the same one for the same seed.

python examples/log-analysis/generate.py --lines 200000 --seed 7 > access.log
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

PATHS = [
    "/",
    "/index.html",
    "/blog/",
    "/blog/streams.html",
    "/blog/state.html",
    "/images/logo.png",
    "/style.css",
]
PATHS += [f"/item/{n}" for n in range(200)] + [f"/docs/chapter-{n}.html" for n in range(30)]
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "ExampleBot/2.1 (+http://bot.example/)",
    "curl/8.9.1",
]
STATUSES = [200] * 90 + [304] * 4 + [404] * 3 + [301] * 2 + [500]


def lines(count: int, seed: int) -> Iterator[str]:
    """``count`` log lines; about one in 5,000 is damaged, as in real logs."""
    rng = random.Random(seed)
    at = datetime(2026, 3, 1, tzinfo=timezone.utc)
    for _ in range(count):
        at += timedelta(seconds=rng.expovariate(1.0))
        # A few paths take most of the traffic.
        path = PATHS[min(int(rng.paretovariate(0.8)) - 1, len(PATHS) - 1)]
        status = rng.choice(STATUSES)
        size = "-" if status == 304 else str(rng.randrange(200, 60_000))
        host = f"10.{rng.randrange(4)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        line = f'{host} - - [{at:%d/%b/%Y:%H:%M:%S %z}] "GET {path} HTTP/1.1" {status} {size} "-" "{rng.choice(AGENTS)}"'
        yield line[: rng.randrange(10, 40)] if rng.random() < 0.0002 else line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    try:
        sys.stdout.writelines(f"{line}\n" for line in lines(options.lines, options.seed))
        sys.stdout.flush()
    except BrokenPipeError:
        # As in `… | head`: whoever reads has had enough, and nothing is left to be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
