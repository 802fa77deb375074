"""What goes into a vectorised function as an array or a table comes out as it was, whatever the records are."""

from __future__ import annotations

import datetime
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import numpy
import pandas
import polars
import pyarrow
import pytest
from isthmus.common import Row, RowKind
from isthmus.testing import OneInputHarness

FORMATS = ["list", "numpy", "arrow", "pandas", "polars"]
TABLES = ["arrow", "pandas", "polars"]
NAN = float("nan")
UTC = datetime.timezone.utc


class Point(NamedTuple):
    x: int
    name: str | None


@dataclass
class Reading:
    id: int
    note: str | None = None


@dataclass(frozen=True)
class Derived:
    base: int
    twice: int = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "twice", 2 * self.base)


def through(function: Any, records: list[Any], form: str, kind: str = "map_batch") -> list[Any]:
    with OneInputHarness(function, kind=kind, params={"format": form, "batchSize": len(records)}) as h:
        h.process(*records)
        return h.output


def looks(records: list[Any]) -> list[tuple[type, str]]:
    """Types, values and the order of fields: 1, 1.0 and True are three things here."""
    return [(type(record), repr(record)) for record in records]


ROW_OF_UPDATE = Row.of_kind(RowKind.UPDATE_AFTER, id=1, name="a")

RECORDS: dict[str, list[Any]] = {
    "dicts with different fields": [{"id": 0}, {"id": 2, "note": "important"}, {"id": 3}],
    "absent and None": [{"a": 1, "b": None}, {"a": None}, {"b": 2.5, "a": 7}, {}],
    "absent, None and NaN": [{"x": 1.5}, {"x": None}, {"x": NAN}, {}],
    "dicts without fields": [{}, {}],
    "orders of fields": [{"a": 1, "b": 2}, {"b": 3, "a": 4}],
    "ordered dicts": [OrderedDict(b=1, a=2), OrderedDict(a=1)],
    "whole numbers": [1, 2, -(2**60)],
    "whole numbers and None": [1, None, 2**60 + 1],
    "large whole numbers in fields": [{"n": 2**60 + 1}, {"n": None}, {}],
    "floats": [1.0, -0.0, NAN, float("inf")],
    "floats and None": [1.0, None, NAN],
    "whole numbers and floats": [1, 2.5, 3, 2**53],
    "bools": [True, False],
    "bools and None": [True, None],
    "bools and numbers": [1, True, 0, False, 2.5],
    "0 and False": [0, False],
    "1.5 and 1": [1.5, 1, True],
    "texts": ["a", "", "größe", "5", "a\0"],
    "texts and None": ["a", None],
    "None": [None, None],
    "dates": [datetime.date(2024, 2, 29), datetime.date(1, 1, 1)],
    "times": [datetime.datetime(2024, 2, 29, 1, 2, 3, 4), datetime.datetime(1, 1, 1), None],
    "times of a zone": [
        datetime.datetime(2024, 2, 29, tzinfo=UTC),
        datetime.datetime(2024, 3, 1, tzinfo=UTC),
    ],
    "times of day": [datetime.time(1, 2, 3, 4)],
    "lengths of time": [datetime.timedelta(days=-1, microseconds=1), datetime.timedelta(0)],
    "decimals": [Decimal("1.10"), Decimal("2.5"), Decimal("-3")],
    "bytes": [b"a\0", b""],
    "lists": [[1, 2], [3, 4]],
    "lists of lengths": [[1], [2, 3], []],
    "tuples": [(1, 2), (3, 4)],
    "tuples of kinds": [(1, "x"), (2, "y")],
    "tuples of numbers": [(1, 2.5), (3, 4.0)],
    "tuples of lengths": [(1,), (1, "x")],
    "named tuples": [Point(1, "a"), Point(2, None)],
    "dataclasses": [Reading(1, "a"), Reading(2)],
    "frozen dataclasses": [Derived(1), Derived(2)],
    "rows": [Row(id=1, name="a"), ROW_OF_UPDATE],
    "rows without names": [Row(1, "a"), Row(2, None)],
    "rows of numbers": [Row(1, 2), Row(3, 4)],
    "dicts of lists": [{"l": [1, 2]}, {"l": []}, {"l": None}],
    "dicts of dicts": [{"d": {"x": 1}}, {"d": {"y": "b"}}, {"d": {}}],
    "dicts of tuples": [{"t": (1, 2)}, {"t": (3,)}],
}


@pytest.mark.parametrize("kind", ["map_batch", "flat_map_batch"])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", RECORDS)
def test_what_goes_in_comes_out(what, form, kind):
    records = RECORDS[what]
    assert looks(through(lambda batch: batch, records, form, kind)) == looks(records)


MIXED: dict[str, list[Any]] = {
    "records of all kinds": [{"a": 1}, (2, "x"), Point(3, "p"), Reading(4), Row(a=5), Row(6), [7], 8, None],
    "fields of all kinds": [{"a": 1}, {"a": "x"}, {"a": None}, {"a": [1]}, {"a": b"b"}, {}],
    "floats and numbers that they round": [{"a": 0.5}, {"a": 2**60 + 1}],
    "scalars that floats round": [0.5, 2**60 + 1],
    "beyond 64 bits": [1, 2**63, 2**70, -(2**70)],
    "times of two zones": [
        datetime.datetime(2024, 1, 1, tzinfo=UTC),
        datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        datetime.datetime(2024, 1, 1),
    ],
    "ids": [uuid.UUID(int=1), uuid.UUID(int=2)],
    "sets": [{1, 2}, frozenset((3,))],
    "texts and numbers": ["a", 1],
    "decimals that are none": [Decimal("NaN"), Decimal("1")],
    "dicts of odd names": [{1: "a"}, {"b": 2, 1: "c"}],
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", MIXED)
def test_what_a_library_has_no_column_for_is_an_error_that_names_the_field(what, form):
    records = MIXED[what]
    try:
        found = through(lambda batch: batch, records, form)
    except TypeError as e:
        assert form in ("arrow", "polars")
        assert "The field " in str(e)
    else:
        assert looks(found) == looks(records)


def test_numpy_rounds_nothing():
    arrays: list[Any] = []
    keep = lambda a: arrays.append(a) or a  # noqa: E731
    through(keep, [(2**60 + 1, 0.5)], "numpy")
    through(keep, [(1, "x")], "numpy")
    through(keep, [(1, 0.5)], "numpy")
    through(keep, [1, True], "numpy")
    assert [a.dtype.kind for a in arrays] == ["O", "O", "f", "i"]
    assert [a.ndim for a in arrays] == [2, 2, 2, 1]


def column(form: str, table: Any, name: str, values: list[Any]) -> Any:
    """The table with another column."""
    if form == "pandas":
        return table.assign(**{name: values})
    if form == "polars":
        return table.with_columns(polars.Series(name, values))
    return table.append_column(name, [values])


def kept(form: str, table: Any, rows: list[int]) -> Any:
    """Some rows of a table."""
    if form == "pandas":
        return table.iloc[rows]
    return table[rows] if form == "polars" else table.take(pyarrow.array(rows, pyarrow.int64()))


def renamed(form: str, table: Any, names: dict[str, str]) -> Any:
    if form == "pandas":
        return table.rename(columns=names)
    if form == "polars":
        return table.rename(names)
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def without(form: str, table: Any, name: str) -> Any:
    return table.drop(columns=[name]) if form == "pandas" else table.drop([name])


@pytest.mark.parametrize("form", TABLES)
def test_columns_that_a_function_adds_renames_and_drops(form):
    dicts = [{"id": 0}, {"id": 1, "note": "x"}]
    assert through(lambda t: column(form, t, "s", [0.5, None]), dicts, form) in (
        [{"id": 0, "s": 0.5}, {"id": 1, "note": "x", "s": None}],
        [
            {"id": 0, "s": 0.5},
            {"id": 1, "note": "x", "s": pytest.approx(NAN, nan_ok=True)},
        ],  # pandas has no other.
    )
    assert through(lambda t: renamed(form, t, {"id": "key"}), dicts, form) == [
        {"key": 0},
        {"key": 1, "note": "x"},
    ]
    assert through(lambda t: without(form, t, "id"), dicts, form) == [{}, {"note": "x"}]
    added = lambda t: column(form, t, "s", [7, 8])  # noqa: E731
    for records, row in [
        ([Point(1, "a"), Point(2, None)], Row(x=2, name=None, s=8)),
        ([Reading(1, "a"), Reading(2)], Row(id=2, note=None, s=8)),
        ([Row(a=1), Row(a=2)], Row(a=2, s=8)),
        ([(1,), (2,)], (2, 8)),
        ([1, 2], (2, 8)),
        ([[1], [2]], [2, 8]),
        ([Row(1), Row(2)], Row(2, 8)),
    ]:
        assert looks(through(added, records, form))[1] == looks([row])[0]


@pytest.mark.parametrize("form", TABLES)
def test_another_number_of_rows(form):
    dicts = [{"id": 0, "d": Decimal("1.10")}, {"id": 1, "note": "x"}, {"id": 2}, {"id": 3, "d": Decimal("2")}]
    few = lambda t: kept(form, t, [3, 1])  # noqa: E731
    assert looks(through(few, dicts, form, "flat_map_batch")) == looks([dicts[3], {"id": 1, "note": "x"}])
    for records in (
        [Point(1, None), Point(2, "b"), Point(3, None)],
        [Reading(1), Reading(2, "b"), Reading(3)],
    ):
        found = through(lambda t: kept(form, t, [1, 1, 0, 2]), records, form, "flat_map_batch")
        assert looks(found) == looks([records[i] for i in (1, 1, 0, 2)])
    assert through(lambda t: kept(form, t, []), dicts, form, "flat_map_batch") == []
    with pytest.raises(ValueError, match="was given 4 records and returned 2"):
        through(few, dicts, form)
    mixed = [{"a": 1}, Reading(1), {"a": 2}]
    if form == "pandas":  # Its index tells which is which.
        assert through(lambda t: kept(form, t, [1, 0]), mixed, form, "flat_map_batch") == [
            Reading(1),
            {"a": 1},
        ]
    else:
        with pytest.raises(TypeError, match=r"several kinds \(Reading, dict\) came back with another number"):
            through(lambda t: kept(form, t, [1, 0]), mixed, form, "flat_map_batch")


def test_rows_of_pandas_are_known_by_their_index():
    dicts = [{"k": 2, "n": None}, {"k": 1}, {"k": 3, "n": NAN}]
    found = through(lambda df: df.sort_values("k"), dicts, "pandas")
    assert looks(found) == looks([dicts[1], dicts[0], dicts[2]])


def test_a_group_of_pandas_keeps_what_it_is_of():
    dicts = [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}]
    found = through(lambda df: df.groupby("k").sum(), dicts, "pandas", "flat_map_batch")
    assert found == [{"k": "a", "n": 4}, {"k": "b", "n": 2}]


def test_two_columns_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="several columns 'a', of which a record could keep one only"):
        through(lambda df: pandas.concat([df, df], axis=1), [{"a": 1}], "pandas")


@pytest.mark.parametrize("form", TABLES)
def test_one_column_becomes_scalars(form):
    assert looks(through(lambda t: t["value"], [1, None], form)) == looks([1, None])
    assert looks(through(lambda t: t["a"], [{"a": True}, {}], form)) == looks([True, None])


@pytest.mark.parametrize("form", FORMATS)
def test_results_may_be_anything_of_a_batch(form):
    records = [1, 2]
    for results, expected in [
        ([5, 6], [5, 6]),
        ((5, 6), [5, 6]),
        (iter([5, 6]), [5, 6]),
        (numpy.array([0.5, 1.5]), [0.5, 1.5]),
        (numpy.array([[1, 2], [3, 4]]), [(1, 2), (3, 4)]),
        (numpy.array(["2024-01-02", "NaT"], "M8[ns]"), [datetime.datetime(2024, 1, 2), None]),
        (numpy.array([1500, 0], "m8[us]"), [datetime.timedelta(microseconds=1500), datetime.timedelta(0)]),
        (
            numpy.array(["2024-01-02", "2024-01-03"], "M8[D]"),
            [datetime.date(2024, 1, 2), datetime.date(2024, 1, 3)],
        ),
        (pandas.Series([1, None], dtype="Int64"), [1, None]),
        (pandas.Series(pandas.to_datetime(["2024-01-02", None])), [datetime.datetime(2024, 1, 2), None]),
        (polars.Series([1, None]), [1, None]),
        (pyarrow.array([1, None]), [1, None]),
    ]:
        assert looks(through(lambda batch, results=results: results, records, form)) == looks(expected)
    frames: list[Any] = [pandas.DataFrame, polars.DataFrame, pyarrow.table]
    for frame in frames:
        made = frame({"a": [1, 2], "b": ["x", None]})
        found = through(lambda batch, made=made: made, [{"a": 0}] * 2, form)
        assert found == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("result", [None, "ab", {"a": 1, "b": 2}, b"ab", 3], ids=repr)
def test_what_is_no_batch_is_refused(form, result):
    with pytest.raises(
        TypeError, match="A batch of results is a list, an array or a table; the function returned"
    ):
        through(lambda batch: result, [1, 2], form, "flat_map_batch")
