"""What waiting records of joins and timers take of memory, on the heap and in the embedded store.

    python bench/micro/waiting_in_store.py [records]

Each case runs in a process of its own; megabytes are what its resident memory grew by, microseconds its processor time each.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from isthmus.datastream.functions import KeyedProcessFunction
from isthmus.testing import OneInputHarness, TwoInputHarness

BACKENDS = {"hashmap": {}, "embedded": {"state.backend.type": "embedded"}}
BATCH = 10_000


class Later(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(1_000_000 + value % 1000)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> None:
        pass


def keyed(stream: Any) -> Any:
    return stream.key_by(lambda value: value % 50_000)


def interval(a: Any, b: Any) -> Any:
    from isthmus.common import Time

    bounds = (Time.milliseconds(-1), Time.milliseconds(1))
    return keyed(a).interval_join(keyed(b)).between(*bounds).process(lambda left, right: left)


def as_of(a: Any, b: Any) -> Any:
    return keyed(a).as_of_join(keyed(b)).left().process(lambda left, right: left)


def resident() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 1e6


def run(case: str, backend: str, records: int) -> None:
    config = BACKENDS[backend]
    if case == "timers":
        one = OneInputHarness(Later(), key_by=lambda value: value, config=config)
        feed = one.process_timed
        harness: Any = one
    else:
        harness = TwoInputHarness.open_streams({"interval": interval, "as-of": as_of}[case], config=config)
        feed = harness.process_timed
    feed(*[(i, i) for i in range(BATCH)])
    before, began = resident(), time.process_time()
    for start in range(BATCH, records, BATCH):
        feed(*[(i, i) for i in range(start, start + BATCH)])
    waiting, taken = resident() - before, time.process_time()
    harness.watermark(2_000_000)
    fired = time.process_time() - taken
    each = 1e6 / (records - BATCH)
    print(
        f"{case:9} {backend:9} {waiting:7.0f} MB {(taken - began) * each:6.1f} µs in {fired * each:6.1f} µs out"
    )
    harness.close()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        count = sys.argv[1] if len(sys.argv) > 1 else "1000000"
        for case in ("interval", "as-of", "timers"):
            for backend in BACKENDS:
                subprocess.run([sys.executable, __file__, case, backend, count], check=True)
