"""When a worker collects cyclic garbage."""

from __future__ import annotations

import gc
import weakref

import pytest
from isthmus._worker.runtime.collector import GROWTH_BYTES, JOBS, LOOK_S, Collector


class Cycle:
    def __init__(self):
        self.itself = self


@pytest.fixture
def collector():
    size = {"bytes": 20 << 20}
    made = Collector(lambda: size["bytes"])
    thresholds = gc.get_threshold()
    yield made, size
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def garbage() -> weakref.ref[Cycle]:
    return weakref.ref(Cycle())


def test_collects_when_the_process_has_grown(collector):
    made, size = collector
    made.begin_job()
    left = garbage()
    made.look(1.0)
    assert left() is not None
    size["bytes"] += GROWTH_BYTES + 1
    made.look(1.0 + LOOK_S / 2)  # Not looked at again so soon.
    assert left() is not None
    made.look(1.0 + LOOK_S)
    assert left() is None
    left = garbage()
    made.look(2.0)  # It has not grown since.
    assert left() is not None


def test_a_large_process_may_grow_by_half_of_itself(collector):
    made, size = collector
    size["bytes"] = 1000 << 20
    made.begin_job()
    left = garbage()
    size["bytes"] = 1499 << 20
    made.look(1.0)
    assert left() is not None
    size["bytes"] = 1501 << 20
    made.look(2.0)
    assert left() is None


def test_one_long_call_is_collected_as_python_does(collector):
    made, size = collector
    made.begin_job()
    rarely = gc.get_threshold()
    made.look_aside()
    assert gc.get_threshold() == rarely
    size["bytes"] += GROWTH_BYTES + 1
    made.look_aside()
    left = garbage()
    kept = [[] for _ in range(2_000)]
    assert left() is None
    made.look(1.0)
    assert gc.get_threshold() == rarely
    assert len(kept) == 2_000


def test_what_was_there_when_the_job_began_goes_with_it(collector):
    made, size = collector
    of_the_job = Cycle()
    made.begin_job()
    left = weakref.ref(of_the_job)
    del of_the_job
    gc.collect()
    assert left() is not None  # Not scanned while the job runs.
    size["bytes"] += 8 << 20
    made.end_job()
    assert left() is None


def test_small_things_go_after_some_jobs(collector):
    made, _ = collector
    left = []
    for _ in range(JOBS):
        cycle = Cycle()
        left.append(weakref.ref(cycle))
        made.begin_job()
        del cycle
        made.end_job()
    assert [ref() for ref in left] == [None] * JOBS


def test_small_things_wait_longer_where_a_look_at_everything_takes_long():
    now = iter([0.0, 0.05, 1.0, 1.001, 2.0, 2.001])
    made = Collector(lambda: 20 << 20, lambda: next(now))
    thresholds = gc.get_threshold()
    try:
        for _ in range(JOBS):
            made.end_job()
        after = []
        for _ in range(2):
            left = garbage()
            jobs = 0
            while left() is not None:
                made.end_job()
                jobs += 1
            after.append(jobs)
        # 50 ms are for five times as many jobs; the look after those takes 1 ms.
        assert after == [JOBS * 5, JOBS]
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
