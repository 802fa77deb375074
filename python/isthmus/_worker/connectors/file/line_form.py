"""How a file sink makes bytes of a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...._text.format import file_formatter
from ...._types.coerce import coercer
from ....common._charsets import written
from ...runtime.coercion import coerced

if TYPE_CHECKING:
    from ...._program.job_graph import OperatorSpec, TypeSpec


class LineForm:
    """Of text, or of CSV where ``rowFormat`` is said."""

    def __init__(self, spec: OperatorSpec) -> None:
        params = spec["params"]
        self._spec = spec
        mark, self._charset = written(params.get("charset") or "utf-8")
        declared = params.get("type")
        self._format: Callable[[Any], str] = file_formatter(declared)
        self._line_end = "\n"
        header = ""
        if params.get("rowFormat"):
            header = self._use_csv(params["rowFormat"])
        #: What comes before all records of a file.
        self.head = mark + header.encode(self._charset)
        #: The bytes of a record.
        self.line = self._of_any() if declared is None else self._of_declared(declared)

    def _of_any(self) -> Callable[[Any], bytes]:
        form, end, charset = self._format, self._line_end, self._charset
        return lambda record: (form(record) + end).encode(charset)

    def _of_declared(self, declared: TypeSpec) -> Callable[[Any], bytes]:
        line, spec, coerce = self._of_any(), self._spec, coercer(declared)
        if coerce is None:
            return line
        return lambda record: line(coerced(coerce, [record], spec)[0])

    def _use_csv(self, given: dict[str, Any]) -> str:
        """Returns the header."""
        from ...._text.csv_format import CsvFormat

        form = CsvFormat.of_data(given)
        writer, names = form.writer(), form.names
        self._line_end = form.dialect.line_separator

        def line(record: Any) -> str:
            if isinstance(record, dict):
                record = [record[name] for name in names]
            return writer.line(record)

        self._format = line
        return writer.header() + self._line_end if form.dialect.header else ""
