"""The limit: the same work as a bare CPython loop. ``python loop.py WORKLOAD N|FILE``."""

import re
import sys


def map_filter(n):
    double = lambda x: x * 2  # noqa: E731
    third = lambda x: x % 3 == 0  # noqa: E731
    for i in range(n):
        x = double(i)
        third(x)


def map_out(n):
    add = lambda x: x + 1  # noqa: E731
    out = []
    for i in range(n):
        out.append(add(i))
        if len(out) == 1024:
            out = []


def word_count(n):
    to_pair = lambda i: (f"word-{i * 7919 % 1000}", 1)  # noqa: E731
    key = lambda pair: pair[0]  # noqa: E731
    add = lambda a, b: (a[0], a[1] + b[1])  # noqa: E731
    state = {}
    out = []
    for i in range(n):
        pair = to_pair(i)
        k = key(pair)
        before = state.get(k)
        state[k] = now = pair if before is None else add(before, pair)
        out.append(now)
        if len(out) == 1024:
            out = []


def keyed_shuffle(n):
    state = {}
    for i in range(n):
        k = i * 7919 % 10_000
        state[k] = state.get(k, 0) + 1


def dicts(n):
    """What Python has to do for records from and to elsewhere: decode, call, encode; by msgspec, with no pipe."""
    import msgspec

    decode, encode = msgspec.msgpack.Decoder().decode, msgspec.msgpack.Encoder().encode
    example = {"name": "item", "price": 2.5, "count": 3, "city": "Oslo", "active": True, "score": 0.75}
    body = encode([{"id": i, **example, "note": "a short note"} for i in range(1000)])

    def enrich(record):
        record["total"] = record["price"] * record["count"]
        return record

    for _ in range(n // 1000):
        encode(list(map(enrich, decode(body))))


def cpu_bound(n):
    for value in range(n):
        total = value
        for i in range(900):
            total = (total * 31 + i) % 1_000_003


def log_lines(path):
    pattern = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)')
    counts = {}
    out = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = pattern.match(line)
            if found:
                counts[found[5]] = now = counts.get(found[5], 0) + 1
                out.append((found[5], now))
                if len(out) == 1024:
                    out = []


def value_state(n):
    payload = "x" * 88
    record = lambda i: (i * 7919 % 1000, payload)  # noqa: E731
    key = lambda r: r[0]  # noqa: E731
    counts = {}

    def process(value):
        count = (counts.get(key(value)) or 0) + 1
        counts[key(value)] = count
        yield value[0], count

    out = []
    for i in range(n):
        out.extend(process(record(i)))
        if len(out) == 1024:
            out = []


def sliding_window(n):
    """Sums of slices of a second; a window is what came in less what went out."""
    emit = lambda result: None  # noqa: E731
    record = lambda i: (i * 7919 % 1000, 1, i)  # noqa: E731
    slices, sums, second = [], {}, {}
    fired = 0
    for i in range(n):
        key, value, at = record(i)
        if at - fired >= 1000:
            slices.append(second)
            for k, v in second.items():
                sums[k] = sums.get(k, 0) + v
            if len(slices) > 60:
                for k, v in slices.pop(0).items():
                    sums[k] -= v
            for k, v in sums.items():
                emit((k, v, fired))
            second, fired = {}, fired + 1000
        second[key] = second.get(key, 0) + value


def numpy_batch(n):
    import numpy

    for start in range(0, n, 1_000_000):
        values = numpy.arange(start, min(n, start + 1_000_000), dtype=float)
        numpy.sqrt(values * 2.5 + 1.0).tolist()


argument = sys.argv[2]
globals()[sys.argv[1]](int(argument) if argument.isdigit() else argument)
