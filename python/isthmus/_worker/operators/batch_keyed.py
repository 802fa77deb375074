"""BATCH execution of a keyed operator: all input first, then key by key.

B1. Keys come in the order of their serialised bytes (``_types/key_order.py``), as in PyFlink. Within a key records
    come by timestamp, then as they arrived.
B2. A key's records, then its final watermark, then its processing-time timers; then the next key begins
    with no watermark.
B3. ``reduce`` and ``aggregate`` emit the last value of a key only.
B4. Results leave before the final watermark does. A broadcast input is taken at once, before any keyed
    record; a stream that is not keyed waits for it just so, in the order in which it came.
B5. What a key's records without a timestamp come to is known as they arrive: ``reduce`` and ``aggregate``
    keep one value for them, not the records. Those with a timestamp come after them (B1).
B6. Async functions are handed all records in order of B1; their results leave as they would in STREAMING.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..._program.kinds import row_of
from ..._types.key_order import key_order
from ..runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP, Operator, OperatorContext
from ..state.key_identity import thaw
from .reduce import KeyedFold

_NOTHING: Any = object()


class BatchKeyedOperator(Operator):
    """Wraps the operator that would run in STREAMING mode."""

    def __init__(self, inner: Operator) -> None:
        self._inner = inner
        #: key → [(timestamp, arrival, input, record)]
        self._records: dict[Any, list[tuple[int, int, int, Any]]] = {}
        self._arrivals = 0
        #: key → value so far (B5)
        self._folded: dict[Any, Any] = {}

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._inner.ctx = ctx
        self._inner.open(ctx)
        self.functions = self._inner.functions
        self._final_only = bool(getattr(self._inner, "final_only_in_batch", False))
        kind = row_of(ctx.spec)
        self._second_is_broadcast = kind.broadcast
        self._is_async = kind.asynchronous

    def owns(self, code: Any) -> bool:
        return self._inner.owns(code)

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        if isinstance(self._inner, KeyedFold):
            pairs = self._fold_untimed(pairs, self._inner.fold)
        return self._keep(pairs, 0)

    def apply_second_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        return self._keep(pairs, 1)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        return self.apply_keyed((cursor.key, value) for value in records)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        if self._second_is_broadcast:
            return self._inner.apply_second(records)  # B4
        cursor = self.ctx.cursor
        return self._keep(((cursor.key, value) for value in records), 1)

    def _fold_untimed(
        self, pairs: Iterator[tuple[Any, Any]], fold: Callable[[Any, Any], Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Takes what B5 is about; the rest is passed on."""
        cursor = self.ctx.cursor
        folded = self._folded
        get = folded.get
        for pair in pairs:
            if cursor.timestamp != MIN_TIMESTAMP:
                yield pair
                continue
            key, value = pair
            cursor.key = key
            current = get(key, _NOTHING)
            folded[key] = value if current is _NOTHING else fold(current, value)

    def _keep(self, pairs: Iterator[tuple[Any, Any]], which: int) -> Iterator[Any]:
        cursor = self.ctx.cursor
        for key, value in pairs:
            self._arrivals += 1
            entry = (cursor.timestamp, self._arrivals, which, value)
            self._records.setdefault(key, []).append(entry)
        return
        yield

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        return self._replay() if watermark == MAX_TIMESTAMP else None

    def forward_watermark(self, watermark: int) -> int | None:
        if watermark != MAX_TIMESTAMP:
            return None
        return self._inner.forward_watermark(watermark) if self._is_async else watermark

    def pending(self) -> bool:
        return self._inner.pending()

    def poll(self) -> Iterable[Any] | None:
        return self._inner.poll() if self._is_async else None  # B6

    def poll_watermark(self) -> int | None:
        return self._inner.poll_watermark() if self._is_async else None

    def finish(self) -> Iterable[Any] | None:
        return self._replay_and_finish()

    def _replay_and_finish(self) -> Iterator[Any]:
        yield from self._replay()
        yield from self._inner.finish() or ()

    def _replay(self) -> Iterator[Any]:
        ctx = self.ctx
        order = key_order(ctx.key_type)
        outer_watermark = ctx.watermark
        records, self._records = self._records, {}
        folded, self._folded = self._folded, {}
        for key in sorted({**folded, **records}, key=lambda key: order(thaw(key))):
            entries = records.pop(key, [])
            if ctx.keyed:
                entries.sort(key=lambda e: e[:2])  # B1
            if key in folded:
                entries.insert(0, (MIN_TIMESTAMP, 0, 0, folded.pop(key)))
            ctx.watermark = MIN_TIMESTAMP
            results = self._of_key(key, entries)
            if self._final_only:
                last = deque(results, maxlen=1)  # B3
                yield from last
            else:
                yield from results
        ctx.watermark = outer_watermark

    def _of_key(self, key: Any, entries: list[tuple[int, int, int, Any]]) -> Iterator[Any]:
        inner, ctx = self._inner, self.ctx
        at = 0
        while at < len(entries):
            which = entries[at][2]
            end = at
            while end < len(entries) and entries[end][2] == which:
                end += 1
            pairs = self._followed(key, entries[at:end])
            yield from inner.apply_keyed(pairs) if which == 0 else inner.apply_second_keyed(pairs)
            at = end
        ctx.watermark = MAX_TIMESTAMP  # B2
        yield from inner.advance_watermark(MAX_TIMESTAMP) or ()
        yield from inner.advance_processing_time(MAX_TIMESTAMP) or ()

    def _followed(self, key: Any, entries: list[tuple[int, int, int, Any]]) -> Iterator[tuple[Any, Any]]:
        cursor = self.ctx.cursor
        for timestamp, _, _, value in entries:
            cursor.timestamp = timestamp
            yield key, value

    def close(self) -> None:
        self._inner.close()
