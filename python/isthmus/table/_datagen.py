"""The ``datagen`` connector: rows of random or counted values, for trying things out.

Options are read and checked in the program (``datagen_source``); the rows are made in the workers (``DatagenRows``).
Names, defaults and behaviour are Flink's:

D1. Subtask *i* of *p* gets every p-th number of a sequence, and its share of the rows and of the rate.
D2. Rows come in bursts: a second's rows at once, then nothing until the second is over.
D3. The source ends with its first sequence, or after ``number-of-rows``; without either it never ends.
"""

from __future__ import annotations

import datetime
import decimal
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._program.graph import ProgramGraph
from .._types.data_types import DataType, RowType
from ..common.time import Instant
from ..common.types import Row
from ..datastream.connectors.base import Refs, Source
from ..errors import ConfigurationError, UnsupportedError

if TYPE_CHECKING:
    from .._program.job_graph import HostLanguage

#: A column: ("sequence", SQL root, first, last) or ("random", how to make a value). Plain data, with numbers that the options say
#: as texts: not all that reads a graph has integers of any size, or floats that are none.
_Column = Sequence[Any]

_DEFAULT_LENGTH = 100
_DEFAULT_ELEMENTS = 3
_INTEGERS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
#: Flink's defaults: the smallest positive number and the largest.
_FLOATS = {"FLOAT": (1.4e-45, 3.4028234663852886e38), "DOUBLE": (5e-324, 1.7976931348623157e308)}
_TEXTS = ("CHAR", "VARCHAR", "STRING")
_COUNTED = (*_INTEGERS, *_FLOATS, *_TEXTS, "DECIMAL")
_UNITS_MS = {
    "": 1,
    "ms": 1,
    "s": 1000,
    "sec": 1000,
    "m": 60_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}


class DatagenSource(Source):
    """Reads a table of the datagen connector."""

    def __init__(self, row_type: RowType, rows: tuple[Any, ...]) -> None:
        """``rows``: what ``DatagenRows`` is made of."""
        self._row_type, self._rows = row_type, rows

    def to_operator(
        self, graph: ProgramGraph
    ) -> tuple[str, str, dict[str, Any], Refs, HostLanguage | None, Any]:
        fns = {"function": graph.built_in(DatagenRows, *self._rows)}
        return "source.function", "datagen", {}, fns, None, self._row_type.type_info


def datagen_source(row_type: RowType, options: dict[str, str]) -> DatagenSource:
    """The source of a table.

    Raises:
        ConfigurationError: An option is unknown, missing or no value of its kind.
        UnsupportedError: A column's type cannot be generated.
    """
    read = _Options(options)
    rate = read.number("rows-per-second", int, 10_000)
    count = read.number("number-of-rows", int, None)
    columns = [_column(field.data_type, f"fields.{field.name}", read) for field in row_type.fields]
    read.refuse_others()
    rows = (row_type.field_names(), columns, str(rate), None if count is None else str(count))
    return DatagenSource(row_type, rows)


class _Options:
    """Options by key; remembers which were asked for."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options
        self._known = {"connector", "rows-per-second", "number-of-rows"}

    def text(self, key: str, default: Any = None) -> Any:
        self._known.add(key)
        return self._options.get(key, default)

    def number(self, key: str, parse: Callable[[str], Any], default: Any) -> Any:
        text = self.text(key)
        if text is None:
            return default
        try:
            return parse(text)
        except (ValueError, decimal.InvalidOperation) as e:
            raise ConfigurationError(f"datagen: could not parse value {text!r} for key '{key}'.") from e

    def refuse_others(self) -> None:
        others = sorted(set(self._options) - self._known)
        if others:
            raise ConfigurationError(
                f"Unsupported options found for 'datagen': {', '.join(others)}. "
                f"Those of this table are: {', '.join(sorted(self._known))}."
            )


def _column(data_type: DataType, key: str, read: _Options) -> _Column:
    kind = read.text(f"{key}.kind", "random")
    if kind == "random":
        return ("random", _random(data_type, key, read))
    if kind != "sequence":
        raise ConfigurationError(
            f"Unsupported generator kind {kind!r} for key '{key}.kind': it is random or sequence."
        )
    if data_type.root not in _COUNTED:
        raise UnsupportedError(f"datagen cannot count in a {data_type}; the kind of '{key}' must be random.")
    bounds = [read.number(f"{key}.{end}", int, None) for end in ("start", "end")]
    if None in bounds:
        missing = f"{key}.{'start' if bounds[0] is None else 'end'}"
        raise ConfigurationError(f"Could not find required property '{missing}' for sequence generator.")
    return ("sequence", data_type.root, *map(str, bounds))


def _random(data_type: DataType, key: str, read: _Options) -> tuple[Any, ...]:
    """How to make a random value of a type: ``(root, null rate, parameters…)``."""
    root, args = data_type.root, data_type.args
    nulls = read.number(f"{key}.null-rate", float, 0.0)
    if root in _INTEGERS:
        most = 1 << (_INTEGERS[root] - 1)
        return (root, nulls, *_bounds(key, read, int, -most, most - 1))
    if root in _FLOATS:
        return (root, nulls, *_bounds(key, read, float, *_FLOATS[root]))
    if root == "DECIMAL":
        precision, scale = args
        unit = decimal.Decimal(1).scaleb(-scale)
        most_decimal = unit.scaleb(precision) - unit
        low, high = _limits(key, read, decimal.Decimal, decimal.Decimal(0), most_decimal)
        return (root, nulls, str(int(low / unit)), str(int(high / unit)), scale)
    if root in ("CHAR", "BINARY"):
        return (root, nulls, args[0], False)
    if root in ("VARCHAR", "STRING", "VARBINARY", "BYTES"):
        length = read.number(f"{key}.length", int, args[0] if args else _DEFAULT_LENGTH)
        if args and length > args[0]:
            raise ConfigurationError(
                f"The length {length} of '{key}' is greater than its {data_type} allows."
            )
        return (root, nulls, length, read.text(f"{key}.var-len", "false") == "true")
    if root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        return (root, nulls, read.number(f"{key}.max-past", _milliseconds, 0))
    if root in ("BOOLEAN", "DATE", "TIME"):
        return (root, nulls)
    if root == "ARRAY":
        length = read.number(f"{key}.length", int, _DEFAULT_ELEMENTS)
        return (root, nulls, length, _random(data_type.parts[0], f"{key}.element", read))
    if root == "MAP":
        length = read.number(f"{key}.length", int, _DEFAULT_ELEMENTS)
        parts = zip(data_type.parts, ("key", "value"))
        return (root, nulls, length, *(_random(part, f"{key}.{name}", read) for part, name in parts))
    if isinstance(data_type, RowType):
        fields = [_random(f.data_type, f"{key}.{f.name}", read) for f in data_type.fields]
        return (root, nulls, data_type.field_names(), fields)
    raise UnsupportedError(f"datagen cannot make values of {data_type} for '{key}'.")


def _bounds(key: str, read: _Options, parse: Callable[[str], Any], low: Any, high: Any) -> tuple[str, str]:
    lowest, highest = _limits(key, read, parse, low, high)
    return repr(lowest), repr(highest)


def _limits(key: str, read: _Options, parse: Callable[[str], Any], low: Any, high: Any) -> tuple[Any, Any]:
    low, high = read.number(f"{key}.min", parse, low), read.number(f"{key}.max", parse, high)
    if low > high:
        raise ConfigurationError(f"'{key}.min' is {low}, which is greater than '{key}.max', {high}.")
    return low, high


def _milliseconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)\s*([a-z]*)", text.strip())
    if match is None or match[2] not in _UNITS_MS:
        raise ValueError(text)
    return int(match[1]) * _UNITS_MS[match[2]]


class DatagenRows:
    """Makes the rows in a worker: called with the source's context, it yields them at their rate."""

    def __init__(self, names: list[str], columns: list[_Column], rate: str, count: str | None) -> None:
        self._names, self._columns, self._rate = names, columns, int(rate)
        self._count = None if count is None else int(count)

    def __call__(self, ctx: Any) -> Iterator[Row]:
        subtask, parallelism = ctx.subtask, ctx.parallelism
        rng = random.Random()
        columns = [_values(column, subtask, parallelism, rng) for column in self._columns]
        make = Row(*self._names)
        rows: Iterator[Row] = (make(*values) for values in zip(*columns))  # D3
        left = None if self._count is None else _share(self._count, subtask, parallelism)
        burst = max(1, _share(self._rate, subtask, parallelism))
        due = time.monotonic()
        while left is None or left > 0:
            size = burst if left is None else min(burst, left)
            for _ in range(size):
                row = next(rows, None)
                if row is None:
                    return
                yield row
            if left is not None:
                left -= size
            due += 1  # D2
            while left != 0 and (wait := due - time.monotonic()) > 0:
                if ctx.is_stopping:
                    return
                time.sleep(min(wait, 0.1))


def _share(total: int, subtask: int, parallelism: int) -> int:
    return total // parallelism + (total % parallelism > subtask)


def _values(column: _Column, subtask: int, parallelism: int, rng: random.Random) -> Iterator[Any]:
    if column[0] == "random":
        return iter(_maker(column[1], rng), _NEVER)
    _, root, first, last = column
    numbers = range(int(first) + subtask, int(last) + 1, parallelism)  # D1
    if root in _TEXTS:
        return map(str, numbers)
    if root in _FLOATS:
        return map(float, numbers)
    return map(decimal.Decimal, numbers) if root == "DECIMAL" else iter(numbers)


_NEVER = object()


def _maker(spec: Sequence[Any], rng: random.Random) -> Callable[[], Any]:
    root, nulls, *given = spec
    make = _scalar_maker(root, given, rng) if root not in ("ARRAY", "MAP", "ROW") else _nested(spec, rng)
    if nulls == 0:
        return make
    return lambda: None if rng.random() < nulls else make()


def _scalar_maker(root: str, given: list[Any], rng: random.Random) -> Callable[[], Any]:
    if root in _INTEGERS:
        low, high = map(int, given)
        return lambda: rng.randint(low, high)
    if root in _FLOATS:
        least, most = map(float, given)
        # Not uniform(): most - least may be beyond the largest float.
        return lambda: least * (1 - (part := rng.random())) + most * part
    if root == "DECIMAL":
        (low, high), scale = map(int, given[:2]), given[2]
        return lambda: decimal.Decimal(rng.randint(low, high)).scaleb(-scale)
    if root == "BOOLEAN":
        return lambda: rng.random() < 0.5
    if root == "DATE":
        return datetime.date.today
    if root == "TIME":
        return lambda: _now().time()
    if root == "TIMESTAMP":
        return lambda: _now() - datetime.timedelta(milliseconds=rng.randint(0, given[0]))
    if root == "TIMESTAMP_LTZ":
        return lambda: Instant.of_epoch_milli(int(time.time() * 1000) - rng.randint(0, given[0]))
    length, varies = given
    size = (lambda: rng.randint(1, length)) if varies and length else (lambda: length)
    if root in _TEXTS:
        return lambda: _hexadecimal(size(), rng)
    return lambda: rng.randbytes(size())


def _now() -> datetime.datetime:
    now = datetime.datetime.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _hexadecimal(length: int, rng: random.Random) -> str:
    return f"{rng.getrandbits(4 * length):0{length}x}" if length else ""


def _nested(spec: Sequence[Any], rng: random.Random) -> Callable[[], Any]:
    root, _, *given = spec
    if root == "ROW":
        names, fields = given
        make, makers = Row(*names), [_maker(field, rng) for field in fields]
        return lambda: make(*[maker() for maker in makers])
    length, *parts = given
    makers = [_maker(part, rng) for part in parts]
    if root == "ARRAY":
        (element,) = makers
        return lambda: [element() for _ in range(length)]
    key, value = makers
    return lambda: {key(): value() for _ in range(length)}
