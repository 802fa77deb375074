"""Tables of the datagen connector as streams."""

from __future__ import annotations

import datetime
import decimal
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from isthmus.common import Types
from isthmus.common.time import Instant
from isthmus.common.types import Row
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import ConfigurationError, GraphError, UnsupportedError
from isthmus.table import (
    DataTypes,
    EnvironmentSettings,
    Schema,
    StreamTableEnvironment,
    TableDescriptor,
    TableEnvironment,
)
from isthmus.table._datagen import DatagenRows, datagen_source


def descriptor(columns: dict[str, Any], **options: Any) -> TableDescriptor:
    """A datagen table; in option names ``__`` stands for a dot and ``_`` for a dash."""
    schema = Schema.new_builder().from_fields(list(columns), list(columns.values())).build()
    builder = TableDescriptor.for_connector("datagen").schema(schema)
    for key, value in options.items():
        builder.option(key.replace("__", ".").replace("_", "-"), value)
    return builder.build()


def rows(columns: dict[str, Any], subtask: int = 0, parallelism: int = 1, **options: Any) -> list[Row]:
    """What one subtask makes, without a job."""
    table = descriptor(columns, **options)
    source = datagen_source(table.get_schema().row_type, table.get_options())
    context = SimpleNamespace(subtask=subtask, parallelism=parallelism, is_stopping=False)
    # As it comes to a worker: plain data.
    return list(DatagenRows(*json.loads(json.dumps(source._rows)))(context))


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_a_table_becomes_a_stream_of_named_rows(parallelism):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    tables = StreamTableEnvironment.create(env)
    counted = descriptor(
        {"id": DataTypes.INT(), "text": DataTypes.STRING()},
        fields__id__kind="sequence",
        fields__id__start=1,
        fields__id__end=20,
        fields__text__length=5,
    )
    tables.create_temporary_table("numbers", counted)
    stream = tables.to_data_stream(tables.from_path("numbers"))
    assert stream.get_type() == Types.ROW_NAMED(["id", "text"], [Types.INT(), Types.STRING()])
    found = list(stream.execute_and_collect())
    assert sorted(row.id for row in found) == list(range(1, 21))
    assert all(len(row["text"]) == 5 and int(row["text"], 16) >= 0 for row in found)


def test_names_of_tables():
    tables = StreamTableEnvironment.create(environment_settings=EnvironmentSettings.in_streaming_mode())
    table = descriptor({"id": DataTypes.INT()}, number_of_rows=1)
    tables.create_temporary_table("b", table)
    tables.create_table("a", table)
    with pytest.raises(GraphError, match="'a' already exists"):
        tables.create_temporary_table("a", table)
    tables.create_temporary_table("a", table, True)
    assert tables.list_tables() == ["a", "b"]
    assert (tables.drop_temporary_table("a"), tables.drop_temporary_table("a")) == (True, False)
    with pytest.raises(GraphError, match="'a' was not found; there are: 'b'"):
        tables.from_path("a")


@pytest.mark.parametrize(
    ("data_type", "options", "check"),
    [
        (DataTypes.BOOLEAN(), {}, lambda v: isinstance(v, bool)),
        (DataTypes.TINYINT(), {}, lambda v: -128 <= v <= 127),
        (DataTypes.INT(), {"min": 5, "max": 6}, lambda v: v in (5, 6)),
        (DataTypes.BIGINT(), {}, lambda v: -(2**63) <= v < 2**63),
        (DataTypes.FLOAT(), {}, lambda v: 0 < v < 3.5e38),
        (DataTypes.DOUBLE(), {"min": -1.5, "max": 1.5}, lambda v: -1.5 <= v <= 1.5),
        (DataTypes.DECIMAL(6, 2), {}, lambda v: 0 <= v < 10_000 and v == round(v, 2)),
        (
            DataTypes.DECIMAL(6, 2),
            {"min": "1.25", "max": "1.26"},
            lambda v: v in map(decimal.Decimal, ("1.25", "1.26")),
        ),
        (DataTypes.CHAR(3), {}, lambda v: len(v) == 3),
        (DataTypes.VARCHAR(4), {}, lambda v: len(v) == 4),
        (DataTypes.STRING(), {}, lambda v: len(v) == 100),
        (DataTypes.STRING(), {"length": 9, "var-len": True}, lambda v: 1 <= len(v) <= 9),
        (DataTypes.BYTES(), {"length": 4}, lambda v: isinstance(v, bytes) and len(v) == 4),
        (DataTypes.DATE(), {}, lambda v: isinstance(v, datetime.date)),
        (DataTypes.TIME(), {}, lambda v: isinstance(v, datetime.time)),
        (
            DataTypes.TIMESTAMP(3),
            {"max-past": "10 min"},
            lambda v: datetime.timedelta() <= datetime.datetime.now() - v < datetime.timedelta(minutes=11),
        ),
        (DataTypes.TIMESTAMP_LTZ(3), {}, lambda v: abs(v.seconds - time.time()) < 60),
        (DataTypes.ARRAY(DataTypes.INT()), {"element.max": 0}, lambda v: len(v) == 3 and max(v) <= 0),
        (
            DataTypes.MAP(DataTypes.CHAR(8), DataTypes.INT()),
            {"length": 2},
            lambda v: list(map(len, v)) == [8, 8],
        ),
        (
            DataTypes.ROW([DataTypes.FIELD("x", DataTypes.INT()), DataTypes.FIELD("y", DataTypes.STRING())]),
            {"x.min": 1, "x.max": 1, "y.length": 2},
            lambda v: v.x == 1 and len(v.y) == 2,
        ),
        (DataTypes.INT(), {"null-rate": 1}, lambda v: v is None),
    ],
    ids=repr,
)
def test_random_values(data_type, options, check):
    given = {
        f"fields__v__{key.replace('-', '_').replace('.', '__')}": value for key, value in options.items()
    }
    found = [row.v for row in rows({"v": data_type}, number_of_rows=200, **given)]
    assert len(found) == 200
    assert [value for value in found if not check(value)] == []


def test_random_values_cross_a_job():
    columns = {
        "dec": DataTypes.DECIMAL(6, 2),
        "at": DataTypes.TIMESTAMP(3),
        "point": DataTypes.TIMESTAMP_LTZ(3),
        "map": DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
        "row": DataTypes.ROW([DataTypes.FIELD("x", DataTypes.ARRAY(DataTypes.DOUBLE()))]),
    }
    env = StreamExecutionEnvironment.get_execution_environment()
    tables = StreamTableEnvironment.create(env)
    stream = tables.to_data_stream(tables.from_descriptor(descriptor(columns, number_of_rows=10)))
    found = list(stream.execute_and_collect())
    assert len(found) == 10
    kinds = [decimal.Decimal, datetime.datetime, Instant, dict, Row]
    assert [list(map(type, row)) for row in found] == [kinds] * 10


def test_null_rate_is_a_share():
    found = [row.v for row in rows({"v": DataTypes.INT()}, number_of_rows=4000, fields__v__null_rate=0.25)]
    assert 800 < found.count(None) < 1200


def test_a_sequence_is_dealt_out_and_the_shortest_ends_the_source():
    columns = {"a": DataTypes.BIGINT(), "b": DataTypes.STRING(), "c": DataTypes.INT()}
    options = {
        "fields__a__kind": "sequence",
        "fields__a__start": 10,
        "fields__a__end": 20,
        "fields__b__kind": "sequence",
        "fields__b__start": 1,
        "fields__b__end": 5,
    }
    first = [tuple(row)[:2] for row in rows(columns, 0, 2, **options)]
    second = [tuple(row)[:2] for row in rows(columns, 1, 2, **options)]
    assert (first, second) == ([(10, "1"), (12, "3"), (14, "5")], [(11, "2"), (13, "4")])


def test_number_of_rows_is_shared_over_the_subtasks():
    counts = [len(rows({"v": DataTypes.INT()}, subtask, 3, number_of_rows=11)) for subtask in range(3)]
    assert counts == [4, 4, 3]


def test_rows_come_at_their_rate():
    started = time.monotonic()
    assert len(rows({"v": DataTypes.INT()}, rows_per_second=4, number_of_rows=6)) == 6
    assert 0.9 < time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields__w__min": 1}, "Unsupported options found for 'datagen': fields.w.min"),
        ({"fields__v__kind": "foo"}, "Unsupported generator kind 'foo'"),
        ({"fields__v__kind": "sequence", "fields__v__start": 1}, "required property 'fields.v.end'"),
        ({"fields__v__min": "a"}, "could not parse value 'a' for key 'fields.v.min'"),
        ({"fields__v__min": 2, "fields__v__max": 1}, "greater than 'fields.v.max'"),
        ({"rows_per_second": "many"}, "for key 'rows-per-second'"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ConfigurationError, match=message):
        rows({"v": DataTypes.INT()}, **options)


def test_what_tables_cannot_do():
    tables = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    with pytest.raises(UnsupportedError, match="execute_sql belongs to PyFlink's Table API and SQL"):
        tables.execute_sql("SELECT 1")
    table = tables.from_descriptor(descriptor({"v": DataTypes.INT()}))
    with pytest.raises(UnsupportedError, match=r"Table.select: .*to_data_stream"):
        table.select("v")
    other = TableDescriptor.for_connector("kafka").schema(Schema.new_builder().build()).build()
    with pytest.raises(UnsupportedError, match="connector 'kafka' cannot be read"):
        tables.to_data_stream(tables.from_descriptor(other))
    with pytest.raises(UnsupportedError, match=r"takes DataTypes only"):
        Schema.new_builder().column("v", "INT")
    with pytest.raises(UnsupportedError, match="assign_timestamps_and_watermarks"):
        Schema.new_builder().watermark("v", "v")
    with pytest.raises(UnsupportedError, match=r"DataTypes.MULTISET exists in PyFlink"):
        DataTypes.MULTISET(DataTypes.INT())
    with pytest.raises(UnsupportedError, match="cannot count in a BOOLEAN"):
        rows({"v": DataTypes.BOOLEAN()}, fields__v__kind="sequence", fields__v__start=1, fields__v__end=2)


def test_a_stream_as_a_table_and_back():
    env = StreamExecutionEnvironment.get_execution_environment()
    tables = StreamTableEnvironment.create(env)
    stream = env.from_collection([1, 2])
    assert list(tables.to_data_stream(tables.from_data_stream(stream)).execute_and_collect()) == [1, 2]


def test_types_show_as_sql():
    schema = (
        Schema.new_builder().column("a", DataTypes.INT(False)).column("b", DataTypes.DECIMAL(5, 2)).build()
    )
    assert str(schema) == "(\n  `a` INT NOT NULL,\n  `b` DECIMAL(5, 2)\n)"
    row = DataTypes.ROW([DataTypes.FIELD("x", DataTypes.ARRAY(DataTypes.STRING()))])
    assert str(row) == "ROW<`x` ARRAY<STRING>>"
    assert str(row.not_null()) == "ROW<`x` ARRAY<STRING>> NOT NULL"
    assert DataTypes.INT() == DataTypes.INT(False).nullable() != DataTypes.INT(False)
