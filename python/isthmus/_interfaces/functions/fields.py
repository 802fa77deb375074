"""Sum, min and max of a field as reduce functions that merge, for windows."""

from __future__ import annotations

from typing import Any

from .basic import ReduceFunction
from .field_folds import aggregation


class FieldFold(ReduceFunction[Any]):
    """``op`` (sum, min, max, min_by, max_by) of a field, by position or name; 0 of a plain value is the value."""

    #: Sliding windows are put together from slices.
    mergeable = True

    def __init__(self, op: str, field: int | str) -> None:
        self._op, self._field = op, field
        # The fold itself, without a method around it: it is called for every record.
        self.reduce = aggregation(op, field)  # type: ignore[method-assign]

    def reduce(self, value1: Any, value2: Any, /) -> Any:
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        return FieldFold, (self._op, self._field)
