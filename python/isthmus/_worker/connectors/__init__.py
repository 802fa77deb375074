"""Sources and sinks that run in a worker, by the name of their connector. Modules are imported on first use: a job needs few of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..._interfaces.source import Source
from ..._program.kinds import name_of
from ..._values.failure import safe_repr
from ...errors import GraphError
from ..operators.sink_operator import SinkOperator, own_sink
from ..runtime.operator import Operator, OperatorContext
from ..runtime.split_driver import OpenSource

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec

#: connector → (module in this package, class).
SOURCES: dict[str, tuple[str, str]] = {
    "collection": ("collection.source_collection", "CollectionSource"),
    "sequence": ("sequence.source_sequence", "SequenceSource"),
    "lines": ("file.lines", "LinesSource"),
    "csv": ("file.csv_files", "CsvSource"),
    "function": ("function.source_function", "function_source"),
}
#: connector → (module in this package, what makes the sink of an operator's context).
SINKS: dict[str, tuple[str, str]] = {
    "print": ("print.sink_print", "print_sink"),
    "collect": ("collection.sink_collect", "collect_sink"),
    "output": ("collection.sink_collect", "collect_sink"),
    "file": ("file.sink_file", "file_sink"),
    "function": ("function.sink_function", "function_sink"),
}


def make_source(spec: OperatorSpec) -> OpenSource:
    """What makes the source of an operator when that is opened."""
    connector = spec.get("connector")
    if connector is None:
        return _own_source
    if connector not in SOURCES:
        raise ValueError(f"no Python source of kind {name_of(spec)}")
    source: OpenSource = _class(SOURCES[connector])
    return source


def _own_source(ctx: OperatorContext) -> Source[Any]:
    """One of somebody else's."""
    source = ctx.load("connector")
    source = source() if isinstance(source, type) else source
    if isinstance(source, Source):
        return source
    raise GraphError(
        f'Source "{ctx.name}" needs an isthmus.connectors.Source; it was given {safe_repr(source)}.'
    )


def find_sink(spec: OperatorSpec) -> Callable[[], Operator] | None:
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
