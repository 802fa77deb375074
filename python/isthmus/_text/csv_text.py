"""Rows as lines of CSV and back, by declared types.

Reading is the standard library's; writing quotes as Jackson does (what PyFlink writes with): a text longer than 24
characters, or with a character up to the separator, is quoted.
"""

from __future__ import annotations

import csv
import decimal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.types import Row
from ..errors import IsthmusError
from .csv_columns import empty_is_value, form_of, is_quotable, parser_of

#: Texts longer than this are quoted without looking.
_QUOTE_BEYOND = 24
#: The longest field; Python's own limit of 131,072 characters is that of the process.
_FIELD_LIMIT = (1 << 31) - 1


@dataclass(frozen=True)
class CsvDialect:
    """How a CSV text looks."""

    separator: str = ","
    quote: str | None = '"'
    escape: str | None = None
    array_separator: str = ";"
    line_separator: str = "\n"
    null: str | None = None
    comments: bool = False
    header: bool = False
    strict_header: bool = False
    skip_first_row: bool = False
    #: Rows that cannot be read are left out.
    ignore_errors: bool = False

    @property
    def defaults(self) -> tuple[str, str | None]:
        """What columns take from their schema."""
        return self.array_separator, self.null


class CsvReader:
    """Reads the rows of a file: ``reader(open file, its path)``."""

    def __init__(self, names: list[str], types: Sequence[Mapping[str, Any]], dialect: CsvDialect) -> None:
        """
        Raises:
            IsthmusError: A column's type cannot be read.
        """
        self.names, self._types, self._dialect = names, types, dialect
        self._parsers()

    def _parsers(self) -> list[Callable[[str], Any]]:
        return [parser_of(spec, self._dialect.defaults) for spec in self._types]

    def __call__(self, file: Iterable[str], path: str) -> Iterator[Row]:
        dialect = self._dialect
        reader = _Uncommented(file, dialect) if dialect.comments else _rows(file, dialect)
        if dialect.header:
            header = next(reader, None)
            if dialect.strict_header and header is not None and header != self.names:
                raise IsthmusError(
                    f"The header of {path} is {header}; the schema says {self.names}.", code="ISTHMUS_USER"
                )
        if dialect.skip_first_row:
            next(reader, None)
        parsers = self._parsers()
        # An empty field of these is an empty text or array; of others it is no value.
        texts = [empty_is_value(spec) for spec in self._types]
        make = Row(*self.names)
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as e:
                raise IsthmusError(f"{path} near line {reader.line_num}: {e}.", code="ISTHMUS_USER") from e
            if not fields:
                if texts != [True]:
                    continue
                fields = [""]  # the only column's empty text
            try:
                yield make(*self._values(fields, parsers, texts))
            except ValueError as e:
                if not dialect.ignore_errors:
                    raise IsthmusError(f"{path}, line {reader.line_num}: {e}", code="ISTHMUS_USER") from e

    def _values(
        self, fields: list[str], parsers: list[Callable[[str], Any]], texts: list[bool]
    ) -> Iterator[Any]:
        if len(fields) == len(parsers) + 1 and fields[-1] == "":
            fields = fields[:-1]  # a separator may end the line
        if len(fields) != len(parsers):
            raise ValueError(f"the row has {len(fields)} fields; the schema has {len(parsers)}.")
        null = self._dialect.null
        for name, text, parse, is_text in zip(self.names, fields, parsers, texts):
            if text == null or (text == "" and not is_text):
                yield None
                continue
            try:
                yield parse(text)
            except (ValueError, decimal.InvalidOperation) as e:
                raise ValueError(f"column {name!r} cannot be read: {e}.") from e


class _Uncommented:
    """The rows of a text without its comments. A line within a quoted field is none, whatever it begins with."""

    def __init__(self, lines: Iterable[str], dialect: CsvDialect) -> None:
        self._lines, self._between = lines, True
        self._reader = _rows(self._without_comments(), dialect)

    def _without_comments(self) -> Iterator[str]:
        for line in self._lines:
            if self._between and line.lstrip().startswith("#"):
                continue
            self._between = False
            yield line

    def __iter__(self) -> _Uncommented:
        return self

    def __next__(self) -> list[str]:
        self._between = True
        return next(self._reader)

    @property
    def line_num(self) -> int:
        return self._reader.line_num  # type: ignore[no-any-return]


def _rows(lines: Iterable[str], dialect: CsvDialect) -> Any:
    if csv.field_size_limit() < _FIELD_LIMIT:
        csv.field_size_limit(_FIELD_LIMIT)
    return csv.reader(
        lines,
        delimiter=dialect.separator,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        quoting=csv.QUOTE_NONE if dialect.quote is None else csv.QUOTE_MINIMAL,
        strict=True,
    )


class CsvWriter:
    """Writes a row as a line, without the line separator."""

    def __init__(self, dialect: CsvDialect, names: list[str], types: Sequence[Mapping[str, Any]]) -> None:
        """
        Raises:
            IsthmusError: A column's type cannot be written.
        """
        self._dialect, self._names = dialect, names
        self._forms = [form_of(spec, dialect.defaults) for spec in types]
        self._quotable = [is_quotable(spec) for spec in types]
        self._empty_line_is_none = not all(empty_is_value(spec) for spec in types)
        quote = dialect.quote or ""
        self._safe_from = max(map(ord, (dialect.separator, quote or "\0", "\r", "\n"))) + 1

    def header(self) -> str:
        """The names of the columns."""
        return self._dialect.separator.join(map(self._quoted, self._names))

    def line(self, values: Any) -> str:
        """
        Raises:
            TypeError: A value is not of its column's type, or the row has not as many as there are columns.
        """
        if len(values) != len(self._forms):
            raise TypeError(f"A CSV row of {len(self._forms)} columns was given {len(values)} values.")
        fields = []
        for i, value in enumerate(values):
            if value is None:
                fields.append(self._dialect.null or "")
                continue
            try:
                text = self._forms[i](value)
            except TypeError as e:
                raise TypeError(f"The column {self._names[i]!r} of a CSV row cannot be written: {e}.") from e
            fields.append(self._quoted(text) if self._quotable[i] else text)
        if fields == [""] and self._empty_line_is_none and self._dialect.quote is not None:
            return self._dialect.quote * 2  # an empty line is no row
        return self._dialect.separator.join(fields)

    def _quoted(self, text: str) -> str:
        dialect = self._dialect
        quote = dialect.quote
        escape = dialect.escape or ""
        escaped = escape != "" and escape in text
        if quote is None or not (
            escaped or len(text) > _QUOTE_BEYOND or any(ord(c) < self._safe_from for c in text)
        ):
            return text
        if escaped:
            text = text.replace(escape, escape * 2)
        return f"{quote}{text.replace(quote, quote * 2)}{quote}"
