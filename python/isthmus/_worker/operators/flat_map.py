"""One record in, any number out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..runtime.opening import open_function
from ..runtime.operator import Operator, OperatorContext


class FlatMapOperator(Operator):
    """A result that is not iterable (a forgotten ``yield``) raises ``TypeError: 'NoneType' object is not iterable``."""

    called_from_c = True
    flattens = True

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._function, self._close = open_function(ctx, "flat_map")
        self.functions = (self._function,)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return chain.from_iterable(map(self._function, records))

    def close(self) -> None:
        self._close()
