"""Drives one operator: records, watermarks and processing time in; output, side outputs, state and
timers to look at.

H1. As in a job the operator has records of its own, and what it emits is what it was then: neither the test nor the
    function changes the other's by going on with an object (not so with ``pipeline.object-reuse``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from .._bridge.frame import CHECKPOINT, SAVEPOINT
from .._program.job_graph import OperatorSpec
from .._program.kinds import KINDS, split_name
from .._program.operations import Operation
from .._program.typescript import TypeScriptFunction
from .._settings.resolve import settings_of
from .._values.keep import keeper
from .._worker.built_in import make_operator
from .._worker.machine.machine import Machine
from .._worker.runtime.operator import (
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    RESTORED,
    Cursor,
    Operator,
    OperatorContext,
)
from .._worker.runtime.runtime_context import runtime_context
from .._worker.runtime.timer_queue import TimerQueue
from .._worker.runtime.watermarks import restore_watermark
from .._worker.state.embedded_timers import EmbeddedTimers
from .._worker.state.key_identity import GroupOf, freeze, thaw
from .._worker.state.store import SubtaskStore
from ..datastream.state import OperatorStateStore
from ..errors import GraphError
from .clock import ManualClock
from .kinds import kind_of
from .operator_of_stream import operator_of_stream
from .piece_of_program import Functions


class _AnyTag(frozenset[str]):
    """In a harness every side output is read."""

    def __contains__(self, tag: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


class OneInputHarness:
    """Runs a function, or an operation with one input, as a job would.

    Args:
        function: A function object, a plain callable (then say ``kind``), or an operation of the API.
        kind: Operator kind; found from the function's class where possible.
        key_by: Key of a record, for keyed operators.
        params: Parameters of the operator kind.
        batch: BATCH execution instead of STREAMING.
        clock: The clock; one of its own at time 0 by default.
        config: Options, as ``{"pipeline.auto-watermark-interval": "50"}``.
        name: The operator's name, in messages.
        restore: What ``snapshot()`` of another harness gave, or a list of such.
        subtask, parallelism, max_parallelism: Where the operator thinks it runs.
        checkpointing: The job takes checkpoints, so that sinks wait for them.
    """

    def __init__(
        self,
        function: Any = None,
        *,
        kind: str | None = None,
        key_by: Callable[[Any], Any] | None = None,
        params: dict[str, Any] | None = None,
        batch: bool = False,
        clock: ManualClock | None = None,
        config: Mapping[str, Any] | None = None,
        name: str = "test",
        restore: Any = None,
        subtask: int = 0,
        parallelism: int = 1,
        max_parallelism: int = 128,
        checkpointing: bool = False,
    ) -> None:
        given: dict[str, Any] = {}
        if isinstance(function, Operation):
            kind = function.kind
            params, given = function.as_data()
        elif isinstance(function, Functions):
            given = function
        if isinstance(function, TypeScriptFunction):
            raise GraphError(f"{function!r} is TypeScript; test it there, by isthmus/testing.")
        kind = kind or kind_of(function)
        if not given:
            # By itself it is the part that comes first.
            given = {next(iter(KINDS[kind].functions), "function"): function}
        self.clock = clock or ManualClock()
        self._key_by: tuple[Callable[[Any], Any] | None, ...] = (key_by, None)
        #: (value, timestamp) of every record emitted.
        self.records: list[tuple[Any, int]] = []
        self._sides: dict[str, list[tuple[Any, int]]] = {}
        #: Watermarks and idleness (True, False) passed on, in order.
        self.watermarks: list[int | bool] = []
        self._cursor = Cursor()
        self._woken = threading.Event()
        row, connector = split_name(kind)
        spec: OperatorSpec = {
            "id": 0,
            "kind": row,
            "name": name,
            "language": "python",
            "chaining": "always",
            "params": params or {},
            # They are at hand: a reference is their part.
            "fns": {
                part: {"language": "python", "form": "import", "name": part}
                for part, each in given.items()
                if each is not None
            },
        }
        if connector:
            spec["connector"] = connector
        saved = restore if isinstance(restore, list) else [restore]
        self._store = SubtaskStore(
            GroupOf(max_parallelism, parallelism, subtask),
            subtask,
            parallelism,
            [one for one in saved if one is not None],
            checkpoints=True,
        )
        self.context = OperatorContext(
            spec=spec,
            job_name="test",
            task_name=name,
            subtask=subtask,
            parallelism=parallelism,
            max_parallelism=max_parallelism,
            attempt=0,
            mode="BATCH" if batch else "STREAMING",
            keyed=key_by is not None,
            cursor=self._cursor,
            machine=Machine(clock=self.clock),
            settings=settings_of(config or {}),
            load_function=lambda ref: given[ref["name"]],
            emit_side=self._emit_side,
            side_tags=_AnyTag(),
            state=self._store.of("operator"),
            wake=self._woken.set,
        )
        self._own = keeper(self.context)[0]
        self.operator: Operator = make_operator(spec, keyed=key_by is not None, batch=batch)
        self.operator.ctx = self.context
        self.context.checkpointing = checkpointing
        #: What the operator has printed for the program, in whole lines.
        self.printed: list[str] = []
        self.context.program_output = lambda text, stderr: self.printed.extend(text.splitlines())
        restore_watermark(self.context)
        self.operator.open(self.context)
        self._closed = False
        #: A checkpoint whose commit has failed, and when it is tried again.
        self._commit_again: tuple[int, int] | None = None
        if self._store.is_restored:
            self.complete_checkpoint(RESTORED)

    @classmethod
    def open_stream(cls, build: Callable[[Any], Any], **options: Any) -> OneInputHarness:
        """Runs the one operator that ``build`` puts on a stream, with its key: windows, async functions, lookups.

        Args:
            build: From a stream to a stream, as ``lambda s: s.key_by(user).window(w).reduce(add)``.
            options: As for the constructor.

        Raises:
            ValueError: It is not exactly one operator, in Python.
        """
        return cls(**operator_of_stream(build, 1), **options)

    # In.

    def process(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records of the input, one after the other, with one timestamp."""
        self._feed(0, [(value, timestamp) for value in values])

    def process_timed(self, *records: tuple[Any, int]) -> None:
        """(record, timestamp) pairs, as one batch."""
        self._feed(0, records)

    def watermark(self, timestamp: int) -> None:
        """Event time reaches ``timestamp``."""
        self.context.watermark = timestamp
        self._collect(self.operator.advance_watermark(timestamp))
        forwarded = self.operator.forward_watermark(timestamp)
        if forwarded is not None:
            self._pass_on(forwarded)

    def idle(self, idle: bool) -> None:
        """The input becomes idle, or active again."""
        if self.operator.follows_idleness:
            self._pass_on(idle)

    def processing_time(self, now_ms: int) -> None:
        """The clock reaches ``now_ms``; what is due in between fires at its time."""
        move_clock(self.clock, [self], now_ms)

    def wait(self, seconds: float = 5.0) -> None:
        """Wait until an async operator has no call under way."""
        while self.operator.pending():
            self._woken.clear()
            self._poll()
            if self.operator.pending() and not self._woken.wait(seconds):
                raise TimeoutError(f"Results were still on their way after {seconds} s.")
        self._poll()

    def end(self) -> None:
        """The input ends: the final watermark, then what the operator has left."""
        self.watermark(MAX_TIMESTAMP)
        self.wait()
        self._collect(self.operator.finish())

    # Out.

    @property
    def output(self) -> list[Any]:
        """The records emitted so far, without timestamps."""
        return [value for value, _ in self.records]

    def take(self) -> list[Any]:
        """As ``output``, and forget them."""
        values = self.output
        self.records.clear()
        return values

    def side_output(self, tag: Any) -> list[Any]:
        """The records emitted to a side output (an OutputTag or its id)."""
        return [value for value, _ in self._sides.get(getattr(tag, "tag_id", tag), [])]

    def side_records(self, tag: Any) -> list[tuple[Any, int]]:
        """As ``side_output``, with timestamps."""
        return list(self._sides.get(getattr(tag, "tag_id", tag), []))

    def state(self, descriptor: Any, key: Any) -> Any:
        """The state of a key: value, list, dict, or result of a reducing or aggregating state."""
        from .._worker.operators.windowing.trigger_context import _kind

        kind = _kind(descriptor)
        saved, self._cursor.key = self._cursor.key, freeze(key)
        self._store.of("operator").touch((self._cursor.key,))
        try:
            state = runtime_context(self.context).backend.state(kind, descriptor)
            if kind == "value":
                return state.value()
            return dict(state.items()) if kind == "map" else state.get()
        finally:
            self._cursor.key = saved

    def operator_state(self) -> OperatorStateStore:
        """The state of the operator that belongs to no key, broadcast state included."""
        return runtime_context(self.context).get_operator_state_store()

    def event_timers(self) -> list[tuple[int, Any]]:
        """(time, key) of the event-time timers registered, in order of time."""
        return _registered(runtime_context(self.context).timers.event)

    def processing_timers(self) -> list[tuple[int, Any]]:
        """(time, key) of the processing-time timers registered, in order of time."""
        return _registered(runtime_context(self.context).timers.processing)

    def metrics(self) -> dict[str, Any]:
        """The metrics the function made, by name."""
        return runtime_context(self.context).metrics.values()

    def snapshot(self, checkpoint: int = 1, *, savepoint: bool = False) -> Any:
        """The operator's state, to be given to ``restore`` of another harness, as a checkpoint or a savepoint takes it."""
        self._collect(self.operator.before_barrier(checkpoint, SAVEPOINT if savepoint else CHECKPOINT))
        return self._store.freeze(checkpoint).saved()

    def complete_checkpoint(self, checkpoint: int = 1) -> None:
        """A checkpoint is complete: sinks commit. A commit that fails is tried again as the clock goes on."""
        again = self.operator.notify_checkpoint_complete(checkpoint)
        self._commit_again = None if again is None else (checkpoint, again)

    @property
    def due_at(self) -> int | None:
        """When something is to happen by the clock."""
        due = self.operator.next_processing_time()
        if self._commit_again is None:
            return due
        return self._commit_again[1] if due is None else min(due, self._commit_again[1])

    def close(self) -> None:
        """Close the function."""
        if not self._closed:
            self._closed = True
            self.operator.close()
            if self.context.runtime is not None:
                self.context.runtime.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _feed(self, which: int, records: Iterable[tuple[Any, int]]) -> None:
        own = [(self._own(value), timestamp) for value, timestamp in records]  # H1
        self._feed_keyed(which, own, self._key_by[which])

    def _feed_keyed(
        self, which: int, records: list[tuple[Any, int]], key_by: Callable[[Any], Any] | None
    ) -> None:
        operator = self.operator
        if key_by is not None:
            own = self._own  # H1: a key may be part of its record.
            keys = [freeze(own(key_by(value))) for value, _ in records]
            self._store.of("operator").touch(keys)
            pairs = self._followed(
                [((key, value), timestamp) for key, (value, timestamp) in zip(keys, records, strict=True)]
            )
            results = operator.apply_keyed(pairs) if which == 0 else operator.apply_second_keyed(pairs)
        else:
            values = self._followed(records)
            results = operator.apply(values) if which == 0 else operator.apply_second(values)
        self._collect(results)
        self._collect(operator.let_go())
        self._take_generated()
        due = operator.next_processing_time()
        # As in a job, what is due goes off when its millisecond is over.
        if due is not None and due < self.clock.now_ms():
            self._fire()

    def _followed(self, records: list[tuple[Any, int]]) -> Iterator[Any]:
        for value, timestamp in records:
            self._cursor.timestamp = timestamp
            yield value

    def _fire(self) -> None:
        """The time of the clock has come."""
        if self._commit_again is not None and self.clock.now_ms() >= self._commit_again[1]:
            self.complete_checkpoint(self._commit_again[0])
        self._collect(self.operator.advance_processing_time(self.clock.now_ms()))
        self._take_generated()

    def _collect(self, results: Iterable[Any] | None) -> None:
        for value in results or ():
            self._emitted(value, self._cursor.timestamp)

    # What leaves the operator. A pipeline hands it on.

    def _emitted(self, value: Any, timestamp: int) -> None:
        self.records.append((self._own(value), timestamp))  # H1

    def _emit_side(self, tag: str, value: Any) -> None:
        self._sides.setdefault(tag, []).append((self._own(value), self._cursor.timestamp))  # H1

    def _pass_on(self, control: int | bool) -> None:
        self.watermarks.append(control)

    def _poll(self) -> None:
        self._collect(self.operator.poll())
        self._take_generated()

    def _take_generated(self) -> None:
        watermark, idle = self.operator.poll_watermark(), self.operator.poll_idle()
        if idle is False:
            self._pass_on(False)
        if watermark is not None:
            self._pass_on(watermark)
        if idle:
            self._pass_on(True)


class TwoInputHarness(OneInputHarness):
    """Runs a function or an operation with two inputs; watermarks of the two merge as the minimum.

    Args:
        key_by2: Key of a record of the second input; a broadcast input has none.
    """

    def __init__(
        self, function: Any = None, *, key_by2: Callable[[Any], Any] | None = None, **options: Any
    ) -> None:
        super().__init__(function, **options)
        self._key_by = (self._key_by[0], key_by2)
        self._merged = [MIN_TIMESTAMP, MIN_TIMESTAMP]

    @classmethod
    def open_streams(cls, build: Callable[[Any, Any], Any], **options: Any) -> TwoInputHarness:
        """As ``open_stream``, for an operator on two streams: joins, and whatever streams connect to."""
        return cls(**operator_of_stream(build, 2), **options)

    def process1(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records of the first input."""
        self.process(*values, timestamp=timestamp)

    def process2(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records of the second input."""
        self._feed(1, [(value, timestamp) for value in values])

    def watermark1(self, timestamp: int) -> None:
        """Event time of the first input."""
        self._merge(0, timestamp)

    def watermark2(self, timestamp: int) -> None:
        """Event time of the second input."""
        self._merge(1, timestamp)

    def _merge(self, which: int, timestamp: int) -> None:
        before = min(self._merged)
        self._merged[which] = max(timestamp, self._merged[which])
        if min(self._merged) > before:
            self.watermark(min(self._merged))


def _registered(timers: TimerQueue | EmbeddedTimers) -> list[tuple[int, Any]]:
    return sorted(((time, thaw(key)) for time, key in timers.items()), key=lambda t: t[0])


def move_clock(clock: ManualClock, operators: Sequence[OneInputHarness], now_ms: int) -> None:
    """Move a clock; what operators wait for happens at its time. Of those one behind the other, the first comes first."""
    while True:
        wanted = [operator.due_at for operator in operators]
        due = min((time for time in wanted if time is not None), default=None)
        if due is None or due > now_ms:
            break
        clock.set(max(due, clock.now_ms()))
        for operator in operators:
            operator._fire()
    clock.set(now_ms)
    for operator in operators:
        operator._fire()
