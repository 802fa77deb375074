"""Enriches records from a mapping, a function or an async function, with a cache.

The lookup gets the record's key (``key`` of the operation, or the record itself); ``function(record,
found)`` makes the result. Without a match ``found`` is None in the left form; the inner form drops the
record.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from ..._interfaces.operations import AsyncOperation, LookupJoinOperation
from ..._values.keep import as_it_is, keeper
from ..machine.clock import Clock
from ..runtime.opening import opened
from ..runtime.operator import Operator, OperatorContext
from ..state.key_identity import freeze
from .async_wait import AsyncOperator

_NOTHING: Any = object()


class LookupJoinOperator(Operator):
    """Chooses between the synchronous and the asynchronous way at ``open``."""

    _way: Any = None

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        operation = _operation(ctx)
        lookup = operation.lookup
        target = getattr(lookup, "async_invoke", None) or getattr(lookup, "lookup", None) or lookup
        called = getattr(type(target), "__call__", None)  # noqa: B004
        if inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(called):
            self._way = _AsyncLookup(operation)
        else:
            self._way = _SyncLookup(operation)
        self._way.open(ctx)
        self.functions = self._way.functions

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return self._way.apply(records)  # type: ignore[no-any-return]

    def room(self) -> int | None:
        return self._way.room()  # type: ignore[no-any-return]

    def pending(self) -> bool:
        return self._way.pending()  # type: ignore[no-any-return]

    def before_barrier(self, checkpoint: int, of: int) -> None:
        self._way.before_barrier(checkpoint, of)

    def poll(self) -> Iterable[Any] | None:
        return self._way.poll()  # type: ignore[no-any-return]

    def next_processing_time(self) -> int | None:
        return self._way.next_processing_time()  # type: ignore[no-any-return]

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        return self._way.advance_processing_time(now)  # type: ignore[no-any-return]

    def poll_watermark(self) -> int | None:
        return self._way.poll_watermark()  # type: ignore[no-any-return]

    def forward_watermark(self, watermark: int) -> int | None:
        return self._way.forward_watermark(watermark)  # type: ignore[no-any-return]

    def close(self) -> None:
        if self._way is not None:
            self._way.close()


class _SyncLookup(Operator):
    def __init__(self, operation: LookupJoinOperation) -> None:
        self._operation = operation

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        operation = self._operation
        self._close: Callable[[], None] = _nothing
        # What a table or the cache holds will be found again: functions are given copies.
        held = isinstance(operation.lookup, Mapping) or operation.cache_size > 0
        self._own = keeper(ctx)[0] if held else as_it_is
        if isinstance(operation.lookup, Mapping):
            self._lookup: Callable[[Any], Any] = operation.lookup.get
        else:
            self._lookup, self._close = opened(operation.lookup, ctx, "lookup")
            self.functions = (self._lookup, operation.function)
        self._cache = LookupCache(operation.cache_size, operation.cache_ttl, ctx.clock)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        operation = self._operation
        key_of, function, keeps = operation.key, operation.function, operation.how == "left"
        cache, lookup, own = self._cache, self._lookup, self._own
        for value in records:
            key = value if key_of is None else key_of(value)
            found = cache.get(key)
            if found is _NOTHING:
                found = lookup(key)
                cache.put(key, found)
            if found is not None or keeps:
                yield function(value, own(found))

    def close(self) -> None:
        self._close()


class _AsyncLookup(AsyncOperator):
    def __init__(self, operation: LookupJoinOperation) -> None:
        self._join = operation

    def _operation(self, ctx: OperatorContext) -> AsyncOperation:  # type: ignore[override]
        join = self._join
        self._cache = LookupCache(join.cache_size, join.cache_ttl, ctx.clock)
        self._own = keeper(ctx)[0] if join.cache_size > 0 else as_it_is
        return AsyncOperation(
            function=join.lookup, timeout=join.timeout, capacity=join.capacity, ordered=join.ordered
        )

    def _open_function(
        self, operation: AsyncOperation, ctx: OperatorContext
    ) -> tuple[Callable[..., Any], Callable[[], None]]:
        method = "async_invoke" if hasattr(operation.function, "async_invoke") else "lookup"
        self._lookup, close = opened(operation.function, ctx, method)
        return self._enrich, close

    async def _enrich(self, value: Any) -> list[Any]:
        join = self._join
        key = value if join.key is None else join.key(value)
        found = self._cache.get(key)
        if found is _NOTHING:
            found = await self._lookup(key)
            self._cache.put(key, found)
        if found is None and join.how != "left":
            return []
        return [join.function(value, self._own(found))]


class LookupCache:
    """The most recently used results, each for a limited time; 0 entries: no cache."""

    def __init__(self, entries: int, ttl_ms: int, clock: Clock) -> None:
        self._limit = entries
        self._ttl_ms = ttl_ms
        self._now = clock.now_ms
        self._found: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Any) -> Any:
        if self._limit <= 0:
            return _NOTHING
        key = freeze(key)
        entry = self._found.get(key)
        if entry is None:
            return _NOTHING
        if self._ttl_ms and self._now() - entry[1] >= self._ttl_ms:
            del self._found[key]
            return _NOTHING
        self._found.move_to_end(key)
        return entry[0]

    def put(self, key: Any, value: Any) -> None:
        if self._limit <= 0:
            return
        self._found[freeze(key)] = (value, self._now())
        if len(self._found) > self._limit:
            self._found.popitem(last=False)


def _operation(ctx: OperatorContext) -> LookupJoinOperation:
    params = ctx.params
    return LookupJoinOperation(
        lookup=ctx.load("lookup"),
        key=ctx.load("key"),
        function=ctx.load("function") or _pair,
        how=params.get("how", "inner"),
        cache_size=int(params.get("cacheSize") or 0),
        cache_ttl=int(params.get("cacheTtl") or 0),
        timeout=int(params.get("timeout") or 0),
        capacity=int(params.get("capacity") or 100),
        ordered=bool(params.get("ordered", True)),
    )


def _pair(value: Any, found: Any) -> tuple[Any, Any]:
    return value, found


def _nothing() -> None:
    pass
