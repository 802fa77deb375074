"""An operator of a pipeline under test: what leaves it goes on to whoever reads it. Twin of ``src/testing/stage.ts``.

S1. What reads an operator has its record before the operator makes the next one.
S2. Watermarks of all that a stage reads merge as in a job; the final one comes behind all that was emitted while the
    operators before it finished.
S3. Where several read a record, or one by key, each has a copy of its own; else the very object is handed on, as in a
    chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .._values.keep import Own
from .._worker.runtime.operator import MAX_TIMESTAMP
from .._worker.runtime.watermarks import TimeChange, WatermarkMerger
from .harness import OneInputHarness


class Reader(Protocol):
    """What reads an output, of an operator or of an input of the pipeline."""

    def take(self, value: Any, timestamp: int) -> None:
        """A record."""

    def pass_on(self, control: int | bool) -> None:
        """A watermark, or a change of idleness."""

    def end(self) -> None:
        """Nothing follows."""


class Stage(OneInputHarness):
    """Of one or two inputs, each of one edge or several."""

    def __init__(
        self, function: Any, inlets: Sequence[tuple[int, Callable[[Any], Any] | None]], **options: Any
    ) -> None:
        #: By the tag of the side output; the main one's is None.
        self._readers: dict[str | None, list[Reader]] = {}
        self._merger = WatermarkMerger(range(len(inlets)))
        #: How it is read from upstream, one reader for each edge: (which input, key of a record).
        self.inlets: list[Reader] = [
            _Inlet(self, channel, which, key_by) for channel, (which, key_by) in enumerate(inlets)
        ]
        key_by = next((key_by for which, key_by in inlets if which == 0), None)
        super().__init__(function, key_by=key_by, **options)
        self.context.follows = True

    def read_by(self, reader: Reader, tag: str | None = None) -> None:
        """Whoever reads its output, or a side output."""
        self._readers.setdefault(tag, []).append(reader)

    def end(self) -> None:
        """Its input has ended: it finishes, then the input of what reads it ends (S2)."""
        super().end()
        for reader in self._all_readers():
            reader.end()

    def _emitted(self, value: Any, timestamp: int) -> None:
        super()._emitted(value, timestamp)
        hand_on(value, timestamp, self._readers.get(None, ()), self._own)  # S1

    def _emit_side(self, tag: str, value: Any) -> None:
        super()._emit_side(tag, value)
        hand_on(value, self._cursor.timestamp, self._readers.get(tag, ()), self._own)

    def _pass_on(self, control: int | bool) -> None:
        super()._pass_on(control)
        if control != MAX_TIMESTAMP:  # S2
            for reader in self._all_readers():
                reader.pass_on(control)

    def _all_readers(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]


class _Inlet:
    """An edge into a stage."""

    def __init__(self, stage: Stage, channel: int, which: int, key_by: Callable[[Any], Any] | None) -> None:
        self._stage = stage
        self._channel = channel
        self._which = which
        self._key_by = key_by

    def take(self, value: Any, timestamp: int) -> None:
        if self._key_by is not None:
            value = self._stage._own(value)  # S3
        self._stage._feed_keyed(self._which, [(value, timestamp)], self._key_by)

    def pass_on(self, control: int | bool) -> None:
        merger = self._stage._merger
        if isinstance(control, bool):
            self._follow(merger.set_idle(self._channel, control))
        elif control != MAX_TIMESTAMP:
            self._follow(merger.advance(self._channel, control))

    def end(self) -> None:
        merger = self._stage._merger
        change = merger.end(self._channel)
        if merger.ended:
            self._stage.end()
        else:
            self._follow(change)

    def _follow(self, change: TimeChange) -> None:
        if change.idle is False:
            self._stage.idle(False)
        if change.watermark is not None:
            self._stage.watermark(change.watermark)
        if change.idle:
            self._stage.idle(True)


def hand_on(value: Any, timestamp: int, readers: Sequence[Reader], own: Own) -> None:
    """S3"""
    for reader in readers:
        reader.take(value if len(readers) == 1 else own(value), timestamp)
