"""A CSV format as plain data, as params of sources and sinks say it (``rowFormat`` in ``docs/operators.md``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from .csv_text import CsvDialect, CsvReader, CsvWriter


@dataclass(frozen=True)
class CsvFormat:
    """The columns of a text, and how it looks."""

    names: list[str]
    #: By column, as ``to_spec()`` says types; a decimal's has its digits, an array's may have its separator.
    types: Sequence[Mapping[str, Any]]
    dialect: CsvDialect

    @staticmethod
    def of_data(said: Mapping[str, Any]) -> CsvFormat:
        """What ``as_data`` has given. What is not said is as of any CSV."""
        given = {field: said[name] for field, name in _NAMES.items() if name in said}
        return CsvFormat(said["names"], said["types"], CsvDialect(**given))

    def as_data(self) -> dict[str, Any]:
        """Names, types and each field of the dialect, in camelCase."""
        dialect = {name: getattr(self.dialect, field) for field, name in _NAMES.items()}
        return {"kind": "csv", "names": self.names, "types": list(self.types), **dialect}

    def reader(self) -> CsvReader:
        return CsvReader(self.names, self.types, self.dialect)

    def writer(self) -> CsvWriter:
        return CsvWriter(self.dialect, self.names, self.types)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


_NAMES = {field.name: _camel_case(field.name) for field in fields(CsvDialect)}
