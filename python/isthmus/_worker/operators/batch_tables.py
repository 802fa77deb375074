"""Records as a table of Arrow, pandas or polars and back.

A column for each field: keys of dicts, names of rows, named tuples and dataclasses, ``f0``, ``f1`` … of tuples and lists,
``value`` of all else. The columns of a batch are those of all of its records together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, Protocol

from ...errors import ConfigurationError
from .batch_records import ABSENT, NUMBERS, VALUE, Absent, Kept, Kind, kind_of, numeric

#: Columns of one of these give their values back as they are.
_EXACT: tuple[set[type], ...] = ({int}, {float}, {str}, {bool})


class Library(Protocol):
    """What a library of tables does."""

    name: str

    def column(self, values: list[Any], types: set[type]) -> Any:
        """A column of values, ``None`` where there is none; ``types`` are those of the others. It raises what it cannot hold."""

    def table(self, columns: dict[Any, Any], rows: int) -> Any: ...

    def values(self, column: Any) -> list[Any]:
        """Python's values of a column, ``None`` for nulls."""

    def is_table(self, results: Any) -> bool: ...

    def is_column(self, results: Any) -> bool: ...

    def columns(self, table: Any) -> list[tuple[Any, Any]]:
        """Names and columns of a table."""

    def origins(self, results: Any, rows: int) -> Sequence[int] | None:
        """Of which of the rows that it was given each row is, where that can be told."""


class TableBatch:
    """Remembers the records that it made a table of."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._records: list[Any] = []
        #: Of all records, or of each.
        self._kinds: list[Kind] = [kind_of(dict)]
        self._kept: dict[Any, Kept] = {}
        #: Dicts of the same fields in the same order, or tuples of one length: most batches.
        self._alike = False

    def takes(self, results: Any) -> bool:
        return self._library.is_table(results) or self._library.is_column(results)

    def to_batch(self, records: list[Any]) -> Any:
        self._records, self._kept = records, {}
        fields = self._fields_of(records)
        columns = {name: self._column(name, values) for name, values in fields.items()}
        return self._library.table(columns, len(records))

    def _fields_of(self, records: list[Any]) -> dict[Any, list[Any]]:
        """Values by column; ``ABSENT`` where a record has not the field."""
        classes = set(map(type, records))
        self._alike = True
        if classes == {dict} and len(set(map(tuple, records))) == 1:
            self._kinds = [kind_of(dict)]
            return {name: [record[name] for record in records] for name in records[0]}
        if classes == {tuple} and len(set(map(len, records))) == 1:
            self._kinds = [kind_of(tuple)]
            return {f"f{i}": list(column) for i, column in enumerate(zip(*records, strict=True))}
        self._alike = False
        kinds = {cls: kind_of(cls) for cls in classes}
        if len(kinds) == 1:
            self._kinds = list(kinds.values())
        else:
            self._kinds = [kinds[type(record)] for record in records]
        rows = [kinds[type(record)].fields(record) for record in records]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name, ABSENT) for row in rows] for name in names}

    def _column(self, name: Any, values: list[Any]) -> Any:
        types = set(map(type, values))
        exact = types in _EXACT
        held = values
        if not exact:
            types -= {Absent, type(None)}
            held = [None if value is ABSENT else value for value in values]  # R2 of batch_records.py
            if len(types) > 1 and types <= NUMBERS:
                held = self._numbers(name, held, types)
        try:
            column = self._library.column(held, types)
        except BaseException as e:  # A panic of polars is no Exception.
            if isinstance(e, (KeyboardInterrupt, SystemExit)):
                raise
            shown = " and ".join(sorted(cls.__name__ for cls in types)) or "None"
            raise TypeError(
                f"The field {name!r} cannot be a column of {self._library.name}, its values are {shown}: {e}"
            ) from e
        if not exact:
            self._kept[name] = Kept(values, lambda: self._library.values(column))
        return column

    def _numbers(self, name: Any, values: list[Any], types: set[type]) -> list[Any]:
        convert = numeric(types, values)
        if convert is not None:
            types.clear()
            types.add(float if convert is float else int)
            return [None if value is None else convert(value) for value in values]
        if self._library.name == "pandas":
            types.add(object)
            return values
        raise TypeError(
            f"The field {name!r} has floats and whole numbers that no float holds; {self._library.name} has no column for both."
        )

    def from_batch(self, results: Any) -> list[Any]:
        """The records of a table, or of one column: its values."""
        library = self._library
        origins = library.origins(results, len(self._records))
        if library.is_column(results):
            values = library.values(results)
            restored = self._restored(getattr(results, "name", VALUE), values, origins)
            return [None if value is ABSENT else value for value in restored]
        columns = library.columns(results)
        names = [name for name, _ in columns]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"The results have several columns {name!r}, of which a record could keep one only."
                )
        if not columns:
            return self._without_columns(results)
        lists = [self._restored(name, library.values(column), origins) for name, column in columns]
        return self._made(names, lists, origins)

    def _without_columns(self, results: Any) -> list[Any]:
        rows = len(results)
        # Arrow and polars know no rows where there are no columns: these are the ones that went in.
        if rows == 0 and all(not kind.fields(r) for kind, r in zip(self._kind_of_each(), self._records)):
            rows = len(self._records)
        kinds = self._kinds if len(self._kinds) == 1 else [kind_of(dict)]
        return [kinds[0].make({}) for _ in range(rows)]

    def _kind_of_each(self) -> Sequence[Kind] | Any:
        return repeat(self._kinds[0]) if len(self._kinds) == 1 else self._kinds

    def _restored(self, name: Any, values: list[Any], origins: Sequence[int] | None) -> list[Any]:
        kept = self._kept.get(name)
        if kept is None:
            return values
        if origins is None:
            return [kept.anywhere(value) for value in values]
        return [kept.at(i, value) for i, value in zip(origins, values)]

    def _made(self, names: list[Any], lists: list[list[Any]], origins: Sequence[int] | None) -> list[Any]:
        one = self._kinds[0] if len(self._kinds) == 1 else None
        if self._alike:
            rows = zip(*lists, strict=True)
            return list(rows) if self._kinds[0].name == "tuple" else _maker(tuple(names))(rows)
        if one is None and origins is None:
            kinds = sorted({kind.name for kind in self._kinds})
            raise TypeError(
                f"A batch of records of several kinds ({', '.join(kinds)}) came back with another number of rows, so that "
                "nobody knows which is which; give the function records of one kind, or return a list."
            )
        made = []
        for values, origin in zip(zip(*lists, strict=True), repeat(None) if origins is None else origins):
            fields = {name: value for name, value in zip(names, values) if value is not ABSENT}
            kind = one or self._kinds[origin]  # type: ignore[index]
            made.append(kind.make(fields, ABSENT if origin is None else self._records[origin]))
        return made


@lru_cache(maxsize=64)
def _maker(names: tuple[Any, ...]) -> Callable[[Iterable[tuple[Any, ...]]], list[dict[Any, Any]]]:
    """What makes dicts of rows. A dict display costs a third of a dict of pairs."""
    if not names or any(type(name) is not str for name in names):
        return lambda rows: [dict(zip(names, row)) for row in rows]
    values = [f"v{i}" for i in range(len(names))]
    pairs = ", ".join(f"{name!r}: {value}" for name, value in zip(names, values))
    made: Any = eval(f"lambda rows: [{{{pairs}}} for {', '.join(values)}, in rows]")
    return made  # type: ignore[no-any-return]


def table_batch(name: str) -> TableBatch:
    """
    Raises:
        ConfigurationError: The library is not installed.
    """
    try:
        return TableBatch(_LIBRARIES[name]())
    except ImportError as e:
        package = "pyarrow" if name == "arrow" else name
        raise ConfigurationError(
            f"The batch format {name!r} needs the package {package}, which this interpreter does not "
            f"have: {e}"
        ) from e


def _pandas() -> Library:
    from .batch_pandas import Pandas

    return Pandas()


def _polars() -> Library:
    from .batch_columnar import Polars

    return Polars()


def _arrow() -> Library:
    from .batch_columnar import Arrow

    return Arrow()


_LIBRARIES: dict[str, Callable[[], Library]] = {"pandas": _pandas, "polars": _polars, "arrow": _arrow}
