"""Hands records to the program: ``execute_and_collect`` and named outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...._interfaces.sink import Sink, SinkContext, SinkWriter
from ...runtime.operator import OperatorContext


class CollectSink(Sink[Any]):
    def writer(self, context: SinkContext, restored: Sequence[Any]) -> SinkWriter[Any]:
        return _CollectWriter()


class _CollectWriter(SinkWriter[Any]):
    """An identity: the exchange behind it leads to the client (``CLIENT`` in the execution plan)."""

    keeps = False
    #: Each record leaves the chain as it is.
    hands_on = True
    functions = ()

    def write_all(self, values: Iterator[Any]) -> Iterator[Any]:
        return values


def collect_sink(ctx: OperatorContext) -> CollectSink:
    return CollectSink()
