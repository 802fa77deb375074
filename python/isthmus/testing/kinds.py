"""Which operator runs a function."""

from __future__ import annotations

from typing import Any

from ..datastream import functions as api

_BY_CLASS: tuple[tuple[type, str], ...] = (
    (api.KeyedProcessFunction, "process"),
    (api.ProcessFunction, "process"),
    (api.MapFunction, "map"),
    (api.FlatMapFunction, "flat_map"),
    (api.FilterFunction, "filter"),
    (api.ReduceFunction, "reduce"),
    (api.CoMapFunction, "co_map"),
    (api.CoFlatMapFunction, "co_flat_map"),
    (api.KeyedCoProcessFunction, "co_process"),
    (api.CoProcessFunction, "co_process"),
    (api.BaseBroadcastProcessFunction, "broadcast_process"),
)


def kind_of(function: Any) -> str:
    """The operator kind of a function object.

    Raises:
        TypeError: It could be several: say ``kind``.
    """
    for cls, kind in _BY_CLASS:
        if isinstance(function, cls):
            return kind
    raise TypeError(
        f"Which operator is to run {function!r}? Say it: kind='map', 'filter', 'flat_map', "
        "'reduce', 'process' …"
    )
