"""Running sum, min, max, min_by and max_by of a keyed stream, by position or field name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..runtime.operator import OperatorContext
from .field_folds import aggregation, settled
from .reduce import KeyedFold


class AggregateOperator(KeyedFold):
    """Parameters: ``op`` and ``field``. The first record of a key passes unchanged."""

    def open(self, ctx: OperatorContext) -> None:
        self._open_fold(ctx, aggregation(ctx.params["op"], ctx.params.get("field", 0)))

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        self.fold = settled(self.fold)
        return super().apply_keyed(pairs)
