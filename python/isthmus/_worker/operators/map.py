"""One record in, one record out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..runtime.opening import open_function
from ..runtime.operator import Operator, OperatorContext
from ..runtime.reach import Proof


class MapOperator(Operator):
    """``map``; without a function the identity."""

    called_from_c = True
    changes_count = False

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._close = None
        self._function = None
        self._proof: Proof | None = None
        if ctx.spec.get("fns"):
            self._function, self._close = open_function(ctx, "map")
            self.functions = (self._function,)
            self._proof = Proof(self._function)

    def reach_after(self, given: int) -> int:
        return given if self._proof is None else self._proof.after(given)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return records if self._function is None else map(self._function, records)

    def close(self) -> None:
        if self._close is not None:
            self._close()
