"""Joins against naive models that know all records that were not late."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from isthmus._interfaces.operations import (
    AsOfJoinOperation,
    IntervalJoinOperation,
    LookupJoinOperation,
    WindowJoinOperation,
)
from isthmus.datastream.functions import ProcessJoinFunction
from isthmus.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows
from isthmus.testing import OneInputHarness, TwoInputHarness

MIN = -(2**63)
# (side, key, timestamp), or (None, None, watermark)
step = st.one_of(
    st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.integers(0, 30)),
    st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.integers(0, 30)),
    st.tuples(st.none(), st.none(), st.integers(0, 30)),
)
scripts = st.lists(step, max_size=40)
ON_BOTH_BOUNDS = [(0, "a", 10), (1, "a", 8), (1, "a", 12)]


#: Waiting records on the heap, and in the embedded store.
BACKENDS: dict[str, dict[str, str]] = {"heap": {}, "embedded": {"state.backend.type": "embedded"}}
of_each_backend = pytest.mark.parametrize("backend", BACKENDS)


def drive(
    operation: Any, script: list[tuple], backend: str
) -> tuple[TwoInputHarness, list[list[tuple]], list[Any]]:
    """The harness after the end of input, the records that were not late: (key, timestamp, number) per side, and what still
    waits.
    """
    taken: list[list[tuple]] = [[], []]
    watermark = MIN
    config = BACKENDS[backend]
    with TwoInputHarness(operation, key_by=lambda v: v[0], key_by2=lambda v: v[0], config=config) as h:
        for n, (side, key, timestamp) in enumerate(script):
            if side is None:
                watermark = max(watermark, timestamp)
                h.watermark(watermark)
                continue
            record = (key, timestamp, n)
            if timestamp > watermark:
                taken[side].append(record)
            (h.process1 if side == 0 else h.process2)(record, timestamp=timestamp)
        h.end()
        waiting = h.snapshot().entries("sides")
    return h, taken, waiting


@of_each_backend
@pytest.mark.parametrize("how", ["inner", "left", "right", "full"])
@given(
    script=scripts,
    lower=st.integers(-9, 9),
    length=st.integers(0, 8),
    inclusive=st.tuples(st.booleans(), st.booleans()),
)
@example(script=ON_BOTH_BOUNDS, lower=-2, length=4, inclusive=(True, True))
@example(script=ON_BOTH_BOUNDS, lower=-2, length=4, inclusive=(False, False))
@settings(deadline=None)
def test_interval_join(backend, how, script, lower, length, inclusive):
    upper = lower + length
    operation = IntervalJoinOperation(lower, upper, *inclusive, how, lambda left, right: (left, right))
    h, (lefts, rights), waiting = drive(operation, script, backend)

    def match(left: tuple, right: tuple) -> bool:
        distance = right[1] - left[1]
        above = distance >= lower if inclusive[0] else distance > lower
        below = distance <= upper if inclusive[1] else distance < upper
        return left[0] == right[0] and above and below

    pairs = [(left, right) for left in lefts for right in rights if match(left, right)]
    expected: list[tuple] = list(pairs)
    if how in ("left", "full"):
        expected += [(left, None) for left in lefts if not any(p[0] == left for p in pairs)]
    if how in ("right", "full"):
        expected += [(None, right) for right in rights if not any(p[1] == right for p in pairs)]
    assert sorted(h.output, key=repr) == sorted(expected, key=repr)
    for pair, timestamp in h.records:
        assert timestamp == max(side[1] for side in pair if side is not None)
    assert waiting == []


@given(script=scripts, lower=st.integers(-9, 9), length=st.integers(0, 8))
@settings(deadline=None, max_examples=300)
def test_results_of_outer_interval_joins_are_never_late(script, lower, length):
    operation = IntervalJoinOperation(
        lower, lower + length, True, True, "full", lambda left, right: (left, right)
    )
    watermark = MIN
    with TwoInputHarness(operation, key_by=lambda v: v[0], key_by2=lambda v: v[0]) as h:
        for n, (side, key, timestamp) in enumerate(script):
            forwarded = h.watermarks[-1] if h.watermarks else MIN
            if side is None:
                watermark = max(watermark, timestamp)
                h.watermark(watermark)
            else:
                (h.process1 if side == 0 else h.process2)((key, timestamp, n), timestamp=timestamp)
            assert all(t > forwarded for _, t in h.records)
            h.records.clear()


def test_process_join_function_gets_timestamps():
    class Show(ProcessJoinFunction):
        def process_element(self, left, right, ctx):
            yield left, right, ctx.get_left_timestamp(), ctx.get_right_timestamp(), ctx.timestamp()

    operation = IntervalJoinOperation(0, 5, True, True, "inner", Show())
    with TwoInputHarness(operation, key_by=lambda v: 0, key_by2=lambda v: 0) as h:
        h.process1("l", timestamp=1)
        h.process2("r", timestamp=3)
        assert h.records == [(("l", "r", 1, 3, 3), 3)]


def test_a_join_without_timestamps_says_so():
    operation = IntervalJoinOperation(0, 5, True, True, "inner", lambda left, right: None)
    with (
        TwoInputHarness(operation, key_by=lambda v: 0, key_by2=lambda v: 0) as h,
        pytest.raises(Exception, match="assign_timestamps_and_watermarks"),
    ):
        h.process1("l")


@of_each_backend
@pytest.mark.parametrize("how", ["inner", "left"])
@given(script=scripts, tolerance=st.one_of(st.none(), st.integers(0, 10)))
@settings(deadline=None)
def test_asof_join(backend, how, script, tolerance):
    operation = AsOfJoinOperation(tolerance, how, lambda left, right: (left, right))
    h, (lefts, rights), waiting = drive(operation, script, backend)
    expected = []
    for left in lefts:
        before = [r for r in rights if r[0] == left[0] and r[1] <= left[1]]
        best = max(before, key=lambda r: (r[1], r[2]), default=None)
        if best is not None and tolerance is not None and left[1] - best[1] > tolerance:
            best = None
        if best is not None or how == "left":
            expected.append((left, best))
    assert sorted(h.output, key=repr) == sorted(expected, key=repr)
    assert all(timestamp == left[1] for (left, _), timestamp in h.records)
    # Only the latest right record of each key is of use to anybody.
    assert {key: [record.timestamp for record in held] for key, side, held in waiting} == {
        key: [max(time for of, time, _ in rights if of == key)] for key in {right[0] for right in rights}
    }


@given(script=scripts, size=st.integers(1, 10))
@settings(deadline=None)
def test_window_join_and_co_group(script, size):
    def join(how: str, function: Any) -> tuple[list, list[list[tuple]]]:
        operation = WindowJoinOperation(TumblingEventTimeWindows(size), None, 0, how, function)
        taken: list[list[tuple]] = [[], []]
        watermark = MIN
        with TwoInputHarness(operation, key_by=lambda v: v[0], key_by2=lambda v: v[0]) as h:
            for n, (side, key, timestamp) in enumerate(script):
                if side is None:
                    watermark = max(watermark, timestamp)
                    h.watermark(watermark)
                    continue
                record = (key, timestamp, n)
                if timestamp - timestamp % size + size - 1 > watermark:
                    taken[side].append(record)
                (h.process1 if side == 0 else h.process2)(record, timestamp=timestamp)
            h.end()
        return h.output, taken

    def window(record: tuple) -> tuple:
        return record[0], record[1] // size

    output, (lefts, rights) = join("join", lambda left, right: (left, right))
    assert sorted(output) == sorted((le, ri) for le in lefts for ri in rights if window(le) == window(ri))
    output, _ = join("co_group", lambda ls, rs: [(ls, rs)])
    groups = {window(r) for r in lefts + rights}
    expected = [([r for r in lefts if window(r) == g], [r for r in rights if window(r) == g]) for g in groups]
    assert sorted(output) == sorted(expected)


def test_session_windows_join_across_both_inputs():
    operation = WindowJoinOperation(
        EventTimeSessionWindows(10), None, 0, "co_group", lambda ls, rs: [(ls, rs)]
    )
    with TwoInputHarness(operation, key_by=lambda v: 0, key_by2=lambda v: 0) as h:
        h.process1(1, timestamp=1)
        h.process2(9, timestamp=9)
        h.process1(17, timestamp=17)
        h.process2(40, timestamp=40)
        h.end()
        assert h.output == [([1, 17], [9]), ([], [40])]


def lookup(**changes: Any) -> LookupJoinOperation:
    given: dict[str, Any] = {
        "lookup": {1: "one", 2: "two"},
        "key": lambda v: v[0],
        "function": lambda value, found: (value, found),
        "how": "inner",
        "cache_size": 0,
        "cache_ttl": 0,
        "timeout": 0,
        "capacity": 10,
        "ordered": True,
    }
    return LookupJoinOperation(**{**given, **changes})


def test_lookup_in_a_mapping():
    with OneInputHarness(lookup()) as h:
        h.process((1, "x"), (3, "y"))
        assert h.output == [((1, "x"), "one")]
    with OneInputHarness(lookup(how="left")) as h:
        h.process((1, "x"), (3, "y"))
        assert h.output == [((1, "x"), "one"), ((3, "y"), None)]


def test_lookup_by_function_is_cached_for_its_time():
    asked = []

    def find(key):
        asked.append(key)
        return str(key)

    with OneInputHarness(lookup(lookup=find, cache_size=2, cache_ttl=100)) as h:
        h.process((1,), (1,), (2,), (1,))
        assert asked == [1, 2]
        h.process((3,), (2,))  # 3 puts out 2, the least recently used
        assert asked == [1, 2, 3, 2]
        h.processing_time(100)
        h.process((2,))
        assert asked == [1, 2, 3, 2, 2]
        assert len(h.output) == 7


def test_lookup_by_async_function():
    async def find(key):
        return {1: "one"}.get(key)

    with OneInputHarness(lookup(lookup=find, how="left")) as h:
        h.process((1,), (9,))
        h.end()
        assert h.output == [((1,), "one"), ((9,), None)]


def test_many_waiting_records_of_a_key_cost_no_more_each():
    operation = AsOfJoinOperation(None, "inner", lambda left, right: (left, right))
    with TwoInputHarness(operation, key_by=lambda v: 0, key_by2=lambda v: 0) as h:
        for n in range(40_000):
            h.process1(n, timestamp=n)
            h.process2(n, timestamp=n)
        began = time.process_time()
        h.end()
        assert h.output == [(n, n) for n in range(40_000)]
        assert time.process_time() - began < 1
