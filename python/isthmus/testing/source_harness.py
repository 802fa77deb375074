"""The subtasks of a source without a job: what they read, how far, and what goes over a restart. Twin of
``src/testing/source-harness.ts``.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from .._interfaces.source import Batch, Source
from .._settings.resolve import settings_of
from .._worker.machine.files import SystemFiles
from .._worker.runtime.split_driver import SplitDriver


class _Clock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()


class SourceHarness:
    """A source with so many subtasks, which read as far as they are told to.

    Args:
        source: A source of one's own, or what makes one of an operator's context.
        restore: What another harness has saved, at whatever parallelism.
    """

    def __init__(
        self, source: Source[Any] | Callable[[Any], Source[Any]], parallelism: int = 1, restore: Any = ()
    ) -> None:
        make = (lambda _: source) if isinstance(source, Source) else source
        #: Whether messages between subtasks stay on their way until ``deliver``.
        self.holds = False
        self._held: list[tuple[int, dict[str, Any]]] = []
        self._subtasks = [_Subtask(SplitDriver(make)) for _ in range(parallelism)]
        try:
            for subtask, each in enumerate(self._subtasks):
                each.open(subtask, parallelism, copy.deepcopy(list(restore)), self._send)
        except BaseException:
            self.close()
            raise
        for each in self._subtasks:
            each.driver.start()

    def __enter__(self) -> SourceHarness:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_over(self) -> bool:
        """Whether all subtasks have come to their end."""
        return all(each.has_ended for each in self._subtasks)

    @property
    def counts(self) -> list[int]:
        """How many records each subtask has given."""
        return [each.count for each in self._subtasks]

    def read(self, count: int | None = None, *, piece: int = 64, quiet_s: float = 10.0) -> list[Any]:
        """Read by turns until so many records have come, or the source is over.

        Args:
            piece: Records of a turn.
            quiet_s: It ends also when nothing has come for so long.
        """
        records: list[Any] = []
        last = time.monotonic()
        while (count is None or len(records) < count) and not self.is_over:
            before = len(records)
            for each in self._subtasks:
                records += each.step(piece if count is None else min(piece, count - len(records)))
            if len(records) > before:
                last = time.monotonic()
            elif time.monotonic() - last > quiet_s:
                break
            else:
                time.sleep(0.0005)
        return records

    def deliver(self) -> None:
        """Let what is held arrive."""
        held, self._held = self._held, []
        for to, message in held:
            self._subtasks[to].driver.receive(message)

    def save(self) -> list[Any]:
        """What a checkpoint holds of it: one entry per subtask, plain data."""
        return copy.deepcopy([each.saved() for each in self._subtasks])

    def save_of(self, subtask: int) -> Any:
        """What a checkpoint holds of one subtask: they are saved at different moments."""
        return copy.deepcopy(self._subtasks[subtask].saved())

    def finish(self) -> None:
        """The job is stopped in order: ``read`` gives what is still to come."""
        for each in self._subtasks:
            each.driver.finish()

    def close(self) -> None:
        """Close readers and enumerator."""
        for each in self._subtasks:
            each.driver.stop()
        for each in self._subtasks:
            each.driver.close()

    def _send(self, to: int, message: dict[str, Any]) -> None:
        self._held.append((to, copy.deepcopy(message)))
        if not self.holds:
            self.deliver()


class _Subtask:
    def __init__(self, driver: SplitDriver) -> None:
        self.driver = driver
        self._saved: Callable[[], Any] = lambda: None
        self._batch: Batch[Any] | None = None
        self._taken = 0
        self.has_ended = False
        self.count = 0

    def open(self, subtask: int, parallelism: int, restore: Sequence[Any], send: Any) -> None:
        def drawn(_: str, value: Callable[[], Any]) -> list[Any]:
            self._saved = value
            return [one for one in restore if one is not None]

        context: Any = SimpleNamespace(
            name="source",
            job_name="test",
            subtask=subtask,
            parallelism=parallelism,
            attempt=0,
            clock=_Clock(),
            files=SystemFiles(),
            settings=settings_of({}),
            state=SimpleNamespace(drawn=drawn),
            wake=lambda: None,
        )
        self.driver.open(context, send)

    def saved(self) -> Any:
        return self._saved()

    def step(self, limit: int) -> list[Any]:
        self.driver.look()
        if self._batch is None:
            if self.has_ended or not self.driver.ready():
                return []
            batch = self.driver.next()
            if batch is None:
                self.has_ended = True
                return []
            self._batch, self._taken = self.driver.splits.unread(batch), 0
        batch = self._batch
        values = batch.values[self._taken : self._taken + limit]
        self._taken += len(values)
        self.count += len(values)
        self.driver.splits.took(batch, self._taken)
        if self._taken == len(batch.values):
            self._batch = None
        return values
