"""A map over two inputs; None is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..runtime.opening import opened
from ..runtime.operator import Operator, OperatorContext


class TwoMethods(Operator):
    """Opens one function object and binds two of its methods."""

    called_from_c = True

    methods: tuple[str, str]

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        loaded = ctx.load("function")
        first, second = self.methods
        self._first, self._close = opened(loaded, ctx, first)
        self._second = getattr(loaded, second)
        self._object = loaded
        self.functions = (self._first, self._second)

    def close(self) -> None:
        self._close()


class CoMapOperator(TwoMethods):
    methods = ("map1", "map2")

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return (result for result in map(self._first, records) if result is not None)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        return (result for result in map(self._second, records) if result is not None)
