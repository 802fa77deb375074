"""Keeps the records for which the function says something true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..runtime.opening import open_function
from ..runtime.operator import Operator, OperatorContext
from ..runtime.reach import FIXED, Proof


class FilterOperator(Operator):
    called_from_c = True

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._function, self._close = open_function(ctx, "filter")
        self.functions = (self._function,)
        self._proof = Proof(self._function)

    def reach_after(self, given: int) -> int:
        return FIXED if given == FIXED else self._proof.after(given)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return filter(self._function, records)

    def close(self) -> None:
        self._close()
