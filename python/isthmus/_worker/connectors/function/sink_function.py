"""A Python function as a sink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...._interfaces.sink import Sink, SinkContext, SinkWriter
from ...runtime.opening import opened
from ...runtime.operator import OperatorContext


class FunctionSink(Sink[Any]):
    """Calls a function (or the ``invoke`` method of an object) with every record, and ``flush`` of one that has it."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self._loaded = ctx.load("function")

    def writer(self, context: SinkContext, restored: Sequence[Any]) -> SinkWriter[Any]:
        return _FunctionWriter(self._loaded, self._ctx)


class _FunctionWriter(SinkWriter[Any]):
    def __init__(self, loaded: Any, ctx: OperatorContext) -> None:
        function, self._close = opened(loaded, ctx, "invoke")
        self.write = function  # type: ignore[method-assign]  # Called from C, with nothing in between.
        self.functions = (function,)
        flush = getattr(loaded, "flush", None)
        self._flush = flush if callable(flush) and not isinstance(loaded, type) else None

    def flush(self) -> None:
        if self._flush is not None:
            self._flush()

    def close(self) -> None:
        self._close()


def function_sink(ctx: OperatorContext) -> FunctionSink:
    return FunctionSink(ctx)
