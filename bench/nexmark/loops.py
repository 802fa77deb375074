"""The Nexmark queries as bare Python loops of the same logic: the limit, and the expected results.

python bench/nexmark/loops.py QUERY EVENTS [--check]
"""

from __future__ import annotations

import hashlib
import heapq
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from events import AUCTION, BID, PERSON, event

END = float("inf")


def digest(results):
    """How many results there are, and a hash of them in no order."""
    lines = sorted(map(repr, results))
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def q0(events):
    identity = lambda e: e  # noqa: E731
    for e in events:
        yield identity(e)


def q1(events):
    for b in events:
        if b[0] == BID:
            yield b[2], b[3], b[4] * 0.908, b[1]


def q2(events):
    for b in events:
        if b[0] == BID and b[2] % 123 == 0:
            yield b[2], b[4]


def q3(events):
    people, waiting = {}, {}
    for e in events:
        if e[0] == PERSON and e[5] in ("OR", "ID", "CA"):
            people[e[2]] = e
            for auction in waiting.pop(e[2], ()):
                yield e[3], e[4], e[5], auction[2]
        elif e[0] == AUCTION and e[4] == 10:
            person = people.get(e[3])
            if person is None:
                waiting.setdefault(e[3], []).append(e)
            else:
                yield person[3], person[4], person[5], e[2]


def winning_bids(events):
    auctions, best, timers = {}, {}, []
    for e in events:
        if e[0] == PERSON:
            now = e[1]
        elif e[0] == AUCTION:
            now = e[1]
            auctions[e[2]] = e
            heapq.heappush(timers, (e[7], e[2]))
        else:
            now = e[1]
            auction = auctions.get(e[2])
            if auction is not None and now < auction[7] and e[4] >= auction[6]:
                highest = best.get(e[2])
                if highest is None or e[4] > highest:
                    best[e[2]] = e[4]
        while timers and timers[0][0] <= now - 1:
            yield from close(*heapq.heappop(timers), auctions, best)
    while timers:
        yield from close(*heapq.heappop(timers), auctions, best)


def close(expires, number, auctions, best):
    auction = auctions.pop(number)
    price = best.pop(number, None)
    if price is not None:
        yield auction[4], auction[3], price, expires


def q4(events):
    sums = {}
    for category, _, price, _ in winning_bids(events):
        total, count = sums.get(category, (0, 0))
        sums[category] = total, count = total + price, count + 1
        yield category, total // count


def q5(events):
    counts = {}
    fired = 0
    for b in events:
        if b[0] != BID:
            continue
        last = b[1] // 2_000 * 2_000
        for start in range(last, last - 10_000, -2_000):
            window = counts.setdefault(start + 10_000, {})
            window[b[2]] = window.get(b[2], 0) + 1
        if last > fired:
            fired = last
            for end in sorted(end for end in counts if end <= last):
                yield from hottest(end, counts.pop(end))
    for end in sorted(counts):
        yield from hottest(end, counts[end])


def hottest(end, window):
    most = max(window.values())
    for auction, count in window.items():
        if count == most:
            yield auction, end, count


def q6(events):
    last_ten = {}
    for _, seller, price, _ in winning_bids(events):
        last_ten[seller] = last = (last_ten.get(seller, ()) + (price,))[-10:]
        yield seller, sum(last) // len(last)


def q7(events):
    best, end = None, None
    for b in events:
        if b[0] != BID:
            continue
        if end is not None and b[1] >= end:
            yield best
            best = None
        if best is None:
            best, end = b, b[1] // 10_000 * 10_000 + 10_000
        elif b[4] > best[4]:
            best = b
    if best is not None:
        yield best


def q8(events):
    window, people, sellers = 0, {}, set()
    for e in events:
        if e[0] == BID:
            continue
        start = e[1] // 10_000 * 10_000
        if start != window:
            yield from new_sellers(window, people, sellers)
            window, people, sellers = start, {}, set()
        if e[0] == PERSON:
            people[e[2]] = e
        else:
            sellers.add(e[3])
    yield from new_sellers(window, people, sellers)


def new_sellers(start, people, sellers):
    for number, person in people.items():
        if number in sellers:
            yield number, person[3], start


def q11(events):
    sessions = {}
    looked = 0
    for b in events:
        if b[0] != BID:
            continue
        now = b[1]
        session = sessions.get(b[3])
        if session is not None and now > session[0]:
            yield b[3], *session
            session = None
        sessions[b[3]] = (now + 1_000, 1 if session is None else session[1] + 1)
        if now >= looked + 1_000:
            looked = now
            for bidder in [k for k, (end, _) in sessions.items() if end <= now]:
                yield bidder, *sessions.pop(bidder)
    for bidder, session in sessions.items():
        yield bidder, *session


def q12(events):
    counts, end = {}, 0
    for b in events:
        if b[0] != BID:
            continue
        now = time.time()
        if now >= end:
            for bidder, count in counts.items():
                yield bidder, end, count
            counts, end = {}, int(now) + 1
        counts[b[3]] = counts.get(b[3], 0) + 1
    for bidder, count in counts.items():
        yield bidder, end, count


def main():
    query, count = sys.argv[1], int(sys.argv[2])
    events = map(event, range(count))
    results = globals()[query](events)
    if "--check" in sys.argv:
        print(*digest(results))
    else:
        for _ in results:
            pass


if __name__ == "__main__":
    main()
