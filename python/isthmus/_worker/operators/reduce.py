"""Running reduce of a keyed stream: every record yields the key's new value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..._values.keep import as_it_is, keeper
from ..runtime.opening import open_function
from ..runtime.operator import Operator, OperatorContext
from ..runtime.runtime_context import runtime_context

_NOTHING: Any = object()


class KeyedFold(Operator):
    """Keeps one value per key in the table ``fold`` and emits it after every record: as a copy where it can be changed, for
    the operators behind may do so.
    """

    changes_count = False
    #: True: the last output of a key is its result in BATCH mode.
    final_only_in_batch = True

    def _open_fold(self, ctx: OperatorContext, fold: Callable[[Any, Any], Any]) -> None:
        self.ctx = ctx
        self.fold = fold
        self._table = runtime_context(ctx).backend.table("fold")
        # Behind the last operator the outputs see to it.
        self._own = as_it_is if ctx.last else keeper(ctx)[0]

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        table = self._table
        get = table.get
        fold, own = self.fold, self._own
        shares = own is as_it_is
        cursor = self.ctx.cursor
        for key, value in pairs:
            cursor.key = key
            current = get(key, _NOTHING)
            if current is not _NOTHING:
                value = fold(current, value)
            table[key] = value
            yield value if shares else own(value)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        return self.apply_keyed((cursor.key, value) for value in records)


class ReduceOperator(KeyedFold):
    """``fn`` is a ReduceFunction or a function of two values."""

    _close: Callable[[], None] | None = None

    def open(self, ctx: OperatorContext) -> None:
        function, self._close = open_function(ctx, "reduce")
        self.functions = (function,)
        self._open_fold(ctx, function)

    def close(self) -> None:
        if self._close is not None:
            self._close()
