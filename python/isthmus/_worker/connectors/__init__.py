"""Sources and sinks that run in a worker, by operator kind. Modules are imported on first use: a job needs few of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..runtime.operator import Operator
from ..runtime.source import Source

#: kind → (module in this package, class).
SOURCES: dict[str, tuple[str, str]] = {
    "source.collection": ("collection.source_collection", "CollectionSource"),
    "source.sequence": ("sequence.source_sequence", "SequenceSource"),
    "source.lines": ("file.lines", "LinesSource"),
    "source.csv": ("file.csv_files", "CsvSource"),
    "source.function": ("function.source_function", "FunctionSource"),
}
SINKS: dict[str, tuple[str, str]] = {
    "sink.print": ("print.sink_print", "PrintSink"),
    "sink.collect": ("collection.sink_collect", "CollectSink"),
    "sink.output": ("collection.sink_collect", "CollectSink"),
    "sink.file": ("file.sink_file", "FileSinkOperator"),
    "sink.function": ("function.sink_function", "FunctionSink"),
}


def make_source(kind: str) -> Source:
    if kind not in SOURCES:
        raise ValueError(f"no Python source of kind {kind}")
    source: Source = _class(SOURCES[kind])()
    return source


def find_sink(kind: str) -> type[Operator] | None:
    """The class of a sink kind; None for kinds that are none of a worker's."""
    return _class(SINKS[kind]) if kind in SINKS else None


def _class(known: tuple[str, str]) -> Any:
    module, name = known
    return getattr(import_module(f"{__name__}.{module}"), name)
