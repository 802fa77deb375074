"""Sources and sinks that run in a worker, by the name of their connector. Modules are imported on first use: a job needs few of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from ..._program.kinds import name_of
from ..operators.sink_operator import SinkOperator, own_sink
from ..runtime.operator import Operator
from ..runtime.source import Source

#: connector → (module in this package, class).
SOURCES: dict[str, tuple[str, str]] = {
    "collection": ("collection.source_collection", "CollectionSource"),
    "sequence": ("sequence.source_sequence", "SequenceSource"),
    "lines": ("file.lines", "LinesSource"),
    "csv": ("file.csv_files", "CsvSource"),
    "function": ("function.source_function", "FunctionSource"),
}
#: connector → (module in this package, what makes the sink of an operator's context).
SINKS: dict[str, tuple[str, str]] = {
    "print": ("print.sink_print", "print_sink"),
    "collect": ("collection.sink_collect", "collect_sink"),
    "output": ("collection.sink_collect", "collect_sink"),
    "file": ("file.sink_file", "file_sink"),
    "function": ("function.sink_function", "function_sink"),
}


def make_source(spec: dict[str, Any]) -> Source:
    connector = spec.get("connector")
    if connector not in SOURCES:
        raise ValueError(f"no Python source of kind {name_of(spec)}")
    source: Source = _class(SOURCES[connector])()
    return source


def find_sink(spec: dict[str, Any]) -> Callable[[], Operator] | None:
    """What makes the operator of a sink; None for operators that are none of a worker's."""
    if spec["kind"] != "sink":
        return None
    connector = spec.get("connector")
    if connector is None:
        return lambda: SinkOperator(own_sink)
    return partial(SinkOperator, _class(SINKS[connector])) if connector in SINKS else None


def _class(known: tuple[str, str]) -> Any:
    module, name = known
    return getattr(import_module(f"{__name__}.{module}"), name)
