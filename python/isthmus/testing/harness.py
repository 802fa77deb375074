"""Drives one operator: records, watermarks and processing time in; output, side outputs, state and
timers to look at.

H1. As in a job the operator has records of its own, and what it emits is what it was then: neither the test nor the
    function changes the other's by going on with an object (not so with ``pipeline.object-reuse``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from .._bridge.frame import CHECKPOINT, SAVEPOINT
from .._program.job_graph import OperatorSpec
from .._program.kinds import KINDS, split_name
from .._program.operations import Operation
from .._program.typescript import TypeScriptFunction
from .._settings.resolve import settings_of
from .._values.keep import Own, keeper
from .._worker.built_in import make_operator
from .._worker.machine.machine import Machine
from .._worker.runtime.care import Care
from .._worker.runtime.chain import Chain
from .._worker.runtime.commits import Commits
from .._worker.runtime.drain import Drain, nothing
from .._worker.runtime.operator import (
    MIN_TIMESTAMP,
    RESTORED,
    Cursor,
    Operator,
    OperatorContext,
)
from .._worker.runtime.reach import SHARED
from .._worker.runtime.record_run import RecordRun
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
from .move_clock import move_clock
from .operator_of_stream import operator_of_stream
from .piece_of_program import Functions


class _Behind:
    """What is behind the operator: told of its event time."""

    own: Own | None = None

    def __init__(self, pass_on: Callable[[int | bool], None]) -> None:
        self._pass_on = pass_on

    def control(self, element: tuple[Any, ...]) -> None:
        self._pass_on(element[1])


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
        self._chain = Chain([self.operator], _Behind(self._pass_on))
        self._run = RecordRun(
            self._chain,
            Care(),
            self._cursor,
            spec,
            self._store.keys,
            wait=self._waited,
            turn=lambda: None,
            has_more=lambda: False,
        )
        self._commits = Commits()
        self.context.checkpointing = checkpointing
        #: What the operator has printed for the program, in whole lines.
        self.printed: list[str] = []
        self.context.program_output = lambda text, stderr: self.printed.extend(text.splitlines())
        restore_watermark(self.context)
        self.operator.open(self.context)
        # A test may hand over more records than there may be calls under way.
        self._chain.limits = False
        self._closed = False
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
        self._work(self._chain.watermark(0, timestamp))

    def idle(self, idle: bool) -> None:
        """The input becomes idle, or active again."""
        self._chain.idleness(0, idle)

    def processing_time(self, now_ms: int) -> None:
        """The clock reaches ``now_ms``; what is due in between fires at its time."""
        move_clock(self.clock, [self], now_ms)

    def wait(self, seconds: float = 5.0) -> None:
        """Wait until an async operator has no call under way."""
        self._work(self._chain.polled())
        while self.operator.pending():
            self._work(iter([self._waited(seconds)]))
            self._work(self._chain.polled())

    def end(self) -> None:
        """The input ends: the final watermark, then what the operator has left."""
        self._work(self._chain.finish(self._waited))

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
        from .._worker.state.asked import kind_of

        kind = kind_of(descriptor)
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
        self._work(self._chain.before_barrier(checkpoint, SAVEPOINT if savepoint else CHECKPOINT))
        return self._store.freeze(checkpoint).saved()

    def complete_checkpoint(self, checkpoint: int = 1) -> None:
        """A checkpoint is complete: sinks commit. A commit that fails is tried again as the clock goes on."""
        self._commits.commit(self._chain, checkpoint)

    @property
    def due_at(self) -> int | None:
        """When something is to happen by the clock."""
        wanted = (self._chain.next_processing_time(), self._commits.due_at)
        return min((time for time in wanted if time is not None), default=None)

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
        own = self._own  # H1: a key may be part of its record.
        keys = None if key_by is None else [own(key_by(value)) for value, _ in records]
        values = [value for value, _ in records]
        self._work(self._run.batch(values, [time for _, time in records], keys, which, SHARED))
        due = self._chain.next_processing_time()
        # As in a job, what is due goes off when its millisecond is over.
        if due is not None and due < self.clock.now_ms():
            self._fire()

    def _fire(self) -> None:
        """The time of the clock has come."""
        now = self.clock.now_ms()
        again = self._commits.due_by(now)
        if again is not None:
            self.complete_checkpoint(again)
        self._work(self._chain.processing_time(now))

    def _work(self, drains: Iterable[Drain]) -> None:
        """Pulls one record at a time: whoever reads it has it before the next one is made."""
        for records, _, _ in drains:
            for value in records:
                self._emitted(value, self._cursor.timestamp)

    def _waited(self, seconds: float = 5.0) -> Drain:
        """Nothing, when the operator has woken the task."""
        if not self._woken.wait(seconds):
            raise TimeoutError(f"Results were still on their way after {seconds} s.")
        self._woken.clear()
        return nothing()

    # What leaves the operator. A pipeline hands it on.

    def _emitted(self, value: Any, timestamp: int) -> None:
        self.records.append((self._own(value), timestamp))  # H1

    def _emit_side(self, tag: str, value: Any) -> None:
        self._sides.setdefault(tag, []).append((self._own(value), self._cursor.timestamp))  # H1

    def _pass_on(self, control: int | bool) -> None:
        self.watermarks.append(control)


def _registered(timers: TimerQueue | EmbeddedTimers) -> list[tuple[int, Any]]:
    return sorted(((time, thaw(key)) for time, key in timers.items()), key=lambda t: t[0])
