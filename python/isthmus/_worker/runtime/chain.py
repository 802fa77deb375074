"""The operators of a task, one behind the other: how records, event time and the end of input go through them. Harnesses of
tests drive it, too. Twin of ``src/runtime/chain.ts``.

C1. A watermark passes the operators in chain order, each having fired what is due before the next one is told.
C2. Each operator sees the final watermark and finishes before the next one does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import compress, repeat
from typing import Any, Protocol

from ..._values.isolate import is_immutable
from ..._values.keep import Own
from .drain import Drain
from .emitted import Emitted
from .feed import Feed
from .operator import MAX_TIMESTAMP, Operator
from .reach import FIXED, SHARED

# More than will ever pass; a marker of this length counts by what is left of it.
_MANY = 1 << 62


class Exit(Protocol):
    """What is behind a chain: the outputs of a task, or a harness."""

    #: How records are kept while the functions of the chain go on; None: as they are.
    own: Own | None

    def control(self, element: tuple[Any, ...]) -> None:
        """A watermark or idleness, behind all that the chain has made before."""


class Chain:
    def __init__(self, operators: list[Operator], outputs: Exit) -> None:
        self.operators = operators
        self._outputs = outputs
        #: Operators that may make a watermark with any record; None: not looked for yet.
        self._punctuating: list[tuple[int, Operator]] | None = None
        #: Whether the chain has it easier with records of which it is known that nothing can be changed.
        self._asks_for_reach = False
        self._mid_counts: list[tuple[int, Any]] = []
        #: The watermark that left the chain last, and whether it is idle.
        self._told: int | None = None
        self._idle = False
        self._counts: dict[int, int] = {}
        self.polls = any(type(op).poll is not Operator.poll for op in operators)
        self.gathers = any(op.gathers for op in operators)
        #: Whether the chain alone says what times its records have.
        self.is_timed = any(op.assigns_timestamps for op in operators)
        self.only_timestamps = all(op.assigns_timestamps for op in operators)
        #: Whether its head takes only so many records at a time.
        self.limits = bool(operators) and type(operators[0]).room is not Operator.room

    @property
    def punctuating(self) -> list[tuple[int, Operator]]:
        """Operators that may make a watermark with any record, by place. Asked when all are open."""
        if self._punctuating is None:
            self._asks_for_reach = self._makes_use_of_reach()
            self._punctuating = [(i, op) for i, op in enumerate(self.operators) if op.punctuates]
        return self._punctuating

    def room(self) -> int | None:
        """How many records may enter; None: any number."""
        return self.operators[0].room() if self.limits else None

    @property
    def has_room(self) -> bool:
        return not self.limits or self.operators[0].room() != 0

    @property
    def is_periodic(self) -> bool:
        """Whether something may be due by the clock. Asked when all are open."""
        return any(
            op.uses_time and type(op).advance_processing_time is not Operator.advance_processing_time
            for op in self.operators
        )

    def next_processing_time(self) -> int | None:
        due = [t for op in self.operators if (t := op.next_processing_time()) is not None]
        return min(due) if due else None

    # Records.

    def enter(self, feed: Feed, which: int, keyed: bool, reach: int) -> Iterator[Any]:
        """The records that the chain makes of those of input ``which``."""
        if not self.operators:
            feed.reach = reach
            return feed.iterator
        head = self.operators[0]
        head.ctx.reach = reach
        if which == 0:
            records = head.apply_keyed(feed.iterator) if keyed else head.apply(feed.iterator)
        else:
            records = head.apply_second_keyed(feed.iterator) if keyed else head.apply_second(feed.iterator)
        records, feed.reach = self._through(
            1, records, head.reach_after(reach) if reach != SHARED else SHARED
        )
        return records

    def behind(self, i: int, results: Iterable[Any]) -> Drain:
        """What operator ``i`` emits by itself, through the rest of the chain."""
        emitted = Emitted(results, i + 1)
        return self._through(i + 1, emitted.iterator, SHARED)[0], True, emitted

    def reach_of(self, values: list[Any], known: int) -> int:
        """How far records of the input may be reachable by others; a look at all of them where their chain makes use of it."""
        if known == FIXED or not self._asks_for_reach:
            return known
        return FIXED if is_immutable(values) else known

    def _makes_use_of_reach(self) -> bool:
        reach = FIXED
        for op in self.operators:
            if reach != SHARED and op.asks_for_reach:
                return True
            reach = op.reach_after(reach)
        return reach != SHARED and self._outputs.own is not None

    def _through(self, start: int, records: Iterator[Any], reach: int) -> tuple[Iterator[Any], int]:
        """The records after the operators from ``start`` on, and how far they may be reachable by others."""
        self.count_marks()
        operators = self.operators
        for i in range(start, len(operators)):
            if operators[i - 1].changes_count if i else False:
                marker = repeat(True, _MANY)
                self._mid_counts.append((i, marker))
                records = compress(records, marker)
            op = operators[i]
            op.ctx.reach = reach
            records = op.apply(records)
            if reach != SHARED:
                reach = op.reach_after(reach)
        return records, reach

    def counts(self, entering: int, leaving: int, failed: int | None = None) -> list[tuple[int, int]]:
        """Records in and out of each operator so far, of which so many came in and went out; the last did not come out of the
        operator at ``failed``.
        """
        self.count_marks()
        operators = self.operators
        entered = [entering] * (len(operators) + 1)
        for i in range(1, len(operators)):
            if operators[i - 1].changes_count:
                entered[i] = self._counts.get(i, 0)
            else:
                entered[i] = entered[i - 1] - (i - 1 == failed)
        entered[len(operators)] = leaving
        return [(entered[i], entered[i + 1]) for i in range(len(operators))]

    def count_marks(self) -> None:
        for i, marker in self._mid_counts:
            self._counts[i] = self._counts.get(i, 0) + _MANY - marker.__length_hint__()
        self._mid_counts.clear()

    # Event time, idleness and the end.

    def watermark(self, start: int, watermark: int) -> Generator[Drain, None, None]:
        """C1, from operator ``start`` on; the final watermark is not among these (``finish``)."""
        current: int | None = watermark
        for i in range(start, len(self.operators)):
            op = self.operators[i]
            if current > op.ctx.watermark:  # type: ignore[operator]
                op.ctx.watermark = current  # type: ignore[assignment]
                fired = op.advance_watermark(current)  # type: ignore[arg-type]
                if fired is not None:
                    yield self.behind(i, fired)
            current = op.forward_watermark(current)  # type: ignore[arg-type]
            if current is None:
                return
        self._told = current
        self._outputs.control(("watermark", current))

    def idleness(self, start: int, idle: bool) -> None:
        """As of a watermark before operator ``start``."""
        if all(op.follows_idleness for op in self.operators[start:]):
            self._idle = idle
            self._outputs.control(("idle", idle))

    def event_time(self) -> dict[str, Any]:
        """Where the task is, for who watches the job; nothing before its first watermark."""
        return {} if self._told is None else {"watermark": self._told, "idle": self._idle}

    def generated(self, i: int, op: Operator) -> Iterator[Drain]:
        """Watermark and idleness of an operator's own."""
        watermark = op.poll_watermark()
        idle = op.poll_idle()
        if idle is False:
            self.idleness(i + 1, False)
        if watermark is not None:
            yield from self.watermark(i + 1, watermark)
        if idle:
            self.idleness(i + 1, True)

    def punctuated(self) -> Iterator[Drain]:
        """The watermarks that a record made."""
        for i, op in self.punctuating:
            yield from self.generated(i, op)

    def processing_time(self, now: int) -> Iterator[Drain]:
        """What is due by the clock."""
        for i, op in enumerate(self.operators):
            due = op.next_processing_time()
            if due is None or due > now:
                continue
            fired = op.advance_processing_time(now)
            if fired is not None:
                yield self.behind(i, fired)
            yield from self.generated(i, op)

    def polled(self) -> Iterator[Drain]:
        """Results that have come off the loop."""
        for i, op in enumerate(self.operators):
            yield from self._polled_of(i, op)

    def _polled_of(self, i: int, op: Operator) -> Iterator[Drain]:
        ready = op.poll()
        if ready is not None:
            yield self.behind(i, ready)
        yield from self.generated(i, op)

    def let_go(self) -> Iterator[Drain]:
        """The input at hand is used up: what operators have gathered of it leaves."""
        for i, op in enumerate(self.operators):
            gathered = op.let_go() if op.gathers else None
            if gathered is not None:
                yield self.behind(i, gathered)

    def before_barrier(self, checkpoint: int, of: int) -> Iterator[Drain]:
        for i, op in enumerate(self.operators):
            gathered = op.before_barrier(checkpoint, of)
            if gathered is not None:
                yield self.behind(i, gathered)

    def commit(self, checkpoint: int) -> int | None:
        """Sinks commit what a checkpoint covers; gives when (ms) some are to be told again, whose commits have failed."""
        again = [op.notify_checkpoint_complete(checkpoint) for op in self.operators]
        return min((at for at in again if at is not None), default=None)

    def finish(self, wait: Callable[[], Drain]) -> Iterator[Drain]:
        """The end of input (C2).

        Args:
            wait: Gives a drain at which the task is left until somebody wakes it.
        """
        for i, op in enumerate(self.operators):
            if op.ctx.watermark < MAX_TIMESTAMP:
                op.ctx.watermark = MAX_TIMESTAMP
                fired = op.advance_watermark(MAX_TIMESTAMP)
                if fired is not None:
                    yield self.behind(i, fired)
            if self.polls:
                yield from self._settle(i, op, wait)
            rest = op.finish()
            if rest is not None:
                yield self.behind(i, rest)
        self.count_marks()
        self._outputs.control(("watermark", MAX_TIMESTAMP))

    def _settle(self, i: int, op: Operator, wait: Callable[[], Drain]) -> Iterator[Drain]:
        """Wait, without blocking, until operator ``i`` has no results on their way (O3 of ``operator.py``)."""
        while True:
            yield from self._polled_of(i, op)
            if not op.pending():
                return
            yield wait()
