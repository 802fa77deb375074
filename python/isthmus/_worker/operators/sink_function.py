"""A Python function as a sink."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress, repeat
from typing import Any

from ..opening import open_function
from ..operator import Operator, OperatorContext


class FunctionSink(Operator):
    """Calls a function (or the ``invoke`` method of an object) with every record."""

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._function, self._close = open_function(ctx, "invoke")
        self.functions = (self._function,)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        # Lazy and in C: every result is thrown away.
        return compress(map(self._function, records), repeat(False))

    def close(self) -> None:
        self._close()
