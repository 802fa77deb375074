"""A Python generator, async generator or iterable as a source.

It may wait (sleep, read a queue, poll), and nothing may block the loop; so it runs on a thread of its own and hands its
records over through a bounded buffer. A record is handed over as soon as it is there, as a copy where it can be changed
in place: the generator may yield the same object again.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable
from typing import Any

from ..isolate import reuses_objects
from ..keep import kept
from ..operator import OperatorContext

#: Records that may wait for the loop before the generator is held up.
_BUFFER = 4096
_TAKE = 1024


class FunctionSource:
    def open(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self._function = ctx.load_function(ctx.spec["fn"])
        self._buffer: list[Any] = []
        self._changed = threading.Condition()
        self._own: Callable[[Any], Any] | None = None if reuses_objects(ctx.config) else kept
        self._ended = False
        self._stopping = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def ready(self) -> bool:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"source {self._ctx.name}", daemon=True)
            self._thread.start()
        return bool(self._buffer) or self._ended

    def next(self) -> tuple[list[Any], list[int] | None] | None:
        with self._changed:
            batch = self._buffer[:_TAKE]
            del self._buffer[:_TAKE]
            if batch:
                self._changed.notify()
                return batch, None
            if not self._ended:
                return [], None
        if self._error is not None:
            raise self._error
        return None

    def _run(self) -> None:
        try:
            made = self._make()
            if hasattr(made, "__aiter__"):
                import asyncio

                asyncio.run(self._drain_async(made))
            else:
                self._drain(made)
        except BaseException as e:
            self._error = e
        with self._changed:
            self._ended = True
        self._ctx.wake()

    def _make(self) -> Any:
        function = self._function
        if not callable(function):
            return function
        try:
            wants = len(inspect.signature(function).parameters) > 0
        except (TypeError, ValueError):
            wants = False
        return function(SourceContext(self._ctx, self._is_stopping)) if wants else function()

    def _is_stopping(self) -> bool:
        return self._stopping

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
        async for record in records:
            if not self._put(record):
                break

    def _put(self, record: Any) -> bool:
        if self._own is not None:
            record = self._own(record)
        with self._changed:
            while len(self._buffer) >= _BUFFER and not self._stopping:
                self._changed.wait()
            if self._stopping:
                return False
            self._buffer.append(record)
            first = len(self._buffer) == 1
        if first:
            self._ctx.wake()
        return True

    def snapshot(self, checkpoint: int) -> None:
        return None

    def restore(self, states: list[Any]) -> None:
        pass

    def close(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()


class SourceContext:
    """What a source function that takes a parameter is given."""

    def __init__(self, ctx: OperatorContext, stopping: Any) -> None:
        self.subtask: int = ctx.subtask
        self.parallelism: int = ctx.parallelism
        self._stopping = stopping

    @property
    def is_stopping(self) -> bool:
        """True once the job ends; a source that polls looks at it."""
        return bool(self._stopping())
