"""Every way of keeping windows against one naive model that keeps all records and looks at all windows."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from isthmus._interfaces.operations import WindowOperation
from isthmus._worker.operators.windowing.aligned import AlignedEngine
from isthmus._worker.operators.windowing.general import GeneralEngine
from isthmus._worker.operators.windowing.merging import MergingEngine
from isthmus._worker.operators.windowing.sessions import SessionEngine
from isthmus._worker.operators.windowing.sliced import SlicedEngine
from isthmus.common import Time
from isthmus.datastream.functions import AggregateFunction, ProcessWindowFunction
from isthmus.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
)
from isthmus.testing import OneInputHarness

# A script is a list of steps: a record (key, timestamp) or a watermark (None, timestamp).
records = st.tuples(st.sampled_from("ab"), st.integers(-12, 40))
watermarks = st.tuples(st.none(), st.integers(-12, 45))
scripts = st.lists(st.one_of(records, records, records, watermarks), max_size=40)
#: With sessions of 10 the last record ends where the second begins, and begins where the first ends.
BOTH_TOUCHED = [("a", 0), ("a", 20), ("a", 10)]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, context.window().start, context.window().end, [n for _, _, n in elements]


class Collect(AggregateFunction):
    """Collects record numbers; merges by value, so that a changed argument would show."""

    mergeable = True

    def create_accumulator(self):
        return ()

    def add(self, value, accumulator):
        return (*accumulator, value[2])

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class ShowOne(ProcessWindowFunction):
    def process(self, key, context, elements):
        (numbers,) = elements
        yield key, context.window().start, context.window().end, sorted(numbers)


class OtherTumbling(TumblingEventTimeWindows):
    """Not the class itself, so the general engine takes it."""


class OtherSliding(SlidingEventTimeWindows):
    """Not the class itself, so the general engine takes it."""


def operation(assigner: Any, lateness: int = 0, **changes: Any) -> WindowOperation:
    given = {
        "assigner": assigner,
        "trigger": None,
        "allowed_lateness": lateness,
        "late_tag": "late",
        "how": "process",
        "function": Show(),
        "merging": "exact",
    }
    return WindowOperation(**{**given, **changes})


def drive(h: OneInputHarness, script: list[tuple]) -> list[Any]:
    """The output of every step; watermarks never go back, and the final one ends the script."""
    found = []
    watermark = -(2**63)
    for n, (key, timestamp) in enumerate(script):
        if key is None:
            watermark = max(watermark, timestamp)
            h.watermark(watermark)
        else:
            h.process_timed(((key, timestamp, n), timestamp))
        found.append([(value, t) for value, t in h.records])
        h.records.clear()
    h.end()
    found.append([(value, t) for value, t in h.records])
    return found


def run(op: WindowOperation, script: list[tuple], engine: type) -> tuple[list[Any], list[int]]:
    with OneInputHarness(op, key_by=lambda v: v[0]) as h:
        assert type(h.operator.engine) is engine  # type: ignore[attr-defined]
        found = drive(h, script)
        return found, [n for _, _, n in h.side_output("late")]


def naive(
    size: int, slide: int, offset: int, lateness: int, script: list[tuple]
) -> tuple[list[Any], list[int]]:
    """Keeps every window ever seen; fires those whose end has come."""
    watermark = -(2**63)
    windows: dict[tuple[str, int], list[int]] = {}
    pending: list[tuple[str, int]] = []
    found, late = [], []

    def result(key: str, start: int, at: int) -> tuple:
        return (key, start, start + size, list(windows[key, start])), at

    for n, (key, timestamp) in enumerate([*script, (None, 2**63 - 1)]):
        fired = []
        if key is None:
            watermark = max(watermark, timestamp)
            due = [w for w in pending if w[1] + size - 1 <= watermark]
            pending = [w for w in pending if w not in due]
            fired = [result(*w, at=w[1] + size - 1) for w in sorted(due, key=lambda w: w[1])]
            for w in list(windows):
                if w[1] + size - 1 + lateness <= watermark:
                    del windows[w]
        else:
            starts = [s for s in range(timestamp - size + 1, timestamp + 1) if (s - offset) % slide == 0]
            taken = False
            for start in reversed(starts):
                if start + size - 1 + lateness <= watermark:
                    continue
                taken = True
                if (key, start) not in windows:
                    windows[key, start] = []
                    if start + size - 1 > watermark:
                        pending.append((key, start))
                windows[key, start].append(n)
                if start + size - 1 <= watermark:
                    fired.append(result(key, start, timestamp))
            if not taken and timestamp + lateness <= watermark:
                late.append(n)
        found.append(fired)
    return found, late


shapes = st.tuples(st.integers(1, 9), st.integers(-5, 5), st.sampled_from([0, 0, 1, 4, 11]))


@pytest.mark.parametrize("assigner", [TumblingEventTimeWindows, OtherTumbling])
@given(shape=shapes, script=scripts)
@settings(deadline=None)
def test_tumbling_windows(assigner, shape, script):
    size, offset, lateness = shape
    offset = offset % size
    engine = AlignedEngine if assigner is TumblingEventTimeWindows else GeneralEngine
    found = run(operation(assigner(size, offset), lateness), script, engine)
    assert found == naive(size, size, offset, lateness, script)


@pytest.mark.parametrize("assigner", [SlidingEventTimeWindows, OtherSliding])
@given(shape=shapes, slide=st.integers(1, 12), script=scripts)
@settings(deadline=None)
def test_sliding_windows(assigner, shape, slide, script):
    size, offset, lateness = shape
    offset = offset % slide
    engine = AlignedEngine if assigner is SlidingEventTimeWindows else GeneralEngine
    found = run(operation(assigner(size, slide, offset), lateness), script, engine)
    assert found == naive(size, slide, offset, lateness, script)


@given(size=st.integers(2, 12), slide=st.integers(1, 11), offset=st.integers(0, 10), script=scripts)
@settings(deadline=None, max_examples=300)
def test_slices_give_what_exact_accumulation_gives(size, slide, offset, script):
    slide = min(slide, size - 1)
    offset %= slide
    op = operation(
        SlidingEventTimeWindows(size, slide, offset),
        how="aggregate",
        function=Collect(),
        window_function=ShowOne(),
    )
    found, late = run(op, script, SlicedEngine)
    expected, expected_late = naive(size, slide, offset, 0, script)
    for step, expected_step in zip(found, expected, strict=True):
        # Keys of one window have no order among each other.
        assert sorted(step) == sorted(expected_step)
        ends = [t for _, t in step]
        assert ends == sorted(ends)
    assert late == expected_late


class CollectExactly(Collect):
    mergeable = False


@given(
    size=st.integers(2, 8),
    slide=st.integers(1, 7),
    script=st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab")), max_size=40),
)
@settings(deadline=None)
def test_slices_of_the_clock_give_what_exact_accumulation_gives(size, slide, script):
    # Twice as much, so that no record comes in the very millisecond in which a window ends.
    assigner = SlidingProcessingTimeWindows(2 * size, 2 * min(slide, size - 1))
    outcomes = []
    for function, engine in ((Collect(), SlicedEngine), (CollectExactly(), AlignedEngine)):
        op = operation(assigner, how="aggregate", function=function, window_function=ShowOne())
        with OneInputHarness(op, key_by=lambda v: v[0]) as h:
            assert type(h.operator.engine) is engine  # type: ignore[attr-defined]
            now = 0
            for n, (wait, key) in enumerate(script):
                if wait:
                    now += 2 * wait
                    h.processing_time(now)
                h.process((key, now, n))
            h.processing_time(now + 100)
            outcomes.append(sorted(h.records))
    assert outcomes[0] == outcomes[1]


@given(size=st.integers(2, 12), slide=st.integers(1, 11), script=scripts, cut=st.integers(0, 40))
@settings(deadline=None)
@pytest.mark.parametrize("how", ["process", "aggregate"])
def test_a_snapshot_carries_windows(how, size, slide, script, cut):
    slide = min(slide, size - 1)
    changes: dict[str, Any] = {}
    if how == "aggregate":
        changes = {"how": "aggregate", "function": Collect(), "window_function": ShowOne()}
    op = operation(SlidingEventTimeWindows(size, slide), **changes)
    whole, _ = run(op, script, SlicedEngine if how == "aggregate" else AlignedEngine)
    with OneInputHarness(op, key_by=lambda v: v[0]) as before:
        first = drive_part(before, script[:cut])
        snapshot = before.snapshot()
        watermark = before.context.watermark
    with OneInputHarness(op, key_by=lambda v: v[0], restore=snapshot) as after:
        after.context.watermark = watermark
        rest = drive_part(after, script[cut:], at=cut, watermark=watermark)
        after.end()
        rest.append(list(after.records))
    assert [sorted(s) for s in first + rest] == [sorted(s) for s in whole]


def drive_part(h: OneInputHarness, script: list[tuple], at: int = 0, watermark: int = -(2**63)) -> list[Any]:
    found = []
    for n, (key, timestamp) in enumerate(script, at):
        if key is None:
            watermark = max(watermark, timestamp)
            h.watermark(watermark)
        else:
            h.process_timed(((key, timestamp, n), timestamp))
        found.append(list(h.records))
        h.records.clear()
    return found


def naive_sessions(gap: int, lateness: int, script: list[tuple]) -> tuple[list[Any], list[int]]:
    watermark = -(2**63)
    sessions: list[dict[str, Any]] = []
    found, late = [], []
    for n, (key, timestamp) in enumerate([*script, (None, 2**63 - 1)]):
        fired = []
        if key is None:
            watermark = max(watermark, timestamp)
            for s in sorted(sessions, key=lambda s: s["end"]):
                if not s["fired"] and s["end"] - 1 <= watermark:
                    s["fired"] = True
                    fired.append((s["key"], s["start"], s["end"], sorted(s["numbers"])))
            sessions = [s for s in sessions if s["end"] - 1 + lateness > watermark]
        else:
            start, end = timestamp, timestamp + gap
            touching = [s for s in sessions if s["key"] == key and s["start"] <= end and s["end"] >= start]
            start = min([start, *(s["start"] for s in touching)])
            end = max([end, *(s["end"] for s in touching)])
            if end - 1 + lateness <= watermark:
                if timestamp + lateness <= watermark:
                    late.append(n)
                found.append([])
                continue
            grown = not (len(touching) == 1 and (touching[0]["start"], touching[0]["end"]) == (start, end))
            merged = {
                "key": key,
                "start": start,
                "end": end,
                "numbers": [*(x for s in touching for x in s["numbers"]), n],
                "fired": False if grown else touching[0]["fired"],
            }
            sessions = [s for s in sessions if s not in touching] + [merged]
            if end - 1 <= watermark:
                merged["fired"] = True
                fired.append((key, start, end, sorted(merged["numbers"])))
        found.append(fired)
    return found, late


@given(gap=st.integers(1, 12), lateness=st.sampled_from([0, 0, 3, 20]), script=scripts)
@example(gap=10, lateness=0, script=BOTH_TOUCHED)
@example(gap=10, lateness=3, script=BOTH_TOUCHED)
@settings(deadline=None, max_examples=300)
@pytest.mark.parametrize("how", ["process", "aggregate"])
def test_session_windows(how, gap, lateness, script):
    changes: dict[str, Any] = {}
    if how == "aggregate":
        changes = {"how": "aggregate", "function": Collect(), "window_function": ShowOne()}
    op = operation(EventTimeSessionWindows(gap), lateness, **changes)
    found, late = run(op, script, MergingEngine if lateness else SessionEngine)
    expected, expected_late = naive_sessions(gap, lateness, script)
    shown = [sorted((k, s, e, sorted(n)) for (k, s, e, n), _ in step) for step in found]
    assert shown == [sorted(step) for step in expected]
    assert late == expected_late
    # Late records fire their session at their own time, watermarks at its end.
    for step, (key, timestamp) in zip(found, [*script, (None, None)], strict=True):
        assert all(t == (end - 1 if key is None else timestamp) for (_, _, end, _), t in step)


class OtherSessions(EventTimeSessionWindows):
    """Not the class itself, so the merging engine takes it."""


@given(gap=st.integers(1, 12), script=scripts)
@settings(deadline=None, max_examples=300)
@pytest.mark.parametrize("merging", ["exact", "pyflink"])
@pytest.mark.parametrize("how", ["process", "reduce"])
def test_sessions_are_what_merging_windows_give(how, merging, gap, script):
    changes: dict[str, Any] = {"merging": merging}
    if how == "reduce":
        changes |= {"how": "reduce", "function": lambda a, b: (a[0], min(a[1], b[1]), a[2] * 31 + b[2])}
    fast = run(operation(EventTimeSessionWindows(gap), **changes), script, SessionEngine)
    assert fast == run(operation(OtherSessions(gap), **changes), script, MergingEngine)


@given(script=scripts)
@settings(deadline=None, max_examples=30)
def test_windows_in_an_embedded_store(script):
    op = operation(SlidingEventTimeWindows(6, 2), 3)
    config = {"state.backend.type": "embedded", "isthmus.state.cache-entries": "2"}
    with OneInputHarness(op, key_by=lambda v: v[0], config=config) as h:
        assert type(h.operator.engine) is GeneralEngine
        found = drive(h, script)
    assert found == naive(6, 2, 0, 3, script)[0]


def test_many_open_sessions_of_a_key_cost_no_more_each():
    """A file is read faster than watermarks come: all its sessions are open at its end."""
    window = EventTimeSessionWindows.with_gap(Time.milliseconds(5))
    began = time.process_time()
    with OneInputHarness.open_stream(lambda s: s.key_by(lambda _: 0).window(window).reduce(max)) as h:
        h.process_timed(*((i, i * 10) for i in range(20_000)))
        h.end()
        assert h.output == list(range(20_000))
    assert time.process_time() - began < 5
