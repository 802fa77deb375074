"""CSV and JSON: files in and out, rows as bytes."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import pytest
from isthmus.common import Duration, Types, WatermarkStrategy
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
from isthmus.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from isthmus.errors import IsthmusError, UnsupportedError
from isthmus.table import DataTypes

SCHEMA = (
    CsvSchema.builder()
    .add_string_column("name")
    .add_number_column("count")
    .add_number_column("price", DataTypes.DECIMAL(10, 2))
    .add_boolean_column("fresh")
    .add_array_column("tags", ";", DataTypes.INT())
)


def read(path: Path, schema: CsvSchema) -> list[Row]:
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), str(path)).build()
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "csv")
    with stream.execute_and_collect() as rows:
        return list(rows)


def test_csv_files_are_read_by_type(tmp_path):
    file = tmp_path / "items.csv"
    file.write_text('"jam, ""red""\nor blue",10,2.25,false,1;2\nplain,,,true,\n')
    rows = read(file, SCHEMA.build())
    assert [row.as_dict() for row in rows] == [
        {
            "name": 'jam, "red"\nor blue',
            "count": 10,
            "price": decimal.Decimal("2.25"),
            "fresh": False,
            "tags": [1, 2],
        },
        {"name": "plain", "count": None, "price": None, "fresh": True, "tags": []},
    ]


def test_headers_comments_and_separators(tmp_path):
    file = tmp_path / "items.tsv"
    file.write_text("name\tcount\n# a remark\n'a\tb'\t-\n")
    builder = CsvSchema.builder().add_string_column("name").add_number_column("count")
    builder.set_column_separator("\t").set_quote_char("'").set_null_value("-").set_allow_comments()
    schema = builder.set_use_header().set_strict_headers().build()
    assert [tuple(row) for row in read(file, schema)] == [("a\tb", None)]
    file.write_text("count\tname\n1\tx\n")
    with pytest.raises(IsthmusError, match=r"header of .*items.tsv is \['count', 'name'\]"):
        read(file, schema)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,1,x,true,\n", r"items.csv, line 1: column 'price' cannot be read"),
        ("a,1,1.0,true,\nb,2\n", r"items.csv, line 2: the row has 2 fields; the schema has 5"),
        ("a,1,1.0,yes,\n", "neither true nor false"),
        ('"a,1\n', 'in operator "csv" .*items.csv near line 1'),
    ],
)
def test_a_bad_row_is_named(tmp_path, text, message):
    file = tmp_path / "items.csv"
    file.write_text(text)
    with pytest.raises(IsthmusError, match=message):
        read(file, SCHEMA.build())


def test_csv_files_are_written_and_read_again(tmp_path):
    schema = SCHEMA.set_use_header().build()
    rows = [
        Row(name="a", count=1, price=decimal.Decimal("2.50"), fresh=True, tags=[1, 2]),
        Row(name='say "hi", twice', count=None, price=None, fresh=False, tags=[3]),
    ]
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    sink = FileSink.for_bulk_format(str(tmp_path / "out"), CsvBulkWriters.for_schema(schema)).build()
    env.from_collection(rows, schema.type_info).sink_to(sink)
    env.execute("write csv")
    (part,) = (tmp_path / "out").rglob("part-*")
    assert part.read_text().splitlines() == [
        "name,count,price,fresh,tags",
        "a,1,2.5,true,1;2",
        '"say ""hi"", twice",,,false,3',
    ]
    assert [tuple(row) for row in read(part, schema)] == [tuple(row) for row in rows]


ROW = Types.ROW_NAMED(
    ["id", "name", "at", "inner"],
    [Types.LONG(), Types.STRING(), Types.SQL_DATE(), Types.ROW_NAMED(["x"], [Types.DOUBLE()])],
)


def test_json_rows_as_bytes():
    row = Row(id=1, name="Zoë", at=datetime.date(2026, 3, 1), inner=Row(x=1.5))
    data = JsonRowSerializationSchema.builder().with_type_info(ROW).build().serialize(row)
    assert data == '{"id":1,"name":"Zoë","at":"2026-03-01","inner":{"x":1.5}}'.encode()
    schema = JsonRowDeserializationSchema.builder().type_info(ROW).build()
    assert schema.deserialize(data) == row
    assert schema.deserialize(b'{"id": 2}') == Row(id=2, name=None, at=None, inner=None)
    assert schema.get_produced_type() == ROW


def test_json_fields_written_as_another_kind():
    info = Types.ROW_NAMED(
        ["n", "x", "flag", "text"], [Types.INT(), Types.DOUBLE(), Types.BOOLEAN(), Types.STRING()]
    )
    schema = JsonRowDeserializationSchema.builder().type_info(info).build()
    found = schema.deserialize(b'{"n": " 5", "x": "1.5", "flag": "false", "text": 7}')
    assert found == Row(n=5, x=1.5, flag=False, text="7")
    for message in (b'{"n": "five"}', b'{"n": []}', b'{"n": 4294967296}'):
        with pytest.raises(IsthmusError, match="A JSON row cannot be read"):
            schema.deserialize(message)


def test_json_messages_that_cannot_be_read():
    strict = JsonRowDeserializationSchema.builder().type_info(ROW).fail_on_missing_field()
    with pytest.raises(IsthmusError, match="the field 'name' is missing"):
        strict.build().deserialize(b'{"id": 2}')
    with pytest.raises(IsthmusError, match="cannot be read"):
        strict.build().deserialize(b"[1]")
    assert strict.ignore_parse_errors().build().deserialize(b"{") is None
    with pytest.raises(TypeError, match="row type"):
        JsonRowDeserializationSchema.builder().type_info(Types.STRING()).build()


def test_csv_rows_as_bytes():
    info = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.INT()])
    write = CsvRowSerializationSchema.Builder(info).set_field_delimiter(";").build()
    assert write.serialize(Row(a="x;y", b=1)) == b'"x;y";1\n'
    schema = CsvRowDeserializationSchema.Builder(info).set_field_delimiter(";")
    assert schema.build().deserialize(b'"x;y";1') == Row(a="x;y", b=1)
    assert schema.set_ignore_parse_errors(True).build().deserialize(b"x;one") is None


def test_formats_that_are_not_there_say_so():
    from isthmus.datastream.formats.avro import AvroRowSerializationSchema

    with pytest.raises(UnsupportedError, match="exists in PyFlink"):
        AvroRowSerializationSchema()


NUMBERS = (
    CsvSchema.builder()
    .add_number_column("a", DataTypes.DOUBLE())
    .add_number_column("b", DataTypes.FLOAT())
    .add_number_column("c", DataTypes.DECIMAL(6, 2))
    .build()
)


def test_numbers_are_read_by_their_type(tmp_path):
    file = tmp_path / "numbers.csv"
    file.write_text("1e3,0.1,1.235\n 1 , 2 ,123456.7,\nNaN,,-1.245\n")
    first, second, third = read(file, NUMBERS)
    assert tuple(first) == (1000.0, 0.1, decimal.Decimal("1.24"))
    # A number that its decimal cannot hold is no value, as in Flink; a separator may end the line.
    assert tuple(second) == (1.0, 2.0, None)
    assert third.a != third.a
    assert tuple(third)[1:] == (None, decimal.Decimal("-1.25"))


def test_numbers_are_written_as_java_does(tmp_path):
    rows = [
        Row(a=1.0, b=0.1, c=decimal.Decimal("1.50")),
        Row(a=1e20, b=1e10, c=decimal.Decimal(100)),
        Row(a=1e-5, b=1e-5, c=decimal.Decimal("0.00")),
    ]
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    sink = FileSink.for_bulk_format(str(tmp_path), CsvBulkWriters.for_schema(NUMBERS)).build()
    env.from_collection(rows, NUMBERS.type_info).sink_to(sink)
    env.execute("write csv")
    (part,) = tmp_path.rglob("part-*")
    assert part.read_text() == "1.0,0.1,1.5\n1.0E20,1.0E10,1E+2\n1.0E-5,1.0E-5,0\n"


@pytest.mark.parametrize(
    ("data_type", "text"),
    [
        (DataTypes.TINYINT(), "300"),
        (DataTypes.INT(), "3000000000"),
        (DataTypes.INT(), "1.5"),
        (DataTypes.BIGINT(), "1_000"),
        (DataTypes.DOUBLE(), "1_0.5"),
    ],
)
def test_what_is_no_number_of_the_column_is_refused(tmp_path, data_type, text):
    file = tmp_path / "numbers.csv"
    file.write_text(text + "\n")
    with pytest.raises(IsthmusError, match="column 'n' cannot be read"):
        read(file, CsvSchema.builder().add_number_column("n", data_type).build())


def test_blank_lines(tmp_path):
    file = tmp_path / "blank.csv"
    file.write_text("x\n\ny\n")
    assert [row.a for row in read(file, CsvSchema.builder().add_string_column("a").build())] == ["x", "", "y"]
    file.write_text("x,1\n\ny,2\n")
    schema = CsvSchema.builder().add_string_column("a").add_number_column("b").build()
    assert [row.b for row in read(file, schema)] == [1, 2]


def test_an_escape_character_is_doubled_and_so_are_quotes():
    info = Types.ROW_NAMED(["a"], [Types.STRING()])
    write = CsvRowSerializationSchema.Builder(info).set_escape_character("\\").build()
    assert write.serialize(Row(a='a"b')) == b'"a""b"\n'
    assert write.serialize(Row(a="a\\b,")) == b'"a\\\\b,"\n'


def test_compressed_csv_files_are_read(tmp_path):
    import gzip

    file = tmp_path / "items.csv.gz"
    file.write_bytes(gzip.compress(b"x,1\ny,2\n"))
    schema = CsvSchema.builder().add_string_column("name").add_number_column("count").build()
    assert [tuple(row) for row in read(file, schema)] == [("x", 1), ("y", 2)]


def test_a_watched_folder_of_csv_files_is_read_on(tmp_path):
    schema = CsvSchema.builder().add_string_column("name").build()
    (tmp_path / "a.csv").write_text("one\n")
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), str(tmp_path))
    env = StreamExecutionEnvironment.get_execution_environment()
    watched = source.monitor_continuously(Duration.of_millis(20)).build()
    stream = env.from_source(watched, WatermarkStrategy.no_watermarks(), "csv")
    with stream.execute_and_collect() as rows:
        assert next(rows).name == "one"
        (tmp_path / "b.csv").write_text("two\n")
        assert next(rows).name == "two"


def test_lines_end_as_flinks_do(tmp_path):
    """At ``\\n``, ``\\r\\n`` and a lone ``\\r``, also where a block of the file ends."""
    file = tmp_path / "lines.txt"
    filler = "x" * 65_534
    file.write_bytes(f"a\rb\r\nc\n\r\n\r{filler}\r\nend\r".encode())
    env = StreamExecutionEnvironment.get_execution_environment()
    assert list(env.read_text_file(str(file)).execute_and_collect()) == [
        "a",
        "b",
        "c",
        "",
        "",
        filler,
        "end",
    ]
