"""Process functions of two inputs; keyed ones share state and timers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..runtime.opening import opened
from ..runtime.operator import OperatorContext
from .process import KeyedContext, ProcessContext, TimerOperator
from .results import flatten


class CoProcessOperator(TimerOperator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        loaded = ctx.load("function")
        self._first, self._close = opened(loaded, ctx, "process_element1")
        self._second = loaded.process_element2
        self.functions = (self._first, self._second)
        if ctx.keyed:
            self._open_timers(ctx, loaded, KeyedContext(ctx))
        self._record_context = self._context or ProcessContext(ctx)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(self._first, records), self.ctx)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(self._second, records), self.ctx)

    def _each(self, process: Callable[..., Any], records: Iterator[Any]) -> Iterator[Iterable[Any]]:
        context = self._record_context
        for value in records:
            result = process(value, context)
            if result is not None:
                yield result

    def close(self) -> None:
        self._close()
