"""Drives the reader of a source in one subtask: gives it splits, asks it for batches, and knows where in its split each begins.
Twin of ``src/runtime/split-driver.ts``.

  V1. A reader is asked only while it has a split; one that has nothing left asks the dealer for more, once.
  V2. A batch of a split begins where the one before it ended: at its mark, or so many records behind the last mark.
  V3. A reader that gives nothing is asked again when it wakes us or gets a split, and otherwise after ``_IDLE_S``.
  V4. Whatever fails, reader and enumerator are closed once, and told of by ``next``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._interfaces.source import Batch, Source, SourceReader, Split
from ..._values.raised import ANYTHING
from .operator import OperatorContext
from .reach import SHARED
from .split_checks import SplitChecks
from .split_dealer import SplitDealer
from .splits import SplitListener, Splits

#: V3
_IDLE_S = 0.01

#: Makes the source of an operator, when that is opened.
OpenSource = Callable[[OperatorContext], Source[Any]]
#: Sends to another subtask of the source.
Send = Callable[[int, dict[str, Any]], None]


class _Context:
    """A ``ConnectorContext``."""

    def __init__(self, ctx: OperatorContext, wake: Callable[[], None]) -> None:
        self.operator_name: str = ctx.name
        self.job_name: str = ctx.job_name
        self.subtask: int = ctx.subtask
        self.parallelism: int = ctx.parallelism
        self.attempt: int = ctx.attempt
        self.wake = wake


class SplitDriver:
    def __init__(self, open_source: OpenSource) -> None:
        self._open = open_source
        self._reader: SourceReader[Any] | None = None
        self._dealer: SplitDealer | None = None
        #: Where the next batch of each split begins that the reader has not come to the end of (V2).
        self._reading: dict[str, tuple[Any, int]] = {}
        self._replays = True
        self._has_started = self._has_asked = False
        #: No further split will come.
        self._is_last = False
        #: Not asked for more: the reader does not end by itself.
        self._is_over = False
        self._failure: BaseException | None = None
        #: When a reader that had nothing is asked again (V3).
        self._look_at: float | None = None
        #: How far its records are reachable by others (``reach``).
        self.reach = SHARED

    def open(self, ctx: OperatorContext, send: Send, listener: SplitListener | None = None) -> None:
        self._ctx, self._send = ctx, send
        self.splits = splits = Splits(ctx.subtask, ctx.parallelism, listener)
        self._checks = checks = SplitChecks(ctx.name)
        context = _Context(ctx, self._wake)
        source = self._open(ctx)
        self._replays = source.replays
        states = ctx.state.drawn("splits", self._saved) if source.replays else []
        saved = splits.restore(states)
        self._reader = reader = checks.reader(source.reader(context))
        self.reach = getattr(reader, "reach", SHARED)
        self._says_when = type(reader).ready is not SourceReader.ready
        self._ready: Callable[[], bool] = reader.ready
        if ctx.subtask == 0:
            enumerator = checks.enumerator(source.enumerator(context, saved["state"] if states else None))
            self._dealer = SplitDealer(enumerator, checks, ctx.parallelism, ctx.clock, self._tell)
            self._dealer.open(saved if states else None)
        for split in splits.to_read():
            self._begin(split.id, split.of, split.offset)

    def _tell(self, subtask: int, message: dict[str, Any]) -> None:
        if subtask == 0:
            self.receive(message)
        else:
            self._send(subtask, message)

    def start(self) -> None:
        """All subtasks are open: splits may be dealt out."""
        self._has_started = True
        if self._dealer is not None:
            self._dealer.start()

    def receive(self, message: dict[str, Any]) -> None:
        """What another subtask says: ``ask`` of a ``subtask`` that has nothing left to read, ``deal`` of ``splits``, or
        ``none``: there is nothing left.
        """
        kind = message["kind"]
        if kind == "ask":
            if self._dealer is not None:
                self._dealer.ask(message["subtask"])
        elif kind == "none":
            self._is_last = True
        else:
            self._has_asked = False
            for id, of, offset in message["splits"]:
                self.splits.add(id, of, offset)
                try:
                    self._begin(id, of, offset)
                except ANYTHING as e:
                    self._failure = self._failure or e
        self._look_at = None

    def _begin(self, id: str, of: Any, offset: Any) -> None:
        self._reading[id] = (offset, 0)
        assert self._reader is not None
        self._reader.add(Split(id, of, offset))

    def ready(self) -> bool:
        """Whether ``next`` has something to say."""
        if self._is_over or self._failure is not None:
            return True
        if not self._reading and not self._is_last and self._has_started and not self._has_asked:
            self._has_asked = True  # V1
            ask = {"kind": "ask", "subtask": self._ctx.subtask}
            if self._dealer is None:
                self._send(0, ask)
            else:
                self.receive(ask)
        if not self._reading:
            return self._is_last
        if self._look_at is not None and self._ctx.clock.monotonic() < self._look_at:
            return False
        return self._ready()

    def wakes_at(self) -> float | None:
        """When ``ready`` may turn True by itself, or there is to be a look for more splits (monotonic seconds)."""
        look = None if self._dealer is None else self._dealer.next_look
        if self._look_at is None or not self._reading:
            return look
        return self._look_at if look is None else min(look, self._look_at)

    def look(self) -> None:
        """Look for more splits, if it is time to."""
        if self._dealer is not None and self._failure is None:
            try:
                self._dealer.look()
            except ANYTHING as e:
                self._failure = e

    def next(self) -> Batch[Any] | None:
        """The next batch, possibly without records; None at the end of all."""
        if self._failure is not None:
            raise self._failure  # V4
        if self._is_over or (not self._reading and self._is_last):
            return None
        if not self._reading or self._reader is None:
            return Batch([], "")
        batch = self._reader.next()
        if batch is None:
            return self._pause(Batch([], ""))
        if not isinstance(batch, Batch):
            raise self._checks.no_batch(batch)
        at = self._reading.get(batch.split)
        if at is None:
            raise self._checks.strange(batch.split)
        self._checks.batch(batch)
        batch.offset, batch.skip = at  # V2
        if batch.ends:
            del self._reading[batch.split]
        elif batch.next is not None:
            self._reading[batch.split] = (batch.next, 0)
        elif batch.values:
            self._reading[batch.split] = (at[0], at[1] + len(batch.values))
        else:
            return self._pause(batch)
        return batch

    def _pause(self, batch: Batch[Any]) -> Batch[Any]:
        """V3"""
        if not self._says_when:
            self._look_at = self._ctx.clock.monotonic() + _IDLE_S
        return batch

    def _wake(self) -> None:
        self._look_at = None
        self._ctx.wake()

    def finish(self) -> None:
        """The job is stopped in order."""
        self._is_last = True
        if self._dealer is not None:
            self._dealer.stop()
        finish = getattr(self._reader, "finish", None)
        if finish is None:
            self._is_over = True
        else:
            finish()

    def stop(self) -> None:
        """The job is over."""
        stop = getattr(self._reader, "stop", None)
        if stop is not None:
            stop()

    def _saved(self) -> dict[str, Any]:
        saved = self.splits.snapshot()
        if self._dealer is not None:
            saved["dealer"] = self._dealer.snapshot()
        return saved

    def saved(self, checkpoint: int) -> None:
        """What has just been saved is of that checkpoint."""
        if self._dealer is not None:
            self._dealer.saved(checkpoint)

    def checkpoint_complete(self, checkpoint: int) -> None:
        self.splits.checkpoint_complete()
        if self._dealer is not None:
            self._dealer.checkpoint_complete(checkpoint)

    def close(self) -> None:
        """V4"""
        dealer, self._dealer = self._dealer, None
        reader, self._reader = self._reader, None
        try:
            if dealer is not None:
                dealer.close()
        finally:
            if reader is not None:
                reader.close()
