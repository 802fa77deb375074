"""What the elements of a task mean, as drains: records, event time, idleness, barriers and the end of input.

T4. A task whose input has ended sends the final watermark and END on every channel. It then is *drained*; where the
    job takes checkpoints it waits for the last one, with which its sinks commit, and then is *finished*: closed.
T7. A barrier cuts the stream at one record: before it goes what operators had gathered, then all is saved, then it is
    sent. A source sends it behind the record in flight, and its position is behind that record, too.
T8. Behind a barrier that suspends nothing happens any more. One that drains comes behind all that the end of input
    brings about.
T9. A checkpoint is answered once: with the state, also when the task is drained, or with the news that it has finished.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from ..._bridge.frame import CHECKPOINT, DRAIN, SUSPEND
from .aligner import Barrier
from .answers import Answers
from .care import Care
from .drain import Drain
from .input_gate import Event
from .reach import OWN, SHARED
from .record_run import RecordRun
from .source_head import SourceHead

if TYPE_CHECKING:
    from .subtask import Subtask


class Elements:
    def __init__(self, task: Subtask, answers: Answers, care: Care, source: SourceHead | None) -> None:
        self._task = task
        self._answers = answers
        self._source = source
        self._chain = task.chain
        self.run = RecordRun(
            task.chain,
            care,
            task.cursor,
            task.head,
            task.store.keys,
            wait=task.wait,
            turn=task.give_turn,
            has_more=task.gate.__bool__,
            source=source,
            cut=self.cut,
        )
        #: The operators have finished, before the end of input (T8).
        self._finished_early = False

    def of(self, event: Event) -> Generator[Drain, None, None]:
        """What the gate gives."""
        kind = event[0]
        if kind == "batch":
            _, channel, element = event
            task = self._task
            values, timestamps, keys = task.take(channel, element)  # I3 of input_gate.py
            known = task.inputs[channel]
            # What TypeScript sends is made of plain values, for each record anew (R2 of ``reach.py``).
            reach = element[5] if known["local"] else OWN if known["codec"] != "pickle" else SHARED
            yield from self.run.batch(values, timestamps, keys, known["input"], reach)
        elif kind == "watermark":
            yield from self._chain.watermark(0, event[1])
        elif kind == "idle":
            self._chain.idleness(0, event[1])
        elif kind == "barrier":
            yield from self._barrier(event[1:])
        elif kind == "end":
            yield from self.end()
        else:
            raise AssertionError(f"unknown event {kind}")

    def cut(self) -> Generator[Drain, None, bool]:
        """The barrier that is asked of a source (T7); tells whether the task is suspended by it."""
        assert self._answers.wanted is not None
        yield from self._barrier(self._answers.wanted)
        return self._task.suspended

    def _barrier(self, barrier: Barrier) -> Generator[Drain, None, None]:
        """T7."""
        kind = barrier[2]
        if kind == DRAIN:
            yield from self._chain.finish(self._task.wait)
            self._finished_early = True
        yield from self._save(barrier)
        self._task.outputs.control(("barrier", *barrier))
        self._task.suspended = kind == SUSPEND

    def _save(self, barrier: Barrier) -> Generator[Drain, None, None]:
        checkpoint, _, kind = barrier
        yield from self._chain.before_barrier(checkpoint, kind)
        self._answers.answer(checkpoint)  # T9
        task = self._task
        # A savepoint is whole by itself.
        frozen = task.store.freeze(checkpoint, full=kind != CHECKPOINT)
        if self._source is not None:
            self._source.driver.saved(checkpoint)
        task.notify("snapshot", task, checkpoint, frozen)

    def last_answer(self, barrier: Barrier) -> Generator[Drain, None, None]:
        """A checkpoint that a drained task is asked for."""
        yield from self._save(barrier)
        if self._answers.last is None:
            self._answers.last = barrier[0]

    def end(self) -> Generator[Drain, None, None]:
        """The end of input (T4)."""
        task = self._task
        if not self._finished_early:
            yield from self._chain.finish(task.wait)
        wanted = self._answers.wanted
        if wanted is not None and wanted[2] == DRAIN and self._source is not None:
            yield from self._save(wanted)
            task.outputs.control(("barrier", *wanted))
            self._finished_early = True
        task.outputs.control(("end",))
        if self._finished_early:
            self._answers.last = self._answers.answered
        task.input_has_ended()
