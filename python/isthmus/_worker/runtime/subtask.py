"""One subtask of a Python task: its queue, its chain of operators, its outputs. Twin of ``src/runtime/subtask.ts`` and
``subtask-work.ts``.

The work on an element is a sequence of *drains*: iterators to be pulled to their end, a chunk at a time. Between two
chunks the task may be left and taken up again, so a slow function or an output without credit never holds up the slot.
What elements mean is in ``elements.py``.

  T1. Elements of one channel take effect in their order; an element is finished before the next one begins.
  T6. What timers and late results make goes before the rest of the element at hand, in chunks as that does.
  T10. Nothing is processed before all is committed that the restored checkpoint holds. A commit that fails is asked for again
      when its sink says, and the task does not close before it has succeeded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..._bridge.frame import DRAIN
from ..._values.failure import OperatorFailure
from ..._values.raised import ANYTHING
from ..machine.clock import Clock
from ..state.storage.subtask_state import KeptOperator
from ..state.store import SubtaskStore
from .answers import Answers
from .blame import in_flight, suspect
from .busy import Looks
from .care import Care
from .chain import Chain
from .closing import close_all
from .commits import Commits
from .deployment import SubtaskDeployment
from .drain import Aside, Drain, nothing
from .elements import Elements
from .input_gate import InputGate
from .operator import RESTORED, Cursor, Operator
from .outputs import Outputs
from .pull import Pull
from .pulling import Puller
from .source_head import SourceHead
from .split_driver import SplitDriver
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
        #: A barrier has suspended the job (T8 of elements.py).
        self.suspended = False
        #: Whether the job takes checkpoints (T4 of elements.py).
        self._checkpoints = checkpoints
        self._answers = Answers()
        self._commits = Commits()
        behind = operators[0] if operators else None
        self.source_head = None if source is None else SourceHead(source, self._answers, behind)
        self._elements = Elements(self, self._answers, self._care, self.source_head)
        self._run = self._elements.run
        self._told_drained = False
        self.closed = False
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
        if self.finished or self.suspended or not self.started or self.gives_way or self._commits.is_held:
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
        again = self._commits.due_at
        if again is not None and (self._commits.is_held or self.is_over):
            return again  # T10
        if not self.periodic or not self.started or self._aside or self.gives_way or self.is_over:
            return None
        due = self.chain.next_processing_time()
        return again if due is None else due if again is None else min(due, again)

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
        """A source task is to emit a barrier, behind the record in flight; one that is drained only to
        answer (T9 of elements.py).
        """
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
            if self._run.at_hand is not None:
                self._run.at_hand.end_here()  # T7 of elements.py

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
        again = self._commits.due_by(now)
        if again is not None:
            self.notify_checkpoint_complete(again)  # T10
        if self.is_over or self._commits.is_held:
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
            self._phases = self._elements.last_answer(self._answers.wanted)
            return True
        if self._is_to_cut():
            self._phases = self._elements.cut()
            return True
        if not self.chain.has_room:
            return False
        if self.source_head is not None:
            return self._next_of_source(self.source_head)
        event = self.gate.next()  # T1: there is no other one at work.
        if event is None:
            return False
        self._phases = self._elements.of(event)
        return True

    def _next_of_source(self, head: SourceHead) -> bool:
        began = self._clock.monotonic()
        try:
            batch = head.next()
        except ANYTHING as e:
            raise OperatorFailure(e, self.head) from e
        finally:
            self.source_s += self._clock.monotonic() - began
        if batch is None:
            self._phases = self._elements.end()
            return True
        if not batch.values:
            return False
        reach = head.driver.reach
        self._phases = self._run.batch(batch.values, batch.timestamps, None, 0, reach, batch)
        return True

    def _is_to_cut(self) -> bool:
        """Whether a barrier is to come from the source before its next record; one that drains comes behind its last."""
        return self.source_head is not None and self.source_head.is_to_cut

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
    def records_in(self) -> int:
        """Records that have entered the chain."""
        return self._run.records_in

    def operator_counts(self) -> list[tuple[int, int]]:
        """Records in and out of each operator of the chain so far, its source included."""
        records_in = self.records_in
        counts = self.chain.counts(records_in, self.outputs.records_out, self._failed_at)
        return counts if self.source is None else [(0, records_in), *counts]

    def wait(self) -> Drain:
        """An empty drain: the task is left, and taken up again when somebody wakes it."""
        self._waiting = True
        return nothing()

    def give_turn(self) -> None:
        """The rest of the slot has its turn before the next record."""
        self._yielding = True

    def input_has_ended(self) -> None:
        """All of it is processed, and END sent (T4 of elements.py)."""
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
            self._commits.is_held = True
            self.notify_checkpoint_complete(RESTORED)

    def notify_checkpoint_complete(self, checkpoint: int) -> None:
        """A checkpoint is complete: sinks commit."""
        if self.source is not None and checkpoint != RESTORED:
            self.source.checkpoint_complete(checkpoint)
        if not self._commits.commit(self.chain, checkpoint):
            # The clock is asked for, also where nothing else of the task is due by it.
            self.periodic = True
            return
        if self._answers.is_over_with(checkpoint) and not self.finished:
            self._close_finished()

    # Failures.

    def failure(self, error: BaseException) -> OperatorFailure:
        """The exception with the operator and the record it belongs to."""
        if isinstance(error, OperatorFailure):
            return error
        at_hand = self._run.at_hand if self._aside is None else None
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
