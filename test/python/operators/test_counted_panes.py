"""Sliding count windows of mergeable functions, against a model that keeps all records. Twin of
test/operators/windowing/counted-panes.test.ts.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from isthmus._worker.operators.windowing.counted_panes import CountedPanesEngine
from isthmus.datastream.functions import AggregateFunction, ProcessWindowFunction, ReduceFunction
from isthmus.testing import OneInputHarness


class Collect(AggregateFunction):
    """Collects the numbers of records; merges by value, so that an argument that was changed would show."""

    mergeable = True

    def create_accumulator(self):
        return ()

    def add(self, value, accumulator):
        return (*accumulator, value[1])

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, context.window().id, *elements


def windows(size: int, slide: int, **options: Any) -> OneInputHarness:
    harness = OneInputHarness.open_stream(
        lambda s: s.key_by(lambda v: v[0]).count_window(size, slide).aggregate(Collect(), Show()), **options
    )
    assert type(harness.operator.engine) is CountedPanesEngine  # type: ignore[attr-defined]
    return harness


def model(size: int, slide: int, records: list[tuple]) -> list[tuple]:
    seen: dict[str, list[int]] = {}
    fired = []
    for key, n in records:
        own = seen.setdefault(key, [])
        own.append(n)
        start = len(own) - size
        if start >= 0 and start % slide == 0:
            fired.append((key, start // slide, tuple(own[start:])))
    return fired


@given(
    size=st.integers(2, 9),
    slide=st.integers(1, 8),
    keys=st.lists(st.sampled_from("ab"), max_size=60),
    cut=st.integers(0, 60),
)
@settings(deadline=None)
def test_fire_as_exact_accumulation_would_also_after_a_restore(size, slide, keys, cut):
    slide = min(slide, size - 1)
    records = [(key, n) for n, key in enumerate(keys)]
    expected = model(size, slide, records)
    with windows(size, slide) as before:
        before.process(*records[:cut])
        snapshot = before.snapshot()
        before.process(*records[cut:])
        assert before.output == expected
    with windows(size, slide, restore=snapshot) as after:
        after.process(*records[cut:])
        assert after.output == expected[len(model(size, slide, records[:cut])) :]


def test_merge_a_few_times_a_record_however_many_windows_it_is_in():
    merges = 0

    class Sum(ReduceFunction):
        mergeable = True

        def reduce(self, value1, value2):
            nonlocal merges
            merges += 1
            return value1 + value2

    with OneInputHarness.open_stream(
        lambda s: s.key_by(lambda v: 0).count_window(1_000, 1).reduce(Sum())
    ) as harness:
        harness.process(*[1] * 5_000)
        assert harness.output == [1_000] * 4_001
    assert merges < 3 * 5_000
