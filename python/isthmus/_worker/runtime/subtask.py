"""One subtask of a Python task: its queue, its chain of operators, its outputs.

The work on an element is a sequence of *drains*: iterators to be pulled to their end, a chunk at a time. Between two
chunks the task may be left and taken up again, so a slow function or an output without credit never holds up the slot.

  T1. Elements of one channel take effect in their order; an element is finished before the next one begins.
  T2. Records made before an exception are emitted before the failure is reported.
  T3. A watermark passes the operators in chain order, each having fired what is due before the next one is told.
  T5. What an output is given is nobody else's: the functions of the chain may go on to change what they have emitted.
  T6. What timers and late results make goes before the rest of the element at hand, in chunks as that does.
  T4. A task whose input has ended sends the final watermark and END on every channel. It then is *drained*; where the
      job takes checkpoints it waits for the last one, with which its sinks commit, and then is *finished*: closed.
  T7. A barrier cuts the stream at one record: before it goes what operators had gathered, then all is saved, then it is
      sent. A source sends it behind the record in flight, and its position is behind that record, too.
  T8. Behind a barrier that suspends nothing happens any more. One that drains comes behind all that the end of input
      brings about.
  T9. A checkpoint is answered once: with the state, also when the task is drained, or with the news that it has finished.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import compress, islice, repeat
from typing import Any

from ..._bridge.frame import DRAIN, SUSPEND
from ..._values.failure import OperatorFailure, safe_repr
from ..._values.isolate import is_immutable
from ..._values.keep import Own, as_it_is, take, take_timed
from ..._values.raised import ANYTHING
from ..state.key_identity import Freezer
from ..state.store import SubtaskStore
from . import forked
from .aligner import Barrier
from .blame import in_flight, suspect, who_stopped
from .busy import Looks
from .emitted import Emitted
from .feed import Feed
from .input_gate import Event, InputGate
from .operator import MAX_TIMESTAMP, MIN_TIMESTAMP, Clock, Cursor, Operator
from .output import Output
from .pull import Made, Pull
from .reach import FIXED, OWN, SHARED
from .side_buffer import SideBuffer
from .splits import SourceBatch, Splits
from .watchdog import Watchdog

#: Records made between two looks at the clock and at the outputs' credit.
CHUNK = 2048
#: Records of the first chunk, before their size is known, and bytes of later ones.
_FIRST_CHUNK = 64
_CHUNK_BYTES = 2 << 20
#: Records that go through the slot one by one when a task begins, and again after a slow one. What a fast record made
#: must not wait for a slow record behind it; how slow the next one will be, nobody knows.
CAREFUL = 128
#: Seconds of a call after which its records count as slow ones, whether or not the watchdog has seen it: a function may keep
#: Python's lock to itself. Longer than a busy machine keeps a process waiting.
LASTS_S = 0.05
_STOPPED = "StopIteration was raised by the function; it would have ended the stream silently"
# More than will ever pass; a marker of this length counts by what is left of it.
_MANY = 1 << 62

#: What to pull, whether its records have times of their own, and what tells whether all of it was used.
Drain = tuple[Iterator[Any], bool, "Feed | Emitted | None"]


class _Aside:
    """What is done between two chunks of an element (T6), with the cursor of its own that it left off at."""

    __slots__ = ("drain", "key", "phases", "timestamp")

    def __init__(self, phases: Iterator[Drain], cursor: Cursor) -> None:
        self.phases = phases
        self.drain: Drain | None = None
        self.timestamp, self.key = cursor.timestamp, cursor.key


class Subtask:
    def __init__(
        self,
        *,
        deployment: dict[str, Any],
        operators: list[Operator],
        cursor: Cursor,
        clock: Clock,
        watchdog: Watchdog | None,
        store: SubtaskStore,
        source: Any = None,
        checkpoints: bool = False,
    ) -> None:
        self.deployment = deployment
        self.id: int = deployment["task"]
        self.subtask: int = deployment["subtask"]
        self.parallelism: int = deployment["parallelism"]
        self.operators = operators
        self.cursor = cursor
        self._clock = clock
        self._watchdog = watchdog
        self.store = store
        #: Source of records when the chain's head is one; ``operators`` then are the rest.
        self.source = source
        self.outputs: list[Output] = []
        self.side_outputs: dict[tuple[int, str], Output] = {}
        #: How records are kept for the outputs while the functions of the chain go on (``keep``); None: as they are.
        self.own: Own | None = None
        self.own_side: Own = as_it_is
        self._side_buffers: dict[tuple[int, str], SideBuffer] = {}
        self.inputs: dict[int, dict[str, Any]] = {c["channel"]: c for c in deployment["inputs"]}
        self.gate = InputGate(list(self.inputs))
        #: Operators that may make a watermark with any record; None: not looked for yet.
        self._punctuating: list[tuple[int, Operator]] | None = None
        #: Whether the chain has it easier with records of which it is known that nothing can be changed.
        self._asks_for_reach = False
        self._phases: Generator[Drain, None, None] | None = None
        self._drain: Drain | None = None
        #: The batch whose records are in the chain.
        self._at_hand: Feed | None = None
        self._aside: _Aside | None = None
        self._chunk = _FIRST_CHUNK
        self._poll_requested = False
        #: Left until ``request_poll``: nothing can go on before results that are on their way have come.
        self._waiting = False
        #: Left after this chunk, although there is more to do.
        self._yielding = False
        self.started = False
        #: Closed, or about to be.
        self.finished = False
        #: All input has been processed, and END sent.
        self.drained = False
        #: A barrier has suspended the job (T8).
        self.suspended = False
        #: Whether the job takes checkpoints (T4).
        self._checkpoints = checkpoints
        #: The newest checkpoint that was answered, and the first one that was since the task is drained.
        self._answered = -1
        self._last: int | None = None
        #: The operators have finished, before the end of input (T8).
        self._finished_early = False
        self._told_drained = False
        self._freezer = Freezer()
        self.closed = False
        self.records_in = 0
        self.records_out = 0
        self.busy_s = 0.0
        self.looks = Looks(operators, 0 if source is None else 1)
        self._mid_counts: list[tuple[int, Any]] = []
        self.counts: dict[int, int] = {}
        #: Called with what the slot must do: ("snapshot", checkpoint, state or None), ("drained",), ("finished",).
        self.notify: Callable[..., None] = lambda *_: None
        #: Called within a function that makes more for side outputs than they take: lets others go on until they do.
        self.give_way: Callable[[Subtask], None] = lambda _: None
        #: In a function that has given way.
        self.gives_way = False
        #: Its place in the slot, and who is told that there may be something to do (``agenda``).
        self.place = 0
        self.note: Callable[[Subtask], None] = lambda _: None
        #: Called when a queued batch is taken: decodes it and gives its credit back.
        self.take: Callable[[int, tuple[Any, ...]], tuple[list[Any], Any, Any]] = lambda c, e: (
            e[1],
            e[2],
            e[3],
        )
        self.periodic = any(
            type(op).advance_processing_time is not Operator.advance_processing_time for op in operators
        )
        #: Of a source that turns ready by itself: when it may (monotonic seconds).
        self.looks_again: Callable[[], float | None] | None = getattr(source, "wakes_at", None)
        self._gathering = any(op.gathers for op in operators)
        self.polls = any(type(op).poll is not Operator.poll for op in operators)
        self._limits = bool(operators) and type(operators[0]).room is not Operator.room
        self._timed_chain = any(getattr(op, "assigns_timestamps", False) for op in operators)
        self._checkpoint_wanted: Barrier | None = None
        self.splits = Splits(self.subtask, self.parallelism)
        #: The batch of the source that is in the chain.
        self._feed: Feed | None = None
        #: The source is not asked any more.
        self._source_is_over = False
        self._careful = CAREFUL
        #: A source with no function behind it in its chain that works on records: nobody waits for what it has yet to read.
        self._only_reads = source is not None and all(
            getattr(op, "assigns_timestamps", False) for op in operators
        )
        self._stride = 1

    # What the slot asks.

    def deliver(self, channel: int, element: tuple[Any, ...]) -> None:
        self.gate.receive(channel, element)
        self.note(self)

    @property
    def outputs_ready(self) -> bool:
        for output in self.outputs:
            if not output.ready:
                return False
        if self.side_outputs:
            for output in self.side_outputs.values():
                if not output.ready:
                    return False
        return True

    @property
    def unproven(self) -> bool:
        """Whether the next record may be a slow one, as far as anybody knows."""
        return self._careful > 0 and not self._only_reads

    def runnable(self) -> bool:
        if self.finished or self.suspended or not self.started or self.gives_way:
            return False
        if self.drained:
            return self._checkpoint_wanted is not None
        if self._aside is not None:
            return self.outputs_ready
        if self._waiting and not self._poll_requested:
            return False
        if self._phases is not None or self._poll_requested:
            return self.outputs_ready
        if self.gate or self._is_to_cut():
            return self.outputs_ready and self._has_room()
        if self.source is not None:
            ready = self._source_is_over or self.source.ready()
            return ready and self.outputs_ready and self._has_room()
        return False

    @property
    def is_over(self) -> bool:
        """Whether no function is called any more but to commit and to close."""
        return self.finished or self.drained or self.suspended

    def _has_room(self) -> bool:
        if not self._limits:
            return True
        room = self.operators[0].room()
        return room is None or room > 0

    def next_processing_time(self) -> int | None:
        """When something is due although nothing arrives."""
        if not self.periodic or not self.started or self._aside or self.gives_way or self.is_over:
            return None
        due = [t for op in self.operators if (t := op.next_processing_time()) is not None]
        return min(due) if due else None

    def request_poll(self) -> None:
        self._poll_requested = True

    def finish_source(self) -> None:
        """A source task is to end in order, as if its source had come to its end."""
        finish = getattr(self.source, "finish", None)
        if finish is None:
            self._source_is_over = True
        else:
            finish()

    def request_checkpoint(self, checkpoint: int, timestamp: int, kind: int) -> None:
        """A source task is to emit a barrier, behind the record in flight; one that is drained only to answer (T9)."""
        if checkpoint <= self._answered or self.suspended:
            return
        if self.finished:
            self._answered = checkpoint
            self.notify("snapshot", self, checkpoint, None)
            return
        self._checkpoint_wanted = (checkpoint, timestamp, kind)
        if self.source is None or self.drained:
            return
        if kind == DRAIN:
            self.finish_source()
        else:
            self._waiting = False
            if self._feed is not None:
                self._feed.end_here()  # T7

    # Running.

    def step(self, deadline: float) -> None:
        """Work until ``deadline`` (of the monotonic clock), or until nothing is left to do, or no output has credit."""
        monotonic = self._clock.monotonic
        began = monotonic()
        self._yielding = False
        try:
            while True:
                if self._aside is None and self._poll_requested and not self.suspended:
                    self._poll_requested = self._waiting = False
                    self._aside = _Aside(self._polled(), self.cursor)
                if self._aside is not None:
                    self._go_on_aside(self._aside)
                elif self._drain is None and not self._next_drain():
                    return
                else:
                    assert self._drain is not None
                    self._drain = self._pull_chunk(self._drain)
                if self._yielding or self._waiting or monotonic() >= deadline or not self.outputs_ready:
                    return
        finally:
            self.busy_s += monotonic() - began

    def fire_processing_time(self, now: int, deadline: float) -> None:
        """Begin with what is due by the clock, and go on until ``deadline``. Called between elements or, for suspended
        ones, between chunks.
        """
        if self.is_over:
            return
        self._aside = _Aside(self._due(now), self.cursor)
        while self._aside is not None and self.outputs_ready and self._clock.monotonic() < deadline:
            self._go_on_aside(self._aside)

    def _go_on_aside(self, aside: _Aside) -> None:
        """Its next chunk (T6)."""
        cursor = self.cursor
        saved = cursor.timestamp, cursor.key
        cursor.timestamp, cursor.key = aside.timestamp, aside.key
        if aside.drain is None:
            aside.drain = next(aside.phases, None)
            if aside.drain is None:
                self._aside = None
        if aside.drain is not None:
            aside.drain = self._pull_chunk(aside.drain)
        aside.timestamp, aside.key = cursor.timestamp, cursor.key
        cursor.timestamp, cursor.key = saved

    def _due(self, now: int) -> Iterator[Drain]:
        for i, op in enumerate(self.operators):
            due = op.next_processing_time()
            if due is None or due > now:
                continue
            fired = op.advance_processing_time(now)
            if fired is not None:
                yield self._behind(i, fired)
            yield from self._generated(i, op)

    def _polled(self) -> Iterator[Drain]:
        """Results that have come off the loop."""
        for i, op in enumerate(self.operators):
            ready = op.poll()
            if ready is not None:
                yield self._behind(i, ready)
            yield from self._generated(i, op)

    def _generated(self, i: int, op: Operator) -> Iterator[Drain]:
        """Watermark and idleness of an operator's own."""
        watermark = op.poll_watermark()
        idle = op.poll_idle()
        if idle is False:
            self._pass_idleness(i + 1, False)
        if watermark is not None:
            yield from self._watermark_drains(i + 1, watermark)
        if idle:
            self._pass_idleness(i + 1, True)

    def _pass_idleness(self, start: int, idle: bool) -> None:
        """As of a watermark before operator ``start``."""
        if all(op.follows_idleness for op in self.operators[start:]):
            self._control(("idle", idle))

    def _next_drain(self) -> bool:
        while True:
            if self._phases is None and not self._next_element():
                return False
            assert self._phases is not None
            self._drain = next(self._phases, None)
            if self._drain is not None:
                return True
            self._phases = None
            if self.finished or self._yielding or not self.outputs_ready:
                return False

    def _next_element(self) -> bool:
        if self.suspended or self.finished:
            return False
        if self.drained:
            if self._checkpoint_wanted is None:
                return False
            self._phases = self._last_answer(self._checkpoint_wanted[0])
            return True
        if self._is_to_cut():
            self._phases = self._cut()
            return True
        if not self._has_room():
            return False
        if self.source is not None:
            return self._next_of_source()
        event = self.gate.next()  # T1: there is no other one at work.
        if event is None:
            return False
        self._phases = self._process(event)
        return True

    def _next_of_source(self) -> bool:
        try:
            batch = None if self._source_is_over else self.source.next()
        except ANYTHING as e:
            raise OperatorFailure(e, self.deployment["chain"][0]) from e
        if batch is None:
            self._phases = self._finish()
            return True
        batch = self.splits.unread(batch)
        if not batch.values:
            self.splits.took(batch, 0)
            return False
        reach = getattr(self.source, "reach", SHARED)
        self._phases = self._batch(batch.values, batch.timestamps, None, 0, reach, batch)
        return True

    def _is_to_cut(self) -> bool:
        """Whether a barrier is to come from the source before its next record; one that drains comes behind its last."""
        wanted = self._checkpoint_wanted
        return wanted is not None and self.source is not None and wanted[2] != DRAIN

    def _cut(self) -> Generator[Drain, None, None]:
        assert self._checkpoint_wanted is not None
        yield from self._barrier(self._checkpoint_wanted)

    def _pull_chunk(self, drain: Drain) -> Drain | None:
        """Pull up to a chunk and emit it; returns the drain if there may be more."""
        records, timed, feed = drain
        pull = Pull(self, feed if type(feed) is Feed else None, timed)
        values, timestamps = pull.values, pull.timestamps
        limit = self._chunk
        reach = pull.reach
        error: BaseException | None = None
        watchdog = self._watchdog
        if watchdog is not None:
            watchdog.enter(pull)
        pull.began = self._clock.monotonic()
        try:
            own = self.own if reach == SHARED else None  # T5
            if timestamps is not None:
                take_timed(records, values, limit, own, timestamps, self.cursor)
            elif own is None:
                values.extend(islice(records, limit))
            else:
                take(records, values, limit, own)
        except ANYTHING as e:
            error = e
        finally:
            if watchdog is not None:
                watchdog.leave()
        if forked.is_child():
            forked.end_child(error)
        made = pull.take_rest()  # T2
        if made is not None and pull.error is None:
            self._emit(made, reach)
            if self.outputs or limit < CHUNK:
                self._fit_chunk()
        if len(values) < limit and type(feed) is Emitted and not feed.drained:
            error = error or self._stopped(feed.behind)
        if self._side_buffers:
            self._flush_sides()
        error = error or pull.error
        if error is not None:
            raise error
        lasted = self._clock.monotonic() - pull.began > LASTS_S
        if lasted and type(feed) is Feed:
            feed.lasted = True
        if lasted or self._stride < CHUNK:
            # The next one may last as long.
            self._push()
        return drain if len(values) == limit else None

    def _emit(self, made: Made, reach: int) -> None:
        values, timestamps = made
        self.records_out += len(values)
        for output in self.outputs:
            output.emit(values, timestamps, reach)

    def _fit_chunk(self) -> None:
        chunk = min(self._chunk * 2, CHUNK)
        for output in self.outputs:
            if chunk * output.scale.per_record > _CHUNK_BYTES:
                chunk = max(1, int(_CHUNK_BYTES / output.scale.per_record))
        self._chunk = chunk

    def let_out(self, pull: Pull) -> None:
        """A function keeps the loop: what was made before leaves. Called by the watchdog, which has the lock."""
        if self.outputs_ready:
            made = pull.take_finished()
            if made is not None:
                self._emit(made, pull.reach)
            # The function may add to the buffers meanwhile: they are not cleared.
            self._flush_sides(clear=False)
        for op in self.operators:
            op.let_out()

    def _push(self) -> None:
        """What channels hold back to make their batches larger leaves, too."""
        for output in self.outputs:
            output.push()
        for output in self.side_outputs.values():
            output.push()

    def _flush_sides(self, clear: bool = True) -> None:
        for where, buffer in list(self._side_buffers.items()):
            made = buffer.take()
            output = self.side_outputs.get(where)
            if output is not None and made is not None:
                output.emit(*made, SHARED)
            if clear:
                buffer.clear()

    def emit_side(self, operator: int, tag: str, value: Any) -> None:
        where = (operator, tag)
        buffer = self._side_buffers.get(where)
        if buffer is None:
            buffer = self._side_buffers[where] = SideBuffer()
        if buffer.add(self.own_side(value), self.cursor.timestamp):
            self._make_room_aside(where, buffer)

    def _make_room_aside(self, where: tuple[int, str], buffer: SideBuffer) -> None:
        """A function makes more for the side than is kept; it is held up until there is room."""
        watchdog = self._watchdog
        pull = watchdog.leave() if watchdog is not None else None
        try:
            self._flush_sides()
            output = self.side_outputs.get(where)
            if output is not None:
                buffer.grow(_CHUNK_BYTES, output.scale.per_record)
                if not self.outputs_ready:
                    self.give_way(self)
        finally:
            if watchdog is not None and pull is not None:
                watchdog.enter(pull)

    # What an element means, as drains.

    def _process(self, event: Event) -> Generator[Drain, None, None]:
        kind = event[0]
        if kind == "batch":
            _, channel, element = event
            values, timestamps, keys = self.take(channel, element)
            known = self.inputs[channel]
            # What TypeScript sends is made of plain values, for each record anew (R2 of ``reach``).
            reach = element[5] if known["local"] else OWN if known["codec"] != "pickle" else SHARED
            yield from self._batch(values, timestamps, keys, known["input"], reach)
        elif kind == "watermark":
            yield from self._watermark_drains(0, event[1])
        elif kind == "idle":
            self._pass_idleness(0, event[1])
        elif kind == "barrier":
            yield from self._barrier(event[1:])
        elif kind == "end":
            yield from self._finish()
        else:
            raise AssertionError(f"unknown event {kind}")

    def _batch(
        self,
        values: list[Any],
        timestamps: list[int] | None,
        keys: list[Any] | None,
        which: int,
        reach: int,
        origin: SourceBatch | None = None,
    ) -> Generator[Drain, None, None]:
        """``origin``: where the records come from, in a task that has a source."""
        self.records_in += len(values)
        if keys is not None:
            keys = self._freezer.frozen(keys)
        timed = timestamps is not None or self._timed_chain
        cursor = self.cursor
        done = 0
        total = len(values)
        if self._punctuating is None:
            self._asks_for_reach = self._makes_use_of_reach()
            self._punctuating = [(i, op) for i, op in enumerate(self.operators) if op.punctuates]
        reach = self._reach_of(values, reach)
        while done < total:
            end = done + 1 if self._punctuating else total
            if self._limits:
                while (room := self.operators[0].room()) == 0:
                    if origin is not None and self._is_to_cut():
                        yield from self._cut()
                        if self.suspended:
                            return
                    yield self._wait()
                if room is not None:
                    end = min(end, done + room)
            if self._stride < CHUNK:
                end = min(end, done + self._stride)
            if done or end < total:
                part = slice(done, end)
                feed = Feed(values[part], keys and keys[part], timestamps and timestamps[part], cursor)
            else:
                feed = Feed(values, keys, timestamps, cursor)
            if timestamps is None:
                cursor.timestamp = MIN_TIMESTAMP
            if origin is not None:
                self._feed = feed
            entered = self._enter(feed, which, keys is not None, reach)
            self._at_hand = feed
            yield entered, timed, feed
            self._feed = self._at_hand = None
            taken = feed.consumed
            if not feed.drained:
                index = done + max(taken, 1) - 1
                raise self._stopped(0, safe_repr(values[index]))
            done += taken
            for i, op in self._punctuating:
                # The watermark that a record made comes before the next record.
                watermark = op.poll_watermark()
                if watermark is not None:
                    yield from self._watermark_drains(i + 1, watermark)
            if origin is not None:
                self.splits.took(origin, done)
                if done < total and self._is_to_cut():
                    yield from self._cut()
                    if self.suspended:
                        return
            if feed.cut or feed.lasted:
                self._careful, self._stride = CAREFUL, 1
            elif self._careful > 0:
                self._careful -= taken
            elif self._stride < CHUNK:
                self._stride *= 2
            if self._stride < CHUNK:
                # The rest of the slot has its turn before the next record.
                self._yielding = True
                if done < total:
                    yield iter(()), False, None
        if self._gathering and not self.gate:
            yield from self._let_go()

    def _let_go(self) -> Generator[Drain, None, None]:
        """The input at hand is used up: what operators have gathered of it leaves."""
        for i, op in enumerate(self.operators):
            gathered = op.let_go() if op.gathers else None
            if gathered is not None:
                yield self._behind(i, gathered)

    def _makes_use_of_reach(self) -> bool:
        reach = FIXED
        for op in self.operators:
            if reach != SHARED and op.asks_for_reach:
                return True
            reach = op.reach_after(reach)
        return reach != SHARED and self.own is not None

    def _reach_of(self, values: list[Any], known: int) -> int:
        """How far records of the input may be reachable by others; a look at all of them where their chain makes use of it."""
        if known == FIXED or not self._asks_for_reach:
            return known
        return FIXED if is_immutable(values) else known

    def _enter(self, feed: Feed, which: int, keyed: bool, reach: int) -> Iterator[Any]:
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

    def _behind(self, i: int, results: Iterable[Any]) -> Drain:
        """What operator ``i`` emits by itself, through the rest of the chain."""
        emitted = Emitted(results, i + 1)
        return self._through(i + 1, emitted.iterator, SHARED)[0], True, emitted

    def _through(self, start: int, records: Iterator[Any], reach: int) -> tuple[Iterator[Any], int]:
        """The records after the operators from ``start`` on, and how far they may be reachable by others."""
        self._count_marks()
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

    def operator_counts(self) -> list[tuple[int, int]]:
        """Records in and out of each operator of the chain so far."""
        self._count_marks()
        first = 1 if self.source is not None else 0
        entered = [self.records_in] * (len(self.operators) + 1)
        for i in range(1, len(self.operators)):
            entered[i] = self.counts.get(i, 0) if self.operators[i - 1].changes_count else entered[i - 1]
        entered[len(self.operators)] = self.records_out
        pairs = [(0, self.records_in)] if first else []
        return pairs + [(entered[i], entered[i + 1]) for i in range(len(self.operators))]

    def _count_marks(self) -> None:
        for i, marker in self._mid_counts:
            self.counts[i] = self.counts.get(i, 0) + _MANY - marker.__length_hint__()
        self._mid_counts.clear()

    def _watermark_drains(self, start: int, watermark: int) -> Generator[Drain, None, None]:
        """T3, from operator ``start`` on; the final watermark is not among these (``_finish``)."""
        current: int | None = watermark
        for i in range(start, len(self.operators)):
            op = self.operators[i]
            if current > op.ctx.watermark:  # type: ignore[operator]
                op.ctx.watermark = current  # type: ignore[assignment]
                fired = op.advance_watermark(current)  # type: ignore[arg-type]
                if fired is not None:
                    yield self._behind(i, fired)
            current = op.forward_watermark(current)  # type: ignore[arg-type]
            if current is None:
                return
        self._control(("watermark", current))

    def _barrier(self, barrier: Barrier) -> Generator[Drain, None, None]:
        """T7."""
        checkpoint, _, kind = barrier
        if kind == DRAIN:
            yield from self._finish_operators()
            self._finished_early = True
        yield from self._save(checkpoint)
        self._control(("barrier", *barrier))
        self.suspended = kind == SUSPEND

    def _save(self, checkpoint: int) -> Generator[Drain, None, None]:
        for i, op in enumerate(self.operators):
            gathered = op.before_barrier(checkpoint)
            if gathered is not None:
                yield self._behind(i, gathered)
        if self._checkpoint_wanted is not None and self._checkpoint_wanted[0] <= checkpoint:
            self._checkpoint_wanted = None
        self._answered = checkpoint
        self.notify("snapshot", self, checkpoint, self.store.freeze(checkpoint).saved())

    def _last_answer(self, checkpoint: int) -> Generator[Drain, None, None]:
        yield from self._save(checkpoint)
        if self._last is None:
            self._last = checkpoint

    def _settle(self, i: int) -> Generator[Drain, None, None]:
        """Wait, without blocking, until operator ``i`` has no results on their way (O3)."""
        op = self.operators[i]
        while True:
            ready = op.poll()
            if ready is not None:
                yield self._behind(i, ready)
            yield from self._generated(i, op)
            if not op.pending():
                return
            yield self._wait()

    def _wait(self) -> Drain:
        """An empty drain: the task is left, and taken up again when somebody wakes it."""
        self._waiting = True
        return iter(()), False, None

    def _finish(self) -> Generator[Drain, None, None]:
        """The end of input (T4)."""
        if not self._finished_early:
            yield from self._finish_operators()
        wanted = self._checkpoint_wanted
        if wanted is not None and wanted[2] == DRAIN and self.source is not None:
            yield from self._save(wanted[0])
            self._control(("barrier", *wanted))
            self._finished_early = True
        self._control(("end",))
        if self._finished_early:
            self._last = self._answered
        self.drained = True
        self.tell_if_sent()
        if not self._checkpoints:
            self._close_finished()

    def _finish_operators(self) -> Generator[Drain, None, None]:
        """Each operator sees the final watermark and finishes before the next one does."""
        for i, op in enumerate(self.operators):
            if op.ctx.watermark < MAX_TIMESTAMP:
                op.ctx.watermark = MAX_TIMESTAMP
                fired = op.advance_watermark(MAX_TIMESTAMP)
                if fired is not None:
                    yield self._behind(i, fired)
            if self.polls:
                yield from self._settle(i)
            rest = op.finish()
            if rest is not None:
                yield self._behind(i, rest)
        self._count_marks()
        self._control(("watermark", MAX_TIMESTAMP))

    def tell_if_sent(self) -> None:
        """Tell once that the task is drained, when all that it has made is on its way."""
        if self.drained and not self._told_drained and all(o.empty for o in self._all_outputs()):
            self._told_drained = True
            self.notify("drained", self)

    def _close_finished(self) -> None:
        self.close()
        self.finished = True
        if self._checkpoint_wanted is not None:
            self.request_checkpoint(*self._checkpoint_wanted)
        self.notify("finished", self)

    def operator_at(self, index: int) -> Operator | None:
        """The operator of a place in the chain; None where that is a source."""
        at = index - (1 if self.source is not None else 0)
        return self.operators[at] if at >= 0 else None

    def notify_checkpoint_complete(self, checkpoint: int) -> None:
        for op in self.operators:
            op.notify_checkpoint_complete(checkpoint)
        if self._last is not None and checkpoint >= self._last and not self.finished:
            self._close_finished()

    def _all_outputs(self) -> list[Output]:
        return [*self.outputs, *self.side_outputs.values()]

    def _control(self, element: tuple[Any, ...]) -> None:
        for output in self.outputs:
            output.control(element)
        for output in self.side_outputs.values():
            output.control(element)

    # Failures.

    def failure(self, error: BaseException) -> OperatorFailure:
        """The exception with the operator and the record it belongs to."""
        if isinstance(error, OperatorFailure):
            return error
        record, key = in_flight(self._at_hand if self._aside is None else None, self.cursor.key)
        known: dict[str, Any] = {"record": record, "key": key}
        for op in self.operators:
            known.update(op.ctx.failed_window)
        return OperatorFailure(error, self._suspect(error), **known)

    def _suspect(self, error: BaseException) -> dict[str, Any]:
        return suspect(self.operators, error) if self.operators else self.deployment["chain"][0]

    def _stopped(self, start: int, record: str | None = None) -> OperatorFailure:
        """A function has ended the stream in front of it: that of an operator from ``start`` on."""
        spec = who_stopped(self.operators[start:]) or self.deployment["chain"][0]
        return OperatorFailure(RuntimeError(_STOPPED), spec, record=record)

    def stop_source(self) -> None:
        """Tell the source that the job ends, if it may take a while to."""
        stop = getattr(self.source, "stop", None)
        if stop is not None and not self.closed:
            stop()

    def close(self, in_order: bool = True) -> None:
        """Close everything once; the first error wins, the rest is closed all the same.

        Args:
            in_order: False after a failure: what closes by itself goes before functions of the user, which may wait.
        """
        if self.closed:
            return
        self.closed = True
        first: BaseException | None = None
        for op in (
            self.operators if in_order else sorted(self.operators, key=lambda op: not op.closes_at_once)
        ):
            try:
                op.close()
            except ANYTHING as e:
                first = first or OperatorFailure(e, op.ctx.spec)
        if self.source is not None:
            try:
                self.source.close()
            except ANYTHING as e:
                first = first or OperatorFailure(e, self.deployment["chain"][0])
        if first is not None:
            raise first
