"""Every operator that keeps something, stopped twice and gone on with by other subtasks: 1 → 3 → 2. What comes out in all is
what comes out of one that is never stopped, and what ``test/vectors/restore.json`` says; ``test/state/restore.test.ts`` is
the twin.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from isthmus._worker.state.chunks import WHOLE, SavedSubtask, changes_of, together
from isthmus._worker.state.keys import KeyGroups
from isthmus.common import Time
from isthmus.datastream import OutputTag
from isthmus.datastream.functions import (
    AggregateFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessWindowFunction,
    ReduceFunction,
)
from isthmus.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from isthmus.datastream.window import (
    CountTrigger,
    CountWindow,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from isthmus.errors import GraphError
from isthmus.testing import OneInputHarness, TwoInputHarness

VECTORS = Path(__file__).resolve().parents[2] / "vectors/restore.json"
GIVEN = json.loads(VECTORS.read_text("utf-8"))
STEPS: list[list[Any]] = GIVEN["steps"]
LATE = OutputTag("late")


class Total(AggregateFunction):
    """[sum, count] of the numbers of records."""

    def create_accumulator(self):
        return [0, 0]

    def add(self, value, accumulator):
        return [accumulator[0] + value[1], accumulator[1] + 1]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return [acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]]


class MergeableTotal(Total):
    mergeable = True


class States(KeyedProcessFunction):
    """One state of each kind."""

    def open(self, runtime_context):
        self.last = runtime_context.get_state(ValueStateDescriptor("last"))
        self.all = runtime_context.get_list_state(ListStateDescriptor("all"))
        self.counts = runtime_context.get_map_state(MapStateDescriptor("counts"))
        self.greatest = runtime_context.get_reducing_state(ReducingStateDescriptor("greatest", max))
        self.total = runtime_context.get_aggregating_state(AggregatingStateDescriptor("total", Total()))

    def process_element(self, value, ctx):
        key, number = value
        before = self.last.value()
        self.last.update(number)
        self.all.add(number)
        self.counts.put(number, (self.counts.get(number) or 0) + 1)
        self.greatest.add(number)
        self.total.add(value)
        counts = sorted([n, count] for n, count in self.counts.items())
        yield [key, before, list(self.all.get()), counts, self.greatest.get(), self.total.get()]


class Timed(KeyedProcessFunction):
    """A timer for each record, taken back by every third."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count"))

    def process_element(self, value, ctx):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        if count % 3:
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 15)
        else:
            ctx.timer_service().delete_event_time_timer(ctx.timestamp() + 15)

    def on_timer(self, timestamp, ctx):
        yield [ctx.get_current_key(), timestamp, self.count.value()]


class Sum(ReduceFunction):
    def reduce(self, value1, value2):
        return [value1[0], value1[1] + value2[1]]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        bounds = [window.id] if isinstance(window, CountWindow) else [window.start, window.end]
        yield [key, *bounds, [number for _, number in elements]]


class ShowNumbers(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield [key, [number for _, number in elements]]


class Compare(ProcessWindowFunction):
    """How often a window has fired, and how many windows of the key have."""

    def process(self, key, context, elements):
        fired = context.window_state().get_state(ValueStateDescriptor("fired"))
        windows = context.global_state().get_state(ValueStateDescriptor("windows"))
        times = (fired.value() or 0) + 1
        fired.update(times)
        if times == 1:
            windows.update((windows.value() or 0) + 1)
        yield [key, context.window().start, len(list(elements)), times, windows.value()]

    def clear(self, context):
        context.window_state().get_state(ValueStateDescriptor("fired")).clear()


class Both(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.sums = runtime_context.get_map_state(MapStateDescriptor("sums"))

    def process_element1(self, value, ctx):
        yield self.added("left", value)

    def process_element2(self, value, ctx):
        yield self.added("right", value)

    def added(self, side, value):
        self.sums.put(side, (self.sums.get(side) or 0) + value[1])
        return [value[0], self.sums.get("left") or 0, self.sums.get("right") or 0]


def plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(value))


def keyed(stream: Any) -> Any:
    return stream.key_by(lambda value: value[0])


def windows(assigner: Any, *, lateness: int = 0, trigger: Any = None) -> Callable[[Any], Any]:
    def windowed(stream: Any) -> Any:
        found = keyed(stream).window(assigner)
        if lateness:
            found = found.allowed_lateness(lateness)
        return found if trigger is None else found.trigger(trigger)

    return windowed


def joined(left: Any, right: Any) -> list[Any]:
    return [left, right]


ONE_INPUT: dict[str, Callable[[Any], Any]] = {
    "states": lambda s: keyed(s).process(States()),
    "timers": lambda s: keyed(s).process(Timed()),
    "reduce": lambda s: keyed(s).reduce(Sum()),
    "sum": lambda s: keyed(s).sum(1),
    "tumbling": lambda s: windows(TumblingEventTimeWindows.of(Time.milliseconds(20)))(s).process(Show()),
    "tumbling, late": lambda s: windows(TumblingEventTimeWindows.of(Time.milliseconds(20)), lateness=15)(
        s
    ).process(Compare()),
    "sliding": lambda s: windows(SlidingEventTimeWindows.of(Time.milliseconds(30), Time.milliseconds(10)))(
        s
    ).process(Show()),
    "sliding, sliced": lambda s: windows(
        SlidingEventTimeWindows.of(Time.milliseconds(30), Time.milliseconds(10))
    )(s).aggregate(MergeableTotal()),
    "sessions": lambda s: windows(EventTimeSessionWindows.with_gap(Time.milliseconds(9)))(s).process(Show()),
    "sessions, late": lambda s: windows(EventTimeSessionWindows.with_gap(Time.milliseconds(9)), lateness=15)(
        s
    ).process(Show()),
    "sessions, counted": lambda s: windows(
        EventTimeSessionWindows.with_gap(Time.milliseconds(9)), trigger=CountTrigger.of(3)
    )(s).process(Show()),
    "count": lambda s: keyed(s).count_window(4).process(Show()),
    "count, sliding": lambda s: keyed(s).count_window(5, 2).process(Show()),
    "count, panes": lambda s: keyed(s).count_window(6, 2).aggregate(MergeableTotal()),
    "count, by a trigger": lambda s: keyed(s).count_window(4).trigger(CountTrigger.of(3)).process(Show()),
    "global": lambda s: windows(GlobalWindows.create(), trigger=PurgingTrigger.of(CountTrigger.of(3)))(
        s
    ).process(ShowNumbers()),
}

TWO_INPUTS: dict[str, Callable[[Any, Any], Any]] = {
    "co-process": lambda a, b: keyed(a).connect(keyed(b)).process(Both()),
    "interval join": lambda a, b: (
        keyed(a).interval_join(keyed(b)).between(Time.milliseconds(-8), Time.milliseconds(8)).process(joined)
    ),
    "as-of join": lambda a, b: keyed(a).as_of_join(keyed(b)).left().process(joined),
    "window join": lambda a, b: (
        a.join(b)
        .where(lambda value: value[0])
        .equal_to(lambda value: value[0])
        .window(TumblingEventTimeWindows.of(Time.milliseconds(20)))
        .apply(joined)
    ),
}

CASES = {**ONE_INPUT, **TWO_INPUTS}

HEAP: dict[str, str] = {}
#: With hardly a key in memory.
EMBEDDED = {"state.backend.type": "embedded", "isthmus.state.cache-entries": "2"}
#: Where state is at each parallelism.
BACKENDS = {"heap": [HEAP] * 3, "embedded": [EMBEDDED] * 3, "both": [HEAP, EMBEDDED, HEAP]}
#: Their windows are kept in another way on disk.
BOUND_TO_BACKEND = {
    "tumbling",
    "tumbling, late",
    "sliding",
    "sliding, sliced",
    "sessions",
    "count",
    "count, sliding",
    "count, panes",
    "window join",
}


class Run:
    """Subtasks of one operator, stopped and replaced."""

    def __init__(
        self, name: str, parallelism: int, restore: list[Any], config: dict[str, str] = HEAP
    ) -> None:
        self.groups = KeyGroups(GIVEN["maxParallelism"], parallelism)
        self.subtasks = [
            self._open(name, subtask, parallelism, restore, config) for subtask in range(parallelism)
        ]

    @staticmethod
    def _open(name: str, subtask: int, parallelism: int, restore: list[Any], config: dict[str, str]) -> Any:
        place = {
            "subtask": subtask,
            "parallelism": parallelism,
            "max_parallelism": GIVEN["maxParallelism"],
            "restore": restore,
            "config": config,
        }
        if name in ONE_INPUT:
            return OneInputHarness.open_stream(ONE_INPUT[name], **place)
        return TwoInputHarness.open_streams(TWO_INPUTS[name], **place)

    def play(self, steps: list[list[Any]]) -> None:
        for first, *rest in steps:
            if first == "watermark":
                for subtask in self.subtasks:
                    subtask.watermark(*rest)
                continue
            key, number, timestamp = rest
            subtask = self.subtasks[self.groups.target(key)]
            if first == 1 and isinstance(subtask, TwoInputHarness):
                subtask.process2([key, number], timestamp=timestamp)
            else:
                subtask.process([key, number], timestamp=timestamp)

    def end(self) -> None:
        for subtask in self.subtasks:
            subtask.end()

    def stop(self) -> tuple[list[Any], list[Any]]:
        """What came out, and the state."""
        saved = [subtask.snapshot() for subtask in self.subtasks]
        output = [value for subtask in self.subtasks for value in subtask.take()]
        for subtask in self.subtasks:
            subtask.close()
        return output, saved


def shown(values: list[Any]) -> list[str]:
    return sorted(json.dumps(plain(value), separators=(",", ":")) for value in values)


def uninterrupted(name: str) -> list[str]:
    run = Run(name, 1, [])
    run.play(STEPS)
    run.end()
    return shown(run.stop()[0])


RUNS = [
    (name, backends)
    for name in CASES
    for backends in BACKENDS
    if backends != "both" or name not in BOUND_TO_BACKEND
]


@pytest.mark.parametrize("name", sorted(BOUND_TO_BACKEND))
def test_windows_that_would_be_lost_are_refused(name):
    for before, after in [(HEAP, EMBEDDED), (EMBEDDED, HEAP)]:
        run = Run(name, 1, [], before)
        run.play(STEPS[: len(STEPS) // 3])
        with pytest.raises(GraphError, match=r"were kept in another way: .* another state\.backend\.type"):
            Run(name, 1, run.stop()[1], after)


@pytest.mark.parametrize(("name", "backends"), RUNS)
def test_goes_on_as_if_it_had_not_stopped(name, backends):
    third = len(STEPS) // 3
    output: list[Any] = []
    saved: list[Any] = []
    for i, parallelism in enumerate(GIVEN["parallelisms"]):
        run = Run(name, parallelism, saved, BACKENDS[backends][i])
        last = i == len(GIVEN["parallelisms"]) - 1
        run.play(STEPS[i * third :] if last else STEPS[i * third : (i + 1) * third])
        if last:
            run.end()
        found, saved = run.stop()
        output += found
    assert shown(output) == uninterrupted(name)
    assert shown(output) == GIVEN["cases"][name]


def content(saved: Any) -> dict[tuple[str, int], list[str]]:
    """What a restore finds: entries by table and key group, the last of an address."""
    found: dict[tuple[str, int], list[tuple[Any, str]]] = {}
    for chunk in saved.chunks:
        removed, entries = changes_of(chunk)
        has_address = chunk.form not in ("drawn", "list")
        rows = [(shape(entry[:-1]) if has_address else (), str(shape(entry))) for entry in entries]
        gone = {shape(address) for address in removed}
        if chunk.form != "derived":
            gone |= {address for address, _ in rows}
        before = [] if chunk.kind == WHOLE else found.get((chunk.table, chunk.group), [])
        kept = [row for row in before if not any(row[0][: len(address)] == address for address in gone)]
        found[chunk.table, chunk.group] = kept + rows
    return {of: sorted(text for _, text in rows) for of, rows in found.items() if rows}


def shape(value: Any) -> Any:
    """What is in a value, to be compared."""
    if isinstance(value, dict):
        return "dict", *sorted((str(shape(key)), shape(held)) for key, held in value.items())
    if isinstance(value, list | tuple):
        return tuple(shape(part) for part in value)
    slots = [name for one in type(value).__mro__ for name in getattr(one, "__slots__", ())]
    fields = {**getattr(value, "__dict__", {}), **{name: getattr(value, name, None) for name in slots}}
    return shape(fields) if fields else repr(value)


def encoded_meanwhile(frozen: Any, run: Run, steps: list[list[Any]], gradual: bool) -> SavedSubtask:
    """What was frozen before some steps, with a step of encoding behind each, if it is to be gradual."""
    encoding = frozen.steps()
    chunks = []
    for step in steps:
        run.play([step])
        if gradual:
            chunks.append(next(encoding, None))
    return SavedSubtask(0, 1, [chunk for chunk in [*chunks, *encoding] if chunk is not None])


@pytest.mark.parametrize("backend", ["heap", "embedded"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_encoded_late_is_what_there_was_at_the_barrier(name, backend):
    for gradual in (False, True) if backend == "heap" else (True,):
        run = Run(name, 1, [], BACKENDS[backend][0])
        (harness,) = run.subtasks
        store = harness._store
        third = len(STEPS) // 3
        run.play(STEPS[:third])
        there = content(harness.snapshot(1))  # Given up: its changes go into the next one.
        store.aborted(1)
        assert there
        base = encoded_meanwhile(store.freeze(2), run, STEPS[third : 2 * third], gradual)
        assert content(base) == there
        store.completed(2)

        then = content(store.freeze(3, full=True).saved())
        store.aborted(3)
        increment = encoded_meanwhile(store.freeze(4), run, STEPS[2 * third :], gradual)
        assert content(together([base, increment])) == then
        store.completed(4)

        run.end()
        rest = store.freeze(5).saved()
        assert content(together([base, increment, rest])) == content(store.freeze(6, full=True).saved())
        harness.close()


def test_the_vectors_are_of_these_operators():
    if os.environ.get("ISTHMUS_WRITE_VECTORS"):
        GIVEN["cases"] = {name: uninterrupted(name) for name in CASES}
        VECTORS.write_text(json.dumps(GIVEN, indent=1) + "\n", "utf-8")
    assert list(GIVEN["cases"]) == list(CASES)
    assert all(len(results) > 10 for results in GIVEN["cases"].values())
