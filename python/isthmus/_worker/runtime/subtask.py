"""One subtask of a Python task: its queue, its chain of operators, its outputs.

The work on an element is a sequence of *drains*: iterators to be pulled to their end, a chunk at a time. Between two
chunks the task may be left and taken up again, so a slow function or an output without credit never holds up the slot.

  T1. Elements of one channel take effect in their order; an element is finished before the next one begins.
  T4. A task whose input has ended sends the final watermark and END on every channel. It then is *drained*; where the
      job takes checkpoints it waits for the last one, with which its sinks commit, and then is *finished*: closed.
  T6. What timers and late results make goes before the rest of the element at hand, in chunks as that does.
  T7. A barrier cuts the stream at one record: before it goes what operators had gathered, then all is saved, then it is
      sent. A source sends it behind the record in flight, and its position is behind that record, too.
  T8. Behind a barrier that suspends nothing happens any more. One that drains comes behind all that the end of input
      brings about.
  T9. A checkpoint is answered once: with the state, also when the task is drained, or with the news that it has finished.
  T10. Nothing is processed before all is committed that the restored checkpoint holds. A commit that fails is asked for again
      when its sink says, and the task does not close before it has succeeded.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from ..._bridge.frame import CHECKPOINT, DRAIN, SUSPEND
from ..._interfaces.source import Batch as SourceBatch
from ..._values.failure import OperatorFailure, safe_repr
from ..._values.raised import ANYTHING
from ..machine.clock import Clock
from ..state.key_identity import Freezer
from ..state.storage.subtask_state import KeptOperator
from ..state.store import SubtaskStore
from .aligner import Barrier
from .answers import Answers
from .blame import in_flight, stopped, suspect
from .busy import Looks
from .care import Care
from .chain import Chain
from .closing import close_all
from .deployment import SubtaskDeployment
from .drain import Aside, Drain, nothing
from .feed import Feed
from .input_gate import Event, InputGate
from .operator import MIN_TIMESTAMP, RESTORED, Cursor, Operator, SplitWatcher
from .outputs import Outputs
from .pull import Pull
from .pulling import Puller
from .reach import OWN, SHARED
from .split_driver import SplitDriver
from .splits import Splits
from .watchdog import Watchdog


class Subtask:
    def __init__(
        self,
        *,
        deployment: SubtaskDeployment,
        operators: list[Operator],
        cursor: Cursor,
        clock: Clock,
        watchdog: Watchdog | None,
        store: SubtaskStore,
        kept_operators: list[KeptOperator],
        source: SplitDriver | None = None,
        checkpoints: bool = False,
    ) -> None:
        self.deployment = deployment
        self.id = deployment["task"]
        self.subtask = deployment["subtask"]
        self.parallelism = deployment["parallelism"]
        #: The spec of the chain's first operator, which may be a source.
        self.head = deployment["chain"][0]
        self.cursor = cursor
        self._clock = clock
        self.store = store
        #: Told of the keys of records; None where the job takes no checkpoints.
        self._touched = store.keys
        #: As whom state is kept: the chain, and operators whose state was restored and is nobody's here.
        self.kept_operators = kept_operators
        #: Source of records when the chain's head is one; ``operators`` then are the rest.
        self.source = source
        self.operators = operators
        self.outputs = Outputs(cursor, watchdog)
        self.outputs.give_way = lambda: self.give_way(self)
        self.chain = Chain(operators, self.outputs)
        self._care = Care()
        self._puller = Puller(self, self.outputs, self._care, cursor, clock, watchdog)
        self.inputs = {c["channel"]: c for c in deployment["inputs"]}
        self.gate = InputGate(list(self.inputs))
        self._phases: Iterator[Drain] | None = None
        self._drain: Drain | None = None
        #: The batch whose records are in the chain.
        self._at_hand: Feed | None = None
        self._aside: Aside | None = None
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
        self._answers = Answers()
        #: What was restored is not committed yet (T10).
        self._held = False
        #: The checkpoint that is to be committed again, and when (ms).
        self._commit_again: tuple[int, int] | None = None
        #: The operators have finished, before the end of input (T8).
        self._finished_early = False
        self._told_drained = False
        self._freezer = Freezer()
        self.closed = False
        #: Records of batches that are through.
        self._taken = 0
        #: Seconds of work so far, and how many of them its source took.
        self.busy_s = 0.0
        self.source_s = 0.0
        #: The operator that has failed with a record, by place.
        self._failed_at: int | None = None
        self.looks = Looks(operators, 0 if source is None else 1)
        #: Called with what the slot must do: ("snapshot", checkpoint, frozen or None), ("drained",), ("finished",).
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
        #: Whether something may be due by the clock: known when all operators are open.
        self.periodic = True
        #: Of a source that turns ready by itself: when it may (monotonic seconds).
        self.looks_again: Callable[[], float | None] | None = None if source is None else source.wakes_at
        self.polls = self.chain.polls
        #: The split whose records went into the chain last.
        self._split: str | None = None
        #: A source with no function behind it in its chain that works on records: nobody waits for what it has yet to read.
        self._only_reads = source is not None and self.chain.only_timestamps

    # What the slot asks.

    def deliver(self, channel: int, element: tuple[Any, ...]) -> None:
        self.gate.receive(channel, element)
        self.note(self)

    @property
    def outputs_ready(self) -> bool:
        return self.outputs.ready

    @property
    def unproven(self) -> bool:
        """Whether the next record may be a slow one, as far as anybody knows."""
        return self._care.is_unproven and not self._only_reads

    def runnable(self) -> bool:
        if self.finished or self.suspended or not self.started or self.gives_way or self._held:
            return False
        if self.drained:
            return self._answers.wanted is not None
        if self._aside is not None:
            return self.outputs_ready
        if self._waiting and not self._poll_requested:
            return False
        if self._phases is not None or self._poll_requested:
            return self.outputs_ready
        if self.gate or self._is_to_cut():
            return self.outputs_ready and self.chain.has_room
        if self.source is not None:
            return self.source.ready() and self.outputs_ready and self.chain.has_room
        return False

    @property
    def is_over(self) -> bool:
        """Whether no function is called any more but to commit and to close."""
        return self.finished or self.drained or self.suspended

    def next_processing_time(self) -> int | None:
        """When something is due although nothing arrives."""
        if self._commit_again is not None and (self._held or self.is_over):
            return self._commit_again[1]  # T10
        if not self.periodic or not self.started or self._aside or self.gives_way or self.is_over:
            return None
        due = self.chain.next_processing_time()
        if self._commit_again is not None:
            return self._commit_again[1] if due is None else min(due, self._commit_again[1])
        return due

    def request_poll(self) -> None:
        self._poll_requested = True

    def look(self) -> None:
        """A source task may have more to find."""
        if self.source is not None and not self.is_over:
            self.source.look()

    def finish_source(self) -> None:
        """A source task is to end in order, as if its source had come to its end."""
        assert self.source is not None
        self.source.finish()

    def request_checkpoint(self, checkpoint: int, timestamp: int, kind: int) -> None:
        """A source task is to emit a barrier, behind the record in flight; one that is drained only to answer (T9)."""
        if self._answers.knows(checkpoint) or self.suspended:
            return
        if self.finished:
            self._answers.answer(checkpoint)
            self.notify("snapshot", self, checkpoint, None)
            return
        self._answers.wanted = (checkpoint, timestamp, kind)
        if self.source is None or self.drained:
            return
        if kind == DRAIN:
            self.finish_source()
        else:
            self._waiting = False
            if self._at_hand is not None:
                self._at_hand.end_here()  # T7

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
                    self._aside = Aside(self.chain.polled(), self.cursor)
                if self._aside is not None:
                    self._go_on_aside(self._aside)
                elif self._drain is None and not self._next_drain():
                    return
                else:
                    assert self._drain is not None
                    self._drain = self._puller.pull(self._drain)
                if self._yielding or self._waiting or monotonic() >= deadline or not self.outputs_ready:
                    return
        finally:
            self.busy_s += monotonic() - began

    def fire_processing_time(self, now: int, deadline: float) -> None:
        """Begin with what is due by the clock, and go on until ``deadline``. Called between elements or, for suspended
        ones, between chunks.
        """
        if self._commit_again is not None and now >= self._commit_again[1]:
            self.notify_checkpoint_complete(self._commit_again[0])  # T10
        if self.is_over or self._held:
            return
        monotonic = self._clock.monotonic
        began = monotonic()
        self._aside = Aside(self.chain.processing_time(now), self.cursor)
        try:
            while self._aside is not None and self.outputs_ready and monotonic() < deadline:
                self._go_on_aside(self._aside)
        finally:
            self.busy_s += monotonic() - began

    def busy_shares(self) -> list[float]:
        """Seconds of work by operator of the chain, its source included."""
        chain_s = self.busy_s - self.source_s
        shares = [chain_s * share for share in self.looks.shares()]
        if self.source is not None:
            shares[0] += self.source_s
        return shares

    def _go_on_aside(self, aside: Aside) -> None:
        """Its next chunk (T6)."""
        cursor = self.cursor
        saved = cursor.timestamp, cursor.key
        cursor.timestamp, cursor.key = aside.timestamp, aside.key
        if aside.drain is None:
            aside.drain = next(aside.phases, None)
            if aside.drain is None:
                self._aside = None
        if aside.drain is not None:
            aside.drain = self._puller.pull(aside.drain)
        aside.timestamp, aside.key = cursor.timestamp, cursor.key
        cursor.timestamp, cursor.key = saved

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
            if self._answers.wanted is None:
                return False
            self._phases = self._last_answer(self._answers.wanted)
            return True
        if self._is_to_cut():
            self._phases = self._cut()
            return True
        if not self.chain.has_room:
            return False
        if self.source is not None:
            return self._next_of_source(self.source)
        event = self.gate.next()  # T1: there is no other one at work.
        if event is None:
            return False
        self._phases = self._process(event)
        return True

    def _next_of_source(self, source: SplitDriver) -> bool:
        began = self._clock.monotonic()
        try:
            batch = source.next()
        except ANYTHING as e:
            raise OperatorFailure(e, self.head) from e
        finally:
            self.source_s += self._clock.monotonic() - began
        if batch is None:
            self._phases = self._finish()
            return True
        batch = source.splits.unread(batch)
        if not batch.values:
            source.splits.took(batch, 0)
            return False
        if batch.split != self._split:
            self._split = batch.split
            if self.watcher is not None:
                self.watcher.split_is(batch.split)
        self._phases = self._batch(batch.values, batch.timestamps, None, 0, source.reach, batch)
        return True

    def _is_to_cut(self) -> bool:
        """Whether a barrier is to come from the source before its next record; one that drains comes behind its last."""
        return self.source is not None and self._answers.is_to_cut

    def _cut(self) -> Generator[Drain, None, None]:
        assert self._answers.wanted is not None
        yield from self._barrier(self._answers.wanted)

    def let_out(self, pull: Pull) -> None:
        """A function keeps the loop: what was made before leaves. Called by the watchdog, which has the lock."""
        outputs = self.outputs
        if outputs.ready:
            made = pull.take_finished()
            if made is not None:
                outputs.emit(made, pull.reach)
            outputs.flush_sides(clear=False)
        for op in self.operators:
            op.let_out()

    @property
    def _splits(self) -> Splits:
        assert self.source is not None
        return self.source.splits

    @property
    def watcher(self) -> SplitWatcher | None:
        """Who is told of the splits of the source: the operator directly behind it."""
        return self.operators[0].splits if self.source is not None and self.operators else None

    # What an element means, as drains.

    def _process(self, event: Event) -> Generator[Drain, None, None]:
        kind = event[0]
        if kind == "batch":
            _, channel, element = event
            values, timestamps, keys = self.take(channel, element)  # I3 of input_gate.py
            known = self.inputs[channel]
            # What TypeScript sends is made of plain values, for each record anew (R2 of ``reach.py``).
            reach = element[5] if known["local"] else OWN if known["codec"] != "pickle" else SHARED
            yield from self._batch(values, timestamps, keys, known["input"], reach)
        elif kind == "watermark":
            yield from self.chain.watermark(0, event[1])
        elif kind == "idle":
            self.chain.idleness(0, event[1])
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
        origin: SourceBatch[Any] | None = None,
    ) -> Generator[Drain, None, None]:
        """``origin``: where the records come from, in a task that has a source."""
        if keys is not None:
            keys = self._freezer.frozen(keys)
            if self._touched is not None:
                self._touched.touch(keys)  # D1 of changes.py
        chain, care = self.chain, self._care
        timed = timestamps is not None or chain.is_timed
        cursor = self.cursor
        done = 0
        total = len(values)
        one_by_one = bool(chain.punctuating)
        reach = chain.reach_of(values, reach)
        while done < total:
            end = done + 1 if one_by_one else total
            if chain.limits:
                while (room := chain.room()) == 0:
                    if origin is not None and self._is_to_cut():
                        yield from self._cut()
                        if self.suspended:
                            return
                    yield self._wait()
                if room is not None:
                    end = min(end, done + room)
            if care.in_steps:
                end = min(end, done + care.stride)
            if done or end < total:
                part = slice(done, end)
                feed = Feed(values[part], keys and keys[part], timestamps and timestamps[part], cursor)
            else:
                feed = Feed(values, keys, timestamps, cursor)
            if timestamps is None:
                cursor.timestamp = MIN_TIMESTAMP
            self._at_hand = feed
            yield chain.enter(feed, which, keys is not None, reach), timed, feed
            self._at_hand = None
            taken = feed.consumed
            self._taken += taken
            if not feed.drained:
                index = done + max(taken, 1) - 1
                raise stopped(self.operators, self.head, safe_repr(values[index]))
            done += taken
            if one_by_one:
                # The watermark that a record made comes before the next record.
                yield from chain.punctuated()
            if origin is not None:
                self._splits.took(origin, done)
                if done < total and self._is_to_cut():
                    yield from self._cut()
                    if self.suspended:
                        return
            care.passed(feed, taken)
            if care.in_steps:
                # The rest of the slot has its turn before the next record.
                self._yielding = True
                if done < total:
                    yield nothing()
        if chain.gathers and not self.gate:
            yield from chain.let_go()

    @property
    def records_in(self) -> int:
        """Records that have entered the chain; the one in flight counts."""
        return self._taken + (0 if self._at_hand is None else self._at_hand.consumed)

    def operator_counts(self) -> list[tuple[int, int]]:
        """Records in and out of each operator of the chain so far, its source included."""
        records_in = self.records_in
        counts = self.chain.counts(records_in, self.outputs.records_out, self._failed_at)
        return counts if self.source is None else [(0, records_in), *counts]

    def _barrier(self, barrier: Barrier) -> Generator[Drain, None, None]:
        """T7."""
        kind = barrier[2]
        if kind == DRAIN:
            yield from self.chain.finish(self._wait)
            self._finished_early = True
        yield from self._save(barrier)
        self.outputs.control(("barrier", *barrier))
        self.suspended = kind == SUSPEND

    def _save(self, barrier: Barrier) -> Generator[Drain, None, None]:
        checkpoint, _, kind = barrier
        yield from self.chain.before_barrier(checkpoint, kind)
        self._answers.answer(checkpoint)  # T9
        # A savepoint is whole by itself.
        frozen = self.store.freeze(checkpoint, full=kind != CHECKPOINT)
        if self.source is not None:
            self.source.saved(checkpoint)
        self.notify("snapshot", self, checkpoint, frozen)

    def _last_answer(self, barrier: Barrier) -> Generator[Drain, None, None]:
        yield from self._save(barrier)
        if self._answers.last is None:
            self._answers.last = barrier[0]

    def _wait(self) -> Drain:
        """An empty drain: the task is left, and taken up again when somebody wakes it."""
        self._waiting = True
        return nothing()

    def _finish(self) -> Generator[Drain, None, None]:
        """The end of input (T4)."""
        if not self._finished_early:
            yield from self.chain.finish(self._wait)
        wanted = self._answers.wanted
        if wanted is not None and wanted[2] == DRAIN and self.source is not None:
            yield from self._save(wanted)
            self.outputs.control(("barrier", *wanted))
            self._finished_early = True
        self.outputs.control(("end",))
        if self._finished_early:
            self._answers.last = self._answers.answered
        self.drained = True
        self.tell_if_sent()
        if not self._checkpoints:
            self._close_finished()

    def tell_if_sent(self) -> None:
        """Tell once that the task is drained, when all that it has made is on its way."""
        if self.drained and not self._told_drained and self.outputs.all_sent:
            self._told_drained = True
            self.notify("drained", self)

    def _close_finished(self) -> None:
        self.close()
        self.finished = True
        if self._answers.wanted is not None:
            self.request_checkpoint(*self._answers.wanted)
        self.notify("finished", self)

    def operator_at(self, index: int) -> Operator | None:
        """The operator of a place in the chain; None where that is a source."""
        at = index - (1 if self.source is not None else 0)
        return self.operators[at] if at >= 0 else None

    def opened(self, restored: bool) -> None:
        """All operators are open.

        Args:
            restored: With the state of a checkpoint.
        """
        self.periodic = self.chain.is_periodic
        if restored:
            self._held = True
            self.notify_checkpoint_complete(RESTORED)

    def notify_checkpoint_complete(self, checkpoint: int) -> None:
        """A checkpoint is complete: sinks commit."""
        if self.source is not None and checkpoint != RESTORED:
            self.source.checkpoint_complete(checkpoint)
        again = self.chain.commit(checkpoint)
        if again is not None:
            self._commit_again = checkpoint, again
            # The clock is asked for, also where nothing else of the task is due by it.
            self.periodic = True
            return
        self._commit_again = None
        self._held = False
        if self._answers.is_over_with(checkpoint) and not self.finished:
            self._close_finished()

    # Failures.

    def failure(self, error: BaseException) -> OperatorFailure:
        """The exception with the operator and the record it belongs to."""
        if isinstance(error, OperatorFailure):
            return error
        at_hand = self._at_hand if self._aside is None else None
        record, key = in_flight(at_hand, self.cursor.key)
        known: dict[str, Any] = {"record": record, "key": key}
        for op in self.operators:
            known.update(op.ctx.failed_window)
        spec = suspect(self.operators, error) if self.operators else self.head
        if at_hand is not None:
            self._failed_at = next((i for i, op in enumerate(self.operators) if op.ctx.spec is spec), None)
        return OperatorFailure(error, spec, **known)

    def stop_source(self) -> None:
        """Tell the source that the job ends, if it may take a while to."""
        if self.source is not None and not self.closed:
            self.source.stop()

    def close(self, in_order: bool = True) -> None:
        """Close everything once; the first error wins, the rest is closed all the same.

        Args:
            in_order: False after a failure: what closes by itself goes before functions of the user, which may wait.
        """
        if not self.closed:
            self.closed = True
            for op in self.operators:
                runtime = getattr(getattr(op, "ctx", None), "runtime", None)
                if runtime is not None:
                    runtime.metrics.reported()  # M2 of metrics.py
            close_all(self.operators, self.source, self.head, in_order)
