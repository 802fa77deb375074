"""Rows as lines of CSV and back, by declared types.

Reading is the standard library's; writing quotes as Jackson does (what PyFlink writes with): a text longer than 24
characters, or with a character up to the separator, is quoted.
"""

from __future__ import annotations

import csv
import datetime
import decimal
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..._types.format import java_double, java_float
from ...common.types import Row
from ...errors import IsthmusError

_F32 = struct.Struct("<f")
#: Takes off trailing zeros and rounds nothing.
_EXACT = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
#: Texts longer than this are quoted without looking.
_QUOTE_BEYOND = 24


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


def parser_of(spec: dict[str, Any], dialect: CsvDialect) -> Callable[[str], Any]:
    """What turns the text of a column of a type (its ``to_spec()``) into a value; it raises ValueError."""
    kind = spec["kind"]
    if kind in ("STRING", "CHAR", "PICKLED_BYTE_ARRAY"):
        return str
    if "scale" in spec:
        return _decimal(spec["scale"], spec["precision"])
    if kind in _PARSERS:
        return _PARSERS[kind]
    if "element" in spec:
        inner = parser_of(spec["element"], dialect)
        separator = dialect.array_separator

        def array(text: str) -> list[Any]:
            return [inner(part) for part in text.split(separator)] if text else []

        return array
    raise IsthmusError(f"A CSV column cannot hold a {kind}; read it as a STRING.", code="ISTHMUS_GRAPH")


def _integer(bits: int) -> Callable[[str], int]:
    most = (1 << (bits - 1)) - 1

    def parse(text: str) -> int:
        value = int(_plain_number(text))
        if not -most - 1 <= value <= most:
            raise ValueError(f"{text!r} is out of the range of an integer of {bits} bits")
        return value

    return parse


def _float32(text: str) -> float:
    value: float = _F32.unpack(_F32.pack(_float(text)))[0]
    return value


def _float(text: str) -> float:
    return float(_plain_number(text))


def _plain_number(text: str) -> str:
    if "_" in text:  # a digit separator to Python
        raise ValueError(f"{text!r} is no number")
    return text


def _decimal(scale: int, precision: int) -> Callable[[str], decimal.Decimal | None]:
    unit = decimal.Decimal(1).scaleb(-scale)
    limit = decimal.Decimal(10) ** (precision - scale)

    def parse(text: str) -> decimal.Decimal | None:
        rounded = decimal.Decimal(text.strip()).quantize(unit, decimal.ROUND_HALF_UP)
        return rounded if abs(rounded) < limit else None  # as Flink: what does not fit is no value

    return parse


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return word == "true"


_PARSERS: dict[str, Callable[[str], Any]] = {
    "BYTE": _integer(8),
    "SHORT": _integer(16),
    "INT": _integer(32),
    "LONG": _integer(64),
    "BIG_INT": lambda text: int(_plain_number(text)),
    "FLOAT": _float32,
    "DOUBLE": _float,
    "BIG_DEC": lambda text: decimal.Decimal(text.strip()),
    "BOOLEAN": _boolean,
    "SQL_DATE": lambda text: datetime.date.fromisoformat(text.strip()),
    "SQL_TIME": lambda text: datetime.time.fromisoformat(text.strip()),
    "SQL_TIMESTAMP": lambda text: datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00")),
}


class CsvReader:
    """Reads the rows of a file: ``reader(open file, its path)``."""

    def __init__(self, names: list[str], types: list[dict[str, Any]], dialect: CsvDialect) -> None:
        self.names, self._types, self._dialect = names, types, dialect

    def __call__(self, file: Iterable[str], path: str) -> Iterator[Row]:
        dialect = self._dialect
        lines = (line for line in file if not line.lstrip().startswith("#")) if dialect.comments else file
        rows = _rows(lines, dialect)
        reader = rows
        if dialect.header:
            header = next(reader, None)
            if dialect.strict_header and header is not None and header != self.names:
                raise IsthmusError(
                    f"The header of {path} is {header}; the schema says {self.names}.", code="ISTHMUS_USER"
                )
        if dialect.skip_first_row:
            next(reader, None)
        parsers = [parser_of(spec, dialect) for spec in self._types]
        # An empty field of these is an empty text or array; of others it is no value.
        texts = [spec["kind"] in ("STRING", "CHAR") or "element" in spec for spec in self._types]
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


def _rows(lines: Iterable[str], dialect: CsvDialect) -> Any:
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

    def __init__(self, dialect: CsvDialect, types: list[dict[str, Any]] | None = None) -> None:
        """``types``: of the columns; a 32-bit float is written by it with the digits that it has."""
        self._dialect = dialect
        self._floats = None if types is None else [_holds_float32(spec) for spec in types]
        quote = dialect.quote or ""
        self._safe_from = max(map(ord, (dialect.separator, quote or "\0", "\r", "\n"))) + 1

    def line(self, values: Iterable[Any]) -> str:
        fields: Iterable[str]
        if self._floats is None:
            fields = map(self._field, values)
        else:
            fields = [self._field(value, short) for value, short in zip(values, self._floats)]
        return self._dialect.separator.join(fields)

    def _field(self, value: Any, short: bool = False) -> str:
        dialect = self._dialect
        if value is None:
            return dialect.null or ""
        if isinstance(value, (int, float, decimal.Decimal)):
            return _plain(value, short)
        if isinstance(value, (list, tuple)):
            text = dialect.array_separator.join([_plain(item, short) for item in value])
        else:
            text = _plain(value, short)
        quote = dialect.quote
        if quote is None or not (len(text) > _QUOTE_BEYOND or any(ord(c) < self._safe_from for c in text)):
            return text
        if dialect.escape is not None:
            text = text.replace(dialect.escape, dialect.escape * 2)
        return f"{quote}{text.replace(quote, quote * 2)}{quote}"


def _holds_float32(spec: dict[str, Any]) -> bool:
    return spec["kind"] == "FLOAT" or ("element" in spec and _holds_float32(spec["element"]))


def _plain(value: Any, short: bool) -> str:
    """A value without quotes, as Jackson writes it; ``short``: a float is one of 32 bits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_float(value) if short else java_double(value)
    if isinstance(value, decimal.Decimal):
        return str(value.normalize(_EXACT))
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
