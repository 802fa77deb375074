"""Rows."""

from __future__ import annotations

import pickle

import pytest
from isthmus.common import Row
from isthmus.common.types import RowKind

named = Row(name="a", age=1)
plain = Row("a", 1)


def test_a_row_has_positions_and_perhaps_names():
    assert (plain[0], plain[1], plain[0:2], list(plain), len(plain)) == ("a", 1, ["a", 1], ["a", 1], 2)
    assert (named[0], named["age"], named.name, named.age) == ("a", 1, "a", 1)


def test_it_shows_what_it_has():
    assert repr(plain) == "<Row('a', 1)>"
    assert repr(named) == "Row(name='a', age=1)"
    assert str(RowKind.DELETE) == "-D"


def test_it_contains_names_where_it_has_some_and_values_otherwise():
    assert "name" in named and "a" not in named
    assert "a" in plain


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (Row("a", 1), Row("a", 1), True),
        (Row("a", 1), Row(1, "a"), False),
        (Row("a", 1), ("a", 1), False),
        (Row(name="a", age=1), Row(age=1, name="a"), True),
        (Row(name="a", age=1), Row("a", 1), False),
        (Row(name="a"), Row(other="a"), False),
    ],
)
def test_equality(a, b, equal):
    assert (a == b) is equal


def test_the_row_kind_takes_part_in_equality():
    deleted = Row("a", 1)
    deleted.set_row_kind(RowKind.DELETE)
    assert deleted != plain
    assert pickle.loads(pickle.dumps(deleted)).get_row_kind() is RowKind.DELETE


def test_its_hash_is_that_of_its_values():
    assert hash(plain) == hash(("a", 1)) == hash(named)


def test_a_row_of_names_makes_named_rows():
    person = Row("name", "age")
    assert person("a", 1) == named
    with pytest.raises(ValueError, match="expected 2 values"):
        person("a", 1, 2)


def test_fields_are_written_by_position_or_name_but_not_as_attributes():
    row = Row(name="a", age=1)
    row["age"], row[0] = 2, "b"
    assert (row.age, row.name) == (2, "b")
    with pytest.raises(AttributeError, match=r"write row\['age'\]"):
        row.age = 3


def test_as_dict():
    outer = Row(a=1, inner=Row(b=2), many=[Row(c=3)], by={"x": Row(d=4)})
    assert outer.as_dict()["inner"] == Row(b=2)
    assert outer.as_dict(True) == {"a": 1, "inner": {"b": 2}, "many": [{"c": 3}], "by": {"x": {"d": 4}}}
    with pytest.raises(TypeError, match="Cannot convert"):
        plain.as_dict()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda: Row(1, a=2), ValueError),
        (lambda: named["no"], ValueError),
        (lambda: named.no, AttributeError),
        (lambda: plain < plain, TypeError),
        (lambda: plain[2], IndexError),
        (lambda: named.get_fields_by_names(["no"]), Exception),
    ],
    ids=["both kinds", "unknown name", "unknown attribute", "not orderable", "no position", "no such names"],
)
def test_what_a_row_refuses(wrong, error):
    with pytest.raises(error):
        wrong()


@pytest.mark.parametrize("row", [plain, named, Row(), Row(a=Row(b=[Row(1)]))])
def test_rows_can_be_pickled(row):
    assert pickle.loads(pickle.dumps(row)) == row
