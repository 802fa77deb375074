"""The operators of the Python host by kind. Modules are imported on first use: a job needs few of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...errors import UnsupportedError
from ..opening import open_function
from ..operator import Operator

#: kind → (module in this package, class).
KINDS: dict[str, tuple[str, str]] = {
    "map": ("map", "MapOperator"),
    "filter": ("filter", "FilterOperator"),
    "flat_map": ("flat_map", "FlatMapOperator"),
    "project": ("project", "ProjectOperator"),
    "sink.print": ("sink_print", "PrintSink"),
    "sink.collect": ("sink_collect", "CollectSink"),
    "sink.output": ("sink_collect", "CollectSink"),
    "sink.file": ("sink_file", "FileSinkOperator"),
    "sink.function": ("sink_function", "FunctionSink"),
    "map_batch": ("map_batch", "MapBatchOperator"),
    "flat_map_batch": ("map_batch", "FlatMapBatchOperator"),
    "reduce": ("reduce", "ReduceOperator"),
    "aggregate": ("aggregate", "AggregateOperator"),
    "process": ("process", "ProcessOperator"),
    "co_map": ("co_map", "CoMapOperator"),
    "co_flat_map": ("co_flat_map", "CoFlatMapOperator"),
    "co_process": ("co_process", "CoProcessOperator"),
    "broadcast_process": ("broadcast_process", "BroadcastProcessOperator"),
    "timestamps": ("timestamps", "TimestampsOperator"),
    "window": ("window", "WindowOperator"),
    "async": ("async_wait", "AsyncOperator"),
    "interval_join": ("interval_join", "IntervalJoinOperator"),
    "window_join": ("window_join", "WindowJoinOperator"),
    "asof_join": ("asof_join", "AsOfJoinOperator"),
    "lookup_join": ("lookup_join", "LookupJoinOperator"),
}


def make_operator(spec: dict[str, Any], *, keyed: bool, batch: bool) -> Operator:
    """The operator of a spec, wrapped for BATCH execution where its input has to wait."""
    kind = spec["kind"]
    known = KINDS.get(kind)
    if known is None:
        raise UnsupportedError(
            f'Operator "{spec["name"]}": a Python worker has no operator of kind {kind!r}.'
        )
    module, name = known
    operator: Operator = getattr(import_module(f"{__name__}.{module}"), name)()
    # A broadcast stream is read first, so its other stream waits, too.
    if batch and (keyed or kind == "broadcast_process"):
        from .batch_keyed import BatchKeyedOperator

        return BatchKeyedOperator(operator)
    return operator


__all__ = ["KINDS", "make_operator", "open_function"]
