"""JSON rows by declared type: nothing is rounded, nothing is written by its repr."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

import pytest
from isthmus.common import Row, SimpleStringSchema, Types
from isthmus.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from isthmus.errors import IsthmusError


def written(kind, value):
    info = Types.ROW_NAMED(["f"], [kind])
    return JsonRowSerializationSchema.builder().with_type_info(info).build().serialize(Row(f=value)).decode()


def read(kind, text):
    info = Types.ROW_NAMED(["f"], [kind])
    return JsonRowDeserializationSchema.builder().type_info(info).build().deserialize(text.encode())[0]


INNER = Types.ROW_NAMED(["x", "d"], [Types.INT(), Types.BIG_DEC()])
DIGITS = "12345678901234567890.123456789"

VALUES = [
    (Types.STRING(), 'a "b" ü', '"a \\"b\\" ü"'),
    (Types.LONG(), 2**63 - 1, str(2**63 - 1)),
    (Types.BIG_INT(), 10**40, "1" + "0" * 40),
    (Types.BOOLEAN(), False, "false"),
    (Types.DOUBLE(), 1e20, "1.0E20"),
    (Types.DOUBLE(), -0.0, "-0.0"),
    (Types.FLOAT(), 0.5, "0.5"),
    (Types.BIG_DEC(), Decimal(DIGITS), DIGITS),
    (Types.SQL_DATE(), datetime.date(2024, 2, 29), '"2024-02-29"'),
    (Types.SQL_TIME(), datetime.time(1, 2, 3), '"01:02:03"'),
    (Types.SQL_TIMESTAMP(), datetime.datetime(2024, 2, 29, 1, 2, 3), '"2024-02-29T01:02:03"'),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"ab", '"YWI="'),
    (Types.OBJECT_ARRAY(Types.STRING()), ["a", None], '["a",null]'),
    (Types.LIST(Types.BIG_DEC()), [Decimal("0.1234567890123456789")], "[0.1234567890123456789]"),
    (Types.MAP(Types.STRING(), Types.INT()), {"a": 1, "b": None}, '{"a":1,"b":null}'),
    (INNER, Row(x=1, d=Decimal(DIGITS)), f'{{"x":1,"d":{DIGITS}}}'),
    (Types.OBJECT_ARRAY(INNER), [Row(x=1, d=None)], '[{"x":1,"d":null}]'),
    (Types.MAP(Types.STRING(), INNER), {"k": Row(x=1, d=Decimal("2.5"))}, '{"k":{"x":1,"d":2.5}}'),
    (Types.STRING(), None, "null"),
]


@pytest.mark.parametrize(("kind", "value", "text"), VALUES, ids=[f"{v[0]}" for v in VALUES])
def test_values_are_written_by_their_type_and_read_again(kind, value, text):
    assert written(kind, value) == f'{{"f":{text}}}'
    found = read(kind, f'{{"f":{text}}}')
    assert found == value
    assert repr(found) == repr(value)


def test_numbers_that_json_has_not_are_texts_as_jackson_writes_them():
    for number, text in ((math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")):
        assert written(Types.DOUBLE(), number) == f'{{"f":"{text}"}}'
        assert repr(read(Types.DOUBLE(), f'{{"f":"{text}"}}')) == repr(number)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Types.STRING(), 1),
        (Types.STRING(), Row(1)),
        (Types.INT(), "1"),
        (Types.INT(), True),
        (Types.DOUBLE(), "1"),
        (Types.BOOLEAN(), 1),
        (Types.SQL_DATE(), "2024-01-01"),
        (Types.BIG_DEC(), "x"),
        (Types.OBJECT_ARRAY(Types.INT()), ["a"]),
        (INNER, Row(1)),
        (Types.MAP(Types.STRING(), Types.INT()), {(1,): 1}),
    ],
    ids=str,
)
def test_a_value_of_another_type_is_an_error_that_names_the_field(kind, value):
    with pytest.raises(Exception, match="the field 'f' cannot be written as JSON") as refused:
        written(kind, value)
    assert isinstance(refused.value, TypeError)


def test_what_json_cannot_hold_is_refused_where_the_schema_is_built():
    with pytest.raises(IsthmusError, match="A JSON row cannot hold a INSTANT"):
        written(Types.INSTANT(), None)


def test_a_message_that_is_nested_too_deeply_is_one_that_cannot_be_read():
    with pytest.raises(IsthmusError, match="A JSON row cannot be read: maximum recursion depth"):
        read(Types.STRING(), '{"f":' + "[" * 200_000 + "]" * 200_000 + "}")


def test_texts_are_texts():
    assert SimpleStringSchema("UTF-16LE").serialize("a") == b"a\0"
    for value in (None, 1, Row("a"), b"a"):
        with pytest.raises(TypeError, match="SimpleStringSchema writes texts; it was given a"):
            SimpleStringSchema().serialize(value)
