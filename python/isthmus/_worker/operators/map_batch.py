"""Vectorised functions: many records in one call, as a list, a NumPy array, or a table of Arrow,
pandas or polars.

M1. A batch ends at ``batchSize`` records, at ``batchBytes`` (estimated), when the input at hand is used up (not
    with the few records that the task pulls at a time), or when its oldest record has waited for long: for
    ``latencyMs`` where that budget is given, else for ``GATHER_MS``. The end of the input at hand ends no batch where
    there is a budget, nor where the function is slow: waiting for more costs less than another call does.
M2. ``map_batch`` gives as many results as it got records; result i has the timestamp of record i.
M3. What was held back leaves before a watermark passes and before a snapshot is taken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Any

from ..._program.batch_annotation import declared_format
from ..._values.keep import as_it_is, keeper, keeper_of_inputs
from ..runtime.opening import open_function
from ..runtime.operator import MIN_TIMESTAMP, Operator, OperatorContext
from .batch_formats import batch_format
from .results import flatten

DEFAULT_BATCH_SIZE = 1024
GATHER_MS = 5
#: A call that takes longer is slow.
SLOW_CALL_S = 0.001
_NOTHING: Any = object()
_UNSTAMPED = (MIN_TIMESTAMP, None)


class MapBatchOperator(Operator):
    changes_count = False
    gathers = True
    _method = "map_batch"
    _keeps_count = True

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        params = ctx.params
        self._function, self._close = open_function(ctx, self._method)
        self.functions = (self._function,)
        self._size = int(params.get("batchSize") or DEFAULT_BATCH_SIZE)
        self._bytes = int(params.get("batchBytes") or 0)
        self._latency_ms = int(params.get("latencyMs") or 0)
        # Python programs say it; of a function that TypeScript names, its annotation does.
        form = params.get("format") or declared_format(self._function, self._method)
        self._to_batch, self._from_batch = batch_format(form)
        self._own, self._take_more = keeper_of_inputs(ctx)
        self._take_results = keeper(ctx)[1]
        self._held: list[Any] = []
        self._stamps: list[tuple[int, Any]] = []
        self._held_bytes = 0
        self._due: int | None = None
        self._last_call_s = 0.0

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._batches(records), self.ctx)

    def _batches(self, records: Iterator[Any]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        held, stamps = self._held, self._stamps
        size, limit_bytes = self._size, self._bytes
        if not stamps and not limit_bytes and not self.ctx.keyed:
            first = next(records, _NOTHING)
            if first is _NOTHING:
                return
            if cursor.timestamp == MIN_TIMESTAMP:
                # None of these records has a timestamp, nor has one that is held.
                yield from self._unstamped(first, records)
                return
            stamps.extend(repeat(_UNSTAMPED, len(held)))
            records = chain((first,), records)
        for value in records:
            held.append(self._own(value))
            stamps.append((cursor.timestamp, cursor.key))
            if limit_bytes:
                self._held_bytes += _estimate(value)
            if len(held) >= size or (limit_bytes and self._held_bytes >= limit_bytes):
                yield self._run()  # M1
        self._await_others()

    def _unstamped(self, first: Any, records: Iterator[Any]) -> Iterator[Iterable[Any]]:
        held, size, own = self._held, self._size, self._own
        held.append(own(first))
        if own is as_it_is:
            held.extend(islice(records, size - len(held)))
            if len(held) >= size:
                yield self._call(self._take())
                # Not by way of what is held, as nothing is: a batch of numbers costs little more than its lists.
                values = list(islice(records, size))
                while len(values) == size:
                    yield self._call(values)
                    values = list(islice(records, size))
                held.extend(values)
        else:
            self._take_more(records, held, size - len(held))
            while len(held) >= size:
                yield self._call(self._take())
                self._take_more(records, held, size - len(held))
        self._await_others()

    def _await_others(self) -> None:
        if self._held and self._due is None:
            self._due = self.ctx.clock.now_ms() + (self._latency_ms or GATHER_MS)

    def let_go(self) -> Iterable[Any] | None:
        return None if self._latency_ms or self._last_call_s > SLOW_CALL_S else self._held_results()

    def _held_results(self) -> Iterable[Any] | None:
        return flatten(iter([self._run()]), self.ctx) if self._held else None

    def _run(self) -> Iterable[Any]:
        """Call the function with what is held; what comes out has the timestamps of what went in."""
        stamps = list(self._stamps) or [_UNSTAMPED] * len(self._held)
        results = self._call(self._take())
        if not self._keeps_count:
            return self._stamped_with_last(results, stamps[-1])
        return self._stamped(results, stamps)

    def _take(self) -> list[Any]:
        values = list(self._held)
        self._held.clear()
        self._stamps.clear()
        self._held_bytes = 0
        self._due = None
        return values

    def _call(self, values: list[Any]) -> list[Any]:
        monotonic = self.ctx.clock.monotonic
        began = monotonic()
        given = self._function(self._to_batch(values))
        results = self._from_batch(given)
        # A list of its own: the function may fill the one that it gave again, or go on with what it yielded.
        taken: list[Any] = []
        if isinstance(results, list):
            if results is given:
                taken += results
            else:
                taken = results
        else:
            self._take_results(iter(results), taken, sys.maxsize)
        self._last_call_s = monotonic() - began
        if self._keeps_count and len(taken) != len(values):
            raise ValueError(
                f"map_batch was given {len(values)} records and returned {len(taken)}. It must return one "
                "result for each; use flat_map_batch where their number may differ."
            )
        return taken

    def _stamped(self, results: list[Any], stamps: list[tuple[int, Any]]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        for result, (cursor.timestamp, cursor.key) in zip(results, stamps, strict=True):  # M2
            yield result

    def _stamped_with_last(self, results: Iterable[Any], stamp: tuple[int, Any]) -> Iterator[Any]:
        self.ctx.cursor.timestamp, self.ctx.cursor.key = stamp
        yield from results

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        return self._held_results()  # M3

    def next_processing_time(self) -> int | None:
        return self._due

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        if self._due is None or now < self._due:
            return None
        return self._held_results()

    def finish(self) -> Iterable[Any] | None:
        return self._held_results()

    def before_barrier(self, checkpoint: int, of: int) -> Iterable[Any] | None:
        return self._held_results()  # M3

    def close(self) -> None:
        self._close()


class FlatMapBatchOperator(MapBatchOperator):
    changes_count = True
    _method = "flat_map_batch"
    _keeps_count = False


def _estimate(value: Any) -> int:
    if isinstance(value, (tuple, list)):
        return 56 + sum(map(sys.getsizeof, value))
    if isinstance(value, dict):
        return 64 + sum(map(sys.getsizeof, value.values()))
    return sys.getsizeof(value)
