"""Declared types: what they are called, when they are equal, what they do to a collection."""

from __future__ import annotations

import datetime
import pickle
from decimal import Decimal

import pandas
import pytest
from isthmus._text.format import formatter
from isthmus._types.coerce import coercer
from isthmus.common import Row, Types
from isthmus.common.typeinfo import RowTypeInfo
from isthmus.errors import UserFunctionError

PAIR = Types.TUPLE([Types.STRING(), Types.INT()])


@pytest.mark.parametrize(
    ("type_info", "text"),
    [
        (Types.INT(), "Integer"),
        (Types.STRING(), "String"),
        (Types.PICKLED_BYTE_ARRAY(), "PickledByteArrayTypeInfo"),
        (PAIR, "TupleTypeInfo(String, Integer)"),
        (
            Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]),
            "RowTypeInfo(a: Integer, b: String)",
        ),
        (Types.ROW([Types.INT()]), "RowTypeInfo(Integer)"),
        (Types.SQL_DATE(), "DateTypeInfo"),
        (Types.CHAR(), "Char"),
        (
            Types.MAP(Types.INT(), Types.LIST(Types.STRING())),
            "MapTypeInfo<Integer, ListTypeInfo<String>>",
        ),
    ],
)
def test_types_show_what_they_are(type_info, text):
    assert str(type_info) == text
    assert pickle.loads(pickle.dumps(type_info)) == type_info


def test_the_rows_of_a_stream_have_named_fields(env):
    row = Types.ROW([Types.INT()])
    for type_info, text in [
        (row, "RowTypeInfo(f0: Integer)"),
        (Types.TUPLE([row]), "TupleTypeInfo(RowTypeInfo(f0: Integer))"),
        (Types.LIST(row), "ListTypeInfo<RowTypeInfo(f0: Integer)>"),
        (Types.MAP(Types.INT(), row), "MapTypeInfo<Integer, RowTypeInfo(f0: Integer)>"),
    ]:
        stream = env.from_collection([1]).map(lambda v: v, type_info)
        assert str(stream.get_type()) == text
        assert stream.get_type() == type_info


def test_a_boolean_is_no_text(env):
    with pytest.raises(UserFunctionError, match="an integer is required"):
        env.from_collection(["no"]).map(lambda v: v, Types.BOOLEAN()).execute_and_collect(limit=1)
    numbers = env.from_collection([0, 2]).map(lambda v: v, Types.BOOLEAN())
    assert numbers.execute_and_collect(limit=3) == [False, True]


def test_a_decimal_has_no_negative_zero():
    show = formatter({"kind": "BIG_DEC"})
    assert [show(Decimal(text)) for text in ("-0.00", "1E+3", "-1.50")] == ["0.00", "1E+3", "-1.50"]


def coerced(type_info, value):
    (found,) = coercer(type_info.to_spec())([value])
    return found


@pytest.mark.parametrize(
    ("given", "collected"),
    [
        ("-0.0", "0.0"),
        ("-0E+5", "0E+5"),
        ("0E-10", "0E-10"),
        ("1E+3", "1E+3"),
        ("-1.10", "-1.10"),
        ("1E-300000", "1E-300000"),
    ],
)
def test_a_decimal_is_as_java_has_it(given, collected):
    for value in (Decimal(given), given, type("Money", (Decimal,), {})(given)):
        found = coerced(Types.BIG_DEC(), value)
        assert (type(found), str(found)) == (Decimal, collected)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "-NaN7", "Infinity", "-Infinity"])
def test_java_has_no_such_decimal(text):
    with pytest.raises(TypeError, match=r"has no NaN and no infinity.*at \$.a, declared BIG_DEC"):
        coerced(Types.ROW_NAMED(["a"], [Types.BIG_DEC()]), Row(a=Decimal(text)))


def test_java_has_no_such_exponent():
    assert coerced(Types.BIG_DEC(), Decimal("1E-2147483647")) == Decimal("1E-2147483647")
    for text in ("1E-2147483648", "1E+2147483649"):
        with pytest.raises(OverflowError, match="beyond the 32 bits"):
            coerced(Types.BIG_DEC(), Decimal(text))
    for text in ("1_000", " 5", "NaN", "one"):
        with pytest.raises(TypeError, match="is not a decimal number"):
            coerced(Types.BIG_DEC(), text)


PARIS = datetime.timezone(datetime.timedelta(hours=2))
MOMENT = datetime.datetime(2024, 5, 1, 23, 30, 0, 5, PARIS)


@pytest.mark.parametrize(
    ("type_info", "given", "expected"),
    [
        (Types.SQL_TIMESTAMP(), MOMENT, datetime.datetime(2024, 5, 1, 23, 30, 0, 5)),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2024, 5, 1, fold=1), datetime.datetime(2024, 5, 1)),
        (Types.SQL_TIMESTAMP(), pandas.Timestamp(MOMENT), datetime.datetime(2024, 5, 1, 23, 30, 0, 5)),
        (Types.SQL_DATE(), MOMENT, datetime.date(2024, 5, 1)),
        (Types.SQL_DATE(), pandas.Timestamp(MOMENT), datetime.date(2024, 5, 1)),
        (Types.SQL_TIME(), MOMENT.timetz(), datetime.time(23, 30, 0, 5)),
        (Types.SQL_TIME(), MOMENT, datetime.time(23, 30, 0, 5)),
    ],
)
def test_times_are_those_of_the_wall_clock(env, type_info, given, expected):
    for found in (
        coerced(type_info, given),
        coerced(Types.TUPLE([type_info]), (given,))[0],
        env.from_collection([given]).map(lambda v: v, type_info).execute_and_collect(limit=1)[0],
        env.from_collection([given], type_info).map(lambda v: v).execute_and_collect(limit=1)[0],
    ):
        assert type(found) is type(expected)
        assert (repr(found), getattr(found, "fold", 0)) == (repr(expected), 0)


def test_times_that_fit_are_the_very_same():
    values = [(datetime.datetime(2024, 5, 1), datetime.date(2024, 5, 1), datetime.time(1), Decimal("1.0"))]
    kinds = [Types.SQL_TIMESTAMP(), Types.SQL_DATE(), Types.SQL_TIME(), Types.BIG_DEC()]
    assert coercer(Types.TUPLE(kinds).to_spec())(values) is values


def test_equality_leaves_out_the_names_of_rows():
    named = Types.ROW_NAMED(["a"], [Types.INT()])
    assert named == Types.ROW([Types.INT()]) and hash(named) == hash(Types.ROW([Types.INT()]))
    assert named != Types.ROW([Types.LONG()])
    assert Types.ROW([Types.STRING(), Types.INT()]) != PAIR
    assert Types.LIST(Types.INT()) != Types.OBJECT_ARRAY(Types.INT())


def test_the_fields_of_a_row_type():
    row: RowTypeInfo = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
    assert row.get_field_names() == ["a", "b"]
    assert row.get_field_types() == [Types.INT(), Types.STRING()]
    assert row.get_field_index("b") == 1
    with pytest.raises(ValueError, match="'c' is not in list"):
        row.get_field_index("c")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Types.ROW_NAMED(["a"], []), ValueError, "number of field names"),
        (lambda: Types.PRIMITIVE_ARRAY(Types.STRING()), TypeError, "primitive array: String"),
        (lambda: Types.BASIC_ARRAY(PAIR), TypeError, "basic array: TupleTypeInfo"),
    ],
)
def test_types_that_make_no_sense(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


@pytest.mark.parametrize(
    ("type_info", "given", "found"),
    [
        (Types.SHORT(), 70000, 4464),
        (Types.BYTE(), 200, -56),
        (Types.INT(), 2**31, -(2**31)),
        (Types.STRING(), 1, "1"),
        (Types.ROW([Types.STRING(), Types.INT()]), ("a", 1), Row(f0="a", f1=1)),
        (Types.ROW_NAMED(["x", "y"], [Types.STRING(), Types.INT()]), {"y": 1, "x": "a"}, Row(x="a", y=1)),
        (Types.ROW([Types.STRING()]), (None,), Row(f0=None)),
        (PAIR, ["a", 1], ("a", 1)),
    ],
)
def test_a_collection_is_converted_to_its_declared_type(env, type_info, given, found):
    assert env.from_collection([given], type_info).execute_and_collect(limit=2) == [found]


@pytest.mark.parametrize("type_info", [Types.INT(), PAIR])
def test_a_collection_of_a_declared_type_refuses_none(env, type_info):
    with pytest.raises(Exception, match="None"):
        env.from_collection([None], type_info)
