"""A Python generator, async generator or iterable as a source.

It may wait (sleep, read a queue, poll), and nothing may block the loop; so it runs on a thread of its own and hands its
records over through a bounded buffer. A record is handed over as soon as it is there, as a copy where it can be changed
in place: the generator may yield the same object again.

  F1. Whatever it raises is told by ``next``; its thread never ends without ``ready`` saying so.
  F2. When the job ends before it, its clean-up is waited for: what stands behind ``while not ctx.is_stopping`` of a source
      that looks at it, ``finally`` and ``with`` of all. One that waits in a call of its own is left after a while.
  F3. When the job is stopped in order, the same holds, and every record counts that it has handed over: the one it is
      at, and of a source that looks at ``is_stopping`` those until its end.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from ...._interfaces.source import Batch, ConnectorContext, Listed, Source, SourceReader, Split
from ...._values.in_time import interrupt
from ...._values.keep import kept
from ...._values.raised import ANYTHING
from ...._values.weight import weight
from ....errors import GraphError
from ...runtime import forked
from ...runtime.operator import OperatorContext

#: Records and bytes that may wait for the loop before the generator is held up.
_BUFFER = 4096
_BUFFER_BYTES = 4 << 20
#: Light records are weighed once in so many.
_LIGHT_BYTES = 1024
_WEIGHED = 16
_TAKE = 1024
#: Of ``isthmus.close-timeout``: how much a source may use, and when it is no longer asked but made to end.
_SHARE, _INSIST = 0.8, 0.4


def function_source(ctx: OperatorContext) -> Source[Any]:
    """Of what a program gives: a generator, or a source of splits, which a reference does not tell before it is loaded."""
    loaded = ctx.load("function")
    if isinstance(loaded, type) and issubclass(loaded, Source):
        loaded = loaded()
    return loaded if isinstance(loaded, Source) else FunctionSource(ctx, loaded)


class FunctionSource(Source[Any]):
    """A split for each subtask, read from its begin after a restart, where that many records are passed over. What is there
    but once, as an iterator is, goes on where it is."""

    def __init__(self, ctx: OperatorContext, function: Any) -> None:
        self._ctx = ctx
        self._function = function
        self.replays = callable(function) or not (
            hasattr(function, "__next__") or hasattr(function, "__anext__")
        )

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> Listed:
        count = context.parallelism
        return Listed(Split(str(subtask), count, subtask=subtask) for subtask in range(count))

    def reader(self, context: ConnectorContext) -> SourceReader[Any]:
        return _FunctionReader(self._ctx, self._function, context)


class _FunctionReader(SourceReader[Any]):
    def __init__(self, ctx: OperatorContext, function: Any, context: ConnectorContext) -> None:
        self._ctx = ctx
        self._function = function
        self._wake = context.wake
        #: Named by the subtask that reads it first; after a restart it may be another's.
        self._split = str(ctx.subtask)
        self._buffer: list[Any] = []
        self._waiting_bytes = 0
        self._record_bytes = 0
        self._unweighed = 0
        self._changed = threading.Condition()
        self._own: Callable[[Any], Any] | None = None if ctx.settings.object_reuse else kept
        self._ended = False
        self._finishing = self._stopping = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._patience_s = ctx.settings.close_timeout_ms / 1000
        self._stopped_at = 0.0
        #: Whether it has looked at ``ctx.is_stopping``: then it ends by itself.
        self._looks = False
        self._leaving = self._insisted = False
        #: Makes an async generator go on with a CancelledError.
        self._cancel: Callable[[], None] | None = None

    def add(self, split: Split) -> None:
        if split.of != self._ctx.parallelism:
            raise GraphError(
                f'Source "{self._ctx.name}" is a function, which may give other records where others read beside it: it was read '
                f"by {split.of} and would be by {self._ctx.parallelism}. Give it the parallelism {split.of}."
            )
        self._split = split.id

    def ready(self) -> bool:
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._run, name=f"source {self._ctx.name}", daemon=True)
            self._thread.start()
        return bool(self._buffer) or self._ended

    def next(self) -> Batch[Any]:
        with self._changed:
            batch = self._buffer[:_TAKE]
            del self._buffer[:_TAKE]
            self._waiting_bytes = (
                self._waiting_bytes * len(self._buffer) // max(1, len(batch) + len(self._buffer))
            )
            if batch:
                self._changed.notify()
                return Batch(batch, self._split)
            if not self._ended:
                return Batch([], self._split)
        if self._error is not None and not self._insisted:
            raise self._error
        return Batch([], self._split, ends=True)

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            made = self._make()
            if hasattr(made, "__aiter__"):
                import asyncio

                asyncio.run(self._drain_async(made))
            else:
                self._drain(made)
        except ANYTHING as e:
            error = e  # F1
        if forked.is_child():
            forked.end_child(error)
        with self._changed:
            self._error = error
            self._ended = True
        self._wake()

    def _make(self) -> Any:
        function = self._function
        if not callable(function):
            return function
        try:
            wants = len(inspect.signature(function).parameters) > 0
        except (TypeError, ValueError):
            wants = False
        return (
            function(SourceContext(int(self._split), self._ctx.parallelism, self._is_stopping))
            if wants
            else function()
        )

    def _is_stopping(self) -> bool:
        self._looks = True
        return self._stopping or self._finishing

    def _drain(self, records: Iterable[Any]) -> None:
        iterator = iter(records)
        try:
            for record in iterator:
                if not self._put(record):
                    break
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    async def _drain_async(self, records: Any) -> None:
        import asyncio

        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        with self._changed:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)  # type: ignore[assignment]
        iterator = aiter(records)
        try:
            async for record in iterator:
                if not self._put(record):
                    break
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()

    def _put(self, record: Any) -> bool:
        """Returns whether it is to go on."""
        if self._own is not None and not self._stopping:
            record = self._own(record)
        if self._unweighed:
            self._unweighed -= 1
        else:
            self._record_bytes = weight(record)
            self._unweighed = _WEIGHED if self._record_bytes < _LIGHT_BYTES else 0
        with self._changed:
            while (
                len(self._buffer) >= _BUFFER or self._waiting_bytes >= _BUFFER_BYTES
            ) and not self._stopping:
                self._changed.wait()
            going_on = True
            if self._stopping or self._finishing:
                self._leaving = True
                # One that sees for itself that it is to end has something to do behind its last record.
                going_on = self._looks and time.monotonic() < self._stopped_at + self._patience_s * _INSIST
            if self._stopping or self._ended:
                return going_on
            self._buffer.append(record)
            self._waiting_bytes += self._record_bytes
            first = len(self._buffer) == 1
        if first:
            self._wake()
        return going_on

    def finish(self) -> None:
        """F3: it is to end, and the job goes on to the end of what it has given."""
        with self._changed:
            if self._finishing or self._ended:
                return
            if self._thread is None:
                self._ended = True
                return
            self._finishing = True
            self._stopped_at = time.monotonic()
        leaver = threading.Thread(
            target=self._see_off, args=(self._thread,), name="isthmus-see-off", daemon=True
        )
        leaver.start()

    def _see_off(self, thread: threading.Thread) -> None:
        while thread.is_alive() and len(self._buffer) >= _BUFFER:
            # It waits for the job: that is none of its own time.
            thread.join(0.05)
            self._stopped_at = time.monotonic()
        if not self._looks:
            self._wait(thread, _INSIST)
            if thread.is_alive() and not self._leaving and not self._stopping:
                self._insist(thread)
        self._wait(thread, 1)
        with self._changed:
            self._ended = True
        self._wake()

    def stop(self) -> None:
        """It is to end; ``close`` waits for that."""
        with self._changed:
            if not self._stopping:
                self._stopping = True
                self._stopped_at = time.monotonic()
            self._changed.notify_all()

    def close(self) -> None:
        self.stop()
        thread = self._thread
        if thread is None or self._ended:
            return
        if not self._looks:
            self._wait(thread, _INSIST / 2)
            # It polls without yielding, or waits for something: it is made to leave, so that its ``finally`` runs. One
            # that is leaving is not disturbed.
            if thread.is_alive() and not self._leaving:
                self._insist(thread)
        self._wait(thread, _SHARE)  # F2
        # What is raised to make it end is nobody's error.
        if self._error is not None and not self._insisted:
            raise self._error

    def _wait(self, thread: threading.Thread, share: float) -> None:
        thread.join(max(0.0, self._stopped_at + self._patience_s * share - time.monotonic()))

    def _insist(self, thread: threading.Thread) -> None:
        self._insisted = True
        with self._changed:
            cancel = self._cancel
        if cancel is None:
            interrupt(thread, GeneratorExit)
            return
        try:
            cancel()
        except RuntimeError:  # Its loop has ended by now.
            pass


class SourceContext:
    """What a source function that takes a parameter is given."""

    def __init__(self, subtask: int, parallelism: int, stopping: Any) -> None:
        self.subtask = subtask
        self.parallelism = parallelism
        self._stopping = stopping

    @property
    def is_stopping(self) -> bool:
        """True once the job ends; a source that polls looks at it."""
        return bool(self._stopping())
