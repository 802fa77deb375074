"""Prints records to the program's stdout, as PyFlink does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...._interfaces.sink import Sink, SinkContext, SinkWriter
from ...._text.format import formatter
from ...._types.coerce import coercer
from ....common.types import Row
from ...runtime.coercion import coerced
from ...runtime.operator import OperatorContext

if TYPE_CHECKING:
    from ...._program.job_graph import OperatorSpec

_LINES_A_WRITE = 1024


class PrintSink(Sink[Any]):
    """``params``: identifier, stderr, type (declared type of the records)."""

    def __init__(self, spec: OperatorSpec) -> None:
        self._spec = spec

    def writer(self, context: SinkContext, restored: Sequence[Any]) -> SinkWriter[Any]:
        return _PrintWriter(self._spec, context)


class _PrintWriter(SinkWriter[Any]):
    """Prefix: none; ``id> ``; ``N> `` or ``id:N> `` where the sink is parallel (N = subtask from 1)."""

    keeps = False
    functions = ()

    def __init__(self, spec: OperatorSpec, context: SinkContext) -> None:
        self._spec, self._context = spec, context
        params = spec["params"]
        identifier = params.get("identifier") or ""
        parallel = str(context.subtask + 1) if context.parallelism > 1 else ""
        joined = ":".join(part for part in (identifier, parallel) if part)
        self._prefix = f"{joined}> " if joined else ""
        declared = params.get("type")
        self._format = formatter(declared)
        self._coerce = coercer(declared) if declared else None
        #: PyFlink turns typed rows into text in their own chain: as they are, whatever names they have.
        self._shows_rows = declared is not None and declared["kind"] == "ROW"
        self._stderr = bool(params.get("stderr"))
        self._lines: list[str] = []
        self._written = 0
        self._writing = threading.Lock()

    def write_all(self, values: Iterator[Any]) -> Iterator[Any]:
        while True:
            lines = self._lines = []
            try:
                # A record becomes a line before the function that made it goes on, which may change it.
                lines.extend(map(self._line, islice(values, _LINES_A_WRITE)))
            finally:
                # Also when a function before raised: what was made so far is shown.
                self.let_out()
                self._lines = []
                self._written = 0
            if len(lines) < _LINES_A_WRITE:
                return
            yield from ()

    def let_out(self) -> None:
        # The list grows while a function before is at work; the watchdog may come by then.
        with self._writing:
            count = len(self._lines)
            lines = self._lines[self._written : count]
            self._written = count
            if lines:
                self._context.print("".join(lines), self._stderr)

    def _line(self, record: Any) -> str:
        if self._coerce is not None and not (self._shows_rows and type(record) is Row):
            record = coerced(self._coerce, [record], self._spec)[0]
        try:
            return f"{self._prefix}{self._format(record)}\n"
        except StopIteration as e:
            # Of a ``__str__``: what is behind here would take it for the end of the records.
            raise RuntimeError("StopIteration was raised by the record's __str__") from e


def print_sink(ctx: OperatorContext) -> PrintSink:
    return PrintSink(ctx.spec)
