"""What the parts of a source of somebody's own give is checked where it comes in, so that a slip is told of by the source and not
by whoever stumbles on it later. Twin of ``src/runtime/split-checks.ts``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import index
from typing import Any

from ..._interfaces.source import Batch, SourceReader, Split, SplitEnumerator
from ..._values.shown import safe_repr
from ..._values.whole_ms import GREATEST_MS, LEAST_MS
from ...errors import GraphError


class SplitChecks:
    def __init__(self, source: str) -> None:
        self._source = source

    def reader(self, given: Any) -> SourceReader[Any]:
        if isinstance(given, SourceReader):
            return given
        raise self._wrong(f"gave {safe_repr(given)} for a reader, which is a SourceReader")

    def enumerator(self, given: Any) -> SplitEnumerator:
        if isinstance(given, SplitEnumerator):
            return given
        raise self._wrong(f"gave {safe_repr(given)} for an enumerator, which is a SplitEnumerator")

    def found(self, given: Any) -> Iterator[Split]:
        """What a look has found."""
        if not hasattr(given, "__iter__"):
            raise self._enumerator(f"found {safe_repr(given)}; discover gives an iterable of splits")
        for split in given:
            if not isinstance(split, Split):
                raise self._enumerator(f"found {safe_repr(split)}, which is no split")
            if not isinstance(split.id, str) or split.id == "":
                raise self._enumerator(f"found a split with the id {safe_repr(split.id)}; an id is a text")
            self._mark(split.offset, f"the split {split.id!r} begins")
            if split.subtask is not None and not isinstance(split.subtask, int):
                raise self._enumerator(
                    f"found the split {split.id!r} for subtask {safe_repr(split.subtask)}; it is a whole number"
                )
            yield split

    def batch(self, batch: Batch[Any]) -> None:
        """A batch of a split that the reader has."""
        values, timestamps = batch.values, batch.timestamps
        if type(values) is not list and (
            isinstance(values, (str, bytes)) or not isinstance(values, Sequence)
        ):
            raise self._reader(f"gave a batch with {safe_repr(values)} for its values; they are a list")
        if batch.next is not None:
            self._mark(batch.next, "a batch ends")
        if timestamps is None:
            return
        if not hasattr(timestamps, "__len__") or len(timestamps) != len(values):
            many = len(timestamps) if hasattr(timestamps, "__len__") else safe_repr(timestamps)
            raise self._reader(f"gave {many} timestamps for {len(values)} values; give one for each")
        try:
            batch.timestamps = given = list(map(index, timestamps))
        except TypeError:
            wrong = next(time for time in timestamps if not hasattr(time, "__index__"))
            raise self._timestamp(wrong) from None
        if given and (min(given) < LEAST_MS or max(given) > GREATEST_MS):
            raise self._timestamp(next(time for time in given if not LEAST_MS <= time <= GREATEST_MS))

    def _timestamp(self, wrong: Any) -> GraphError:
        return self._reader(
            f"gave the timestamp {safe_repr(wrong)}; it is a whole number of milliseconds in 64 bits"
        )

    def strange(self, split: Any) -> GraphError:
        return self._reader(
            f"gave a batch of the split {safe_repr(split)}, which it was not given or has brought to its end"
        )

    def no_batch(self, given: Any) -> GraphError:
        return self._reader(f"gave {safe_repr(given)}; next gives a Batch or None")

    def _mark(self, mark: Any, what: str) -> None:
        if not isinstance(mark, (str, int, float)):
            raise self._wrong(f"says that {what} at {safe_repr(mark)}; a mark is a number or a text")

    def _reader(self, what: str) -> GraphError:
        return GraphError(f'The reader of source "{self._source}" {what}.')

    def _enumerator(self, what: str) -> GraphError:
        return GraphError(f'The enumerator of source "{self._source}" {what}.')

    def _wrong(self, what: str) -> GraphError:
        return GraphError(f'The source "{self._source}" {what}.')
