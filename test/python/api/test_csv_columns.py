"""Columns of CSV by their types: arrays with separators of their own, rows within rows, what a column cannot hold."""

from __future__ import annotations

import datetime
import decimal

import pytest
from isthmus.common import Types
from isthmus.common.types import Row
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSink, FileSource
from isthmus.datastream.formats.csv import (
    CsvBulkWriters,
    CsvReaderFormat,
    CsvRowDeserializationSchema,
    CsvRowSerializationSchema,
    CsvSchema,
)
from isthmus.datastream.formats.json import JsonRowSerializationSchema
from isthmus.errors import IsthmusError
from isthmus.table import DataTypes


def env1():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env


def written(folder, schema, rows):
    sink = FileSink.for_bulk_format(str(folder / "out"), CsvBulkWriters.for_schema(schema)).build()
    env = env1()
    env.from_collection(rows, schema.type_info).sink_to(sink)
    env.execute()
    (part,) = (folder / "out").rglob("part-*")
    return part


def read(path, schema):
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), str(path)).build()
    return [list(row) for row in env1().from_source(source).execute_and_collect()]


def two_arrays():
    builder = CsvSchema.builder().add_array_column("one", ";", DataTypes.STRING())
    return builder.add_array_column("two", ":", DataTypes.INT())


COPIED = CsvSchema.builder().add_columns_from(two_arrays().build())

SEPARATED = {
    "each has its own": (two_arrays(), "a;b,1:2\n"),
    "copied with the columns": (COPIED, "a;b,1:2\n"),
    "the schema's does not count": (two_arrays().set_array_element_separator("|"), "a;b,1:2\n"),
    "none for the schema": (two_arrays().disable_array_element_separator(), "a;b,1:2\n"),
    "the schema's for the one without": (
        two_arrays().set_array_element_separator("|").remove_array_element_separator(1),
        "a;b,1|2\n",
    ),
    "more than a character": (
        CsvSchema.builder().add_array_column("one", "--").add_array_column("two", ":"),
        None,
    ),
}


@pytest.mark.parametrize("what", SEPARATED)
def test_the_array_separator_is_that_of_the_column(tmp_path, what):
    builder, text = SEPARATED[what]
    schema = builder.build()
    rows = [Row(one=["a", "b"], two=[1, 2] if text else ["1", "2"])]
    part = written(tmp_path, schema, rows)
    assert part.read_text() == (text or "a--b,1:2\n")
    assert read(part, schema) == [list(rows[0])]


def test_columns_can_be_cleared(tmp_path):
    schema = two_arrays().clear_columns().add_array_column("only", "/", DataTypes.DOUBLE()).build()
    part = written(tmp_path, schema, [Row(only=[0.5, None, 2.0])])
    assert part.read_text() == "0.5//2.0\n"
    assert read(part, schema) == [[[0.5, None, 2.0]]]


def serialized(field_type, value, **settings):
    builder = CsvRowSerializationSchema.Builder(Types.ROW_NAMED(["f"], [field_type]))
    for name, setting in settings.items():
        getattr(builder, name)(setting)
    return builder.build().serialize(Row(f=value)).decode().removesuffix("\n")


VALUES = [
    (Types.ROW([Types.STRING(), Types.INT()]), Row("b", 1), "b;1"),
    (Types.ROW_NAMED(["x", "y"], [Types.STRING(), Types.INT()]), Row(x=None, y=2), ";2"),
    (Types.OBJECT_ARRAY(Types.STRING()), ["a", None, "c"], "a;;c"),
    (Types.BASIC_ARRAY(Types.INT()), [1, 2], "1;2"),
    (Types.PRIMITIVE_ARRAY(Types.BOOLEAN()), [True, False], "true;false"),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"ab", "YWI="),
    (Types.STRING(), None, ""),
    (Types.STRING(), "a b", '"a b"'),
    (Types.BOOLEAN(), True, "true"),
    (Types.BYTE(), -1, "-1"),
    (Types.BIG_INT(), 10**30, "1" + "0" * 30),
    (Types.FLOAT(), 0.1, "0.1"),
    (Types.DOUBLE(), 1e10, "1.0E10"),
    (Types.DOUBLE(), 1, "1.0"),
    (Types.BIG_DEC(), decimal.Decimal("2.50"), "2.5"),
    (Types.SQL_DATE(), datetime.date(2024, 2, 29), "2024-02-29"),
    (Types.SQL_TIME(), datetime.time(1, 2, 3), "01:02:03"),
    (Types.SQL_TIMESTAMP(), datetime.datetime(2024, 2, 29, 1, 2, 3), '"2024-02-29 01:02:03"'),
]


@pytest.mark.parametrize(("field_type", "value", "text"), VALUES, ids=[f"{v[0]}-{v[1]}" for v in VALUES])
def test_values_are_written_by_their_type_and_read_again(field_type, value, text):
    assert serialized(field_type, value) == text
    if value is None or text == "":
        return
    reader = CsvRowDeserializationSchema.Builder(Types.ROW_NAMED(["f"], [field_type])).build()
    found = reader.deserialize(text.encode())[0]
    if isinstance(value, (Row, list)):
        # Without a text for it, no text is an empty one.
        assert list(found) == ["" if item is None else item for item in value]
    else:
        assert found == (pytest.approx(value) if isinstance(value, float) else value)


def test_the_text_for_no_value_holds_within_arrays_and_rows():
    array = Types.OBJECT_ARRAY(Types.STRING())
    assert serialized(array, ["a", None], set_null_literal="n/a") == "a;n/a"
    assert serialized(array, None, set_null_literal="n/a") == "n/a"
    reader = (
        CsvRowDeserializationSchema.Builder(Types.ROW_NAMED(["f"], [array])).set_null_literal("n/a").build()
    )
    assert reader.deserialize(b"a;n/a;")[0] == ["a", None, ""]
    row = Types.ROW_NAMED(["x", "y"], [Types.STRING(), Types.INT()])
    assert serialized(row, Row(x="b", y=None), set_array_element_delimiter=":") == "b:"


@pytest.mark.parametrize(
    "field_type",
    [
        Types.MAP(Types.STRING(), Types.INT()),
        Types.TUPLE([Types.INT()]),
        Types.PICKLED_BYTE_ARRAY(),
        Types.INSTANT(),
        Types.OBJECT_ARRAY(Types.OBJECT_ARRAY(Types.INT())),
        Types.ROW([Types.ROW([Types.INT()])]),
        Types.ROW([Types.MAP(Types.STRING(), Types.INT())]),
    ],
    ids=str,
)
def test_what_a_column_cannot_hold_is_refused_where_the_schema_is_built(field_type):
    info = Types.ROW_NAMED(["f"], [field_type])
    for builder in (CsvRowSerializationSchema.Builder(info), CsvRowDeserializationSchema.Builder(info)):
        with pytest.raises(IsthmusError, match=r"A CSV column cannot hold a|can only hold simple values"):
            builder.build()


def test_a_schema_whose_column_holds_a_map_is_refused():
    numbers = DataTypes.MAP(DataTypes.STRING(), DataTypes.INT())
    with pytest.raises(IsthmusError, match="A CSV column cannot hold a MAP"):
        CsvSchema.builder().add_number_column("m", numbers).build()


@pytest.mark.parametrize(
    ("field_type", "value", "said"),
    [
        (Types.STRING(), 1, "a text is needed, it is an int"),
        (Types.STRING(), Row("b", 1), "a text is needed, it is a Row"),
        (Types.INT(), "1", "a whole number is needed, it is a str"),
        (Types.INT(), True, "a whole number is needed, it is a bool"),
        (Types.DOUBLE(), "1", "a number is needed, it is a str"),
        (Types.BOOLEAN(), 1, "a boolean is needed, it is an int"),
        (Types.SQL_DATE(), datetime.datetime(2024, 1, 1), "a date is needed, it is a datetime"),
        (Types.OBJECT_ARRAY(Types.STRING()), {"a": 1}, "an array or row is needed, it is a dict"),
        (Types.OBJECT_ARRAY(Types.STRING()), "ab", "an array or row is needed, it is a str"),
        (Types.BIG_DEC(), 0.5, "a decimal is needed, it is a float"),
    ],
)
def test_a_value_of_another_type_is_an_error_that_names_the_column(field_type, value, said):
    with pytest.raises(TypeError) as refused:
        serialized(field_type, value)
    assert str(refused.value) == f"The column 'f' of a CSV row cannot be written: {said}."


def test_a_row_of_another_length_is_an_error():
    info = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.INT()])
    write = CsvRowSerializationSchema.Builder(info).build()
    for row in (Row(1), Row(1, 2, 3)):
        with pytest.raises(TypeError, match=f"A CSV row of 2 columns was given {len(row)} values"):
            write.serialize(row)


def test_fields_of_any_length_are_read(tmp_path):
    schema = CsvSchema.builder().add_string_column("a").add_string_column("b").build()
    long = "x" * 300_000
    (tmp_path / "long.csv").write_text(f'{long},"{long}"\n')
    assert read(tmp_path / "long.csv", schema) == [[long, long]]
    info = Types.ROW_NAMED(["a"], [Types.STRING()])
    assert CsvRowDeserializationSchema.Builder(info).build().deserialize(long.encode()) == Row(a=long)


@pytest.mark.parametrize(
    ("settings", "text", "value"),
    [
        ({}, '"a ""b"", c"', 'a "b", c'),
        ({"set_quote_char": "`"}, '`a "b"``, c`', 'a "b"`, c'),
        ({"set_escape_char": "\\"}, '"a \\"b\\", \\\\c"', 'a "b", \\c'),
    ],
    ids=["quotes", "own quotes", "escapes"],
)
def test_quotes_and_escapes_of_files(tmp_path, settings, text, value):
    builder = CsvSchema.builder().add_string_column("a").add_number_column("n", DataTypes.INT())
    for name, setting in settings.items():
        getattr(builder, name)(setting)
    schema = builder.build()
    (tmp_path / "in.csv").write_text(f"{text},1\n")
    assert read(tmp_path / "in.csv", schema) == [[value, 1]]
    part = written(tmp_path, schema, [Row(a=value, n=1)])
    assert read(part, schema) == [[value, 1]]


def test_columns_of_every_simple_type(tmp_path):
    builder = CsvSchema.builder().add_string_column("s").add_boolean_column("b")
    kinds = [
        DataTypes.TINYINT(),
        DataTypes.SMALLINT(),
        DataTypes.INT(),
        DataTypes.BIGINT(),
        DataTypes.FLOAT(),
        DataTypes.DOUBLE(),
        DataTypes.DECIMAL(10, 2),
    ]
    for i, kind in enumerate(kinds):
        builder.add_number_column(f"n{i}", kind)
    schema = builder.build()
    values = ["größe", True, -128, -32768, 2**31 - 1, -(2**63), 0.5, 1e300, decimal.Decimal("1.25")]
    part = written(tmp_path, schema, [Row(**dict(zip(schema._row_type.field_names(), values)))])
    assert read(part, schema) == [values]


ROUND_TRIPS = {
    "an escape, without anything to quote": (
        CsvSchema.builder().add_string_column("a").set_escape_char("\\"),
        [[r"C:\new"], ["\\"], ['\\"'], ["plain"]],
    ),
    "an escape that is a letter": (
        CsvSchema.builder().add_string_column("a").set_escape_char("z"),
        [["zoo"], ["jazz, jazz"]],
    ),
    "no value in the only column": (
        CsvSchema.builder().add_number_column("a", DataTypes.INT()),
        [[None], [1], [None]],
    ),
    "what looks like a comment": (
        CsvSchema.builder().add_string_column("a").add_string_column("b").set_allow_comments(),
        [["one", "two\n# three\n"], ["four", "#five"]],
    ),
}


@pytest.mark.parametrize("what", ROUND_TRIPS)
def test_what_is_written_is_read_again(tmp_path, what):
    builder, rows = ROUND_TRIPS[what]
    schema = builder.build()
    assert read(written(tmp_path, schema, [Row(*row) for row in rows]), schema) == rows


@pytest.mark.parametrize("form", [CsvRowSerializationSchema, JsonRowSerializationSchema])
@pytest.mark.parametrize(
    ("type_info", "value", "said"),
    [
        (Types.BYTE(), 128, "8 bits"),
        (Types.SHORT(), -(2**15) - 1, "16 bits"),
        (Types.INT(), 2**31, "32 bits"),
        (Types.LONG(), 2**63, "64 bits"),
        (Types.BIG_DEC(), decimal.Decimal("NaN"), "no decimals"),
        (Types.BIG_DEC(), decimal.Decimal("-Infinity"), "no decimals"),
    ],
)
def test_numbers_that_a_column_cannot_hold_are_not_written(form, type_info, value, said):
    row_type = Types.ROW_NAMED(["a"], [type_info])
    if form is CsvRowSerializationSchema:
        schema = CsvRowSerializationSchema.Builder(row_type).build()
    else:
        schema = JsonRowSerializationSchema.builder().with_type_info(row_type).build()
    with pytest.raises(TypeError, match=f"'a'.*{said}"):
        schema.serialize(Row(value))


def test_the_ends_of_whole_numbers_and_floats_beyond_theirs():
    types = [Types.BYTE(), Types.LONG(), Types.BIG_INT(), Types.FLOAT()]
    row_type = Types.ROW_NAMED(["b", "l", "i", "f"], types)
    write = CsvRowSerializationSchema.Builder(row_type).build()
    read_again = CsvRowDeserializationSchema.Builder(row_type).build()
    text = write.serialize(Row(-128, -(2**63), 2**80, -1e300))
    assert text == f"-128,{-(2**63)},{2**80},-Infinity\n".encode()
    assert list(read_again.deserialize(text)) == [-128, -(2**63), 2**80, float("-inf")]
    assert list(read_again.deserialize(b"1,2,3,1e300\n")) == [1, 2, 3, float("inf")]
