"""What a stream is at its simplest: sources, map, filter, flat_map, keys, names, partitions, collecting."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from isthmus.common import Row, Types
from isthmus.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
)
from isthmus.errors import UserFunctionError
from isthmus.testing import OneInputHarness

WORDS = ["pyflink", "datastream", "execute", "collect"]


class ByNumber(KeySelector):
    def get_key(self, value):
        return value[1]


def test_typed_records_pass_through_functions_of_every_kind(env, collect):
    triple = [Types.STRING(), Types.INT(), Types.BIG_DEC()]

    class OneMore(MapFunction):
        def map(self, value):
            return Row(value[0], value[1] + 1, value[2])

    class EvenOnly(FlatMapFunction):
        def flat_map(self, value):
            if value[1] % 2 == 0:
                yield value

    class LongerThanTwo(FilterFunction):
        def filter(self, value):
            return value[1] > 2

    words = ["ab", "bdc", "cfgs", "deeefg"]
    source = env.from_collection(
        [(word, Row(word[0], Decimal(n))) for n, word in enumerate(words, 1)],
        Types.TUPLE([Types.STRING(), Types.ROW([Types.STRING(), Types.BIG_DEC()])]),
    )
    result = (
        source.map(lambda r: (r[0], len(r[0]), r[1][1]), Types.TUPLE(triple))
        .flat_map(EvenOnly(), Types.TUPLE(triple))
        .filter(LongerThanTwo())
        .map(OneMore(), Types.ROW(triple))
    )
    found = collect(result)
    assert found == [Row(f0="cfgs", f1=5, f2=Decimal(3)), Row(f0="deeefg", f1=7, f2=Decimal(4))]
    assert all(isinstance(row[2], Decimal) for row in found)


def test_the_last_of_several_keys_counts(env, collect):
    rows = [("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", 2)]
    source = env.from_collection(rows, Types.ROW([Types.STRING(), Types.INT()]))
    keyed = source.key_by(ByNumber(), key_type=Types.INT()).key_by(lambda r: r[0])
    assert [tuple(r) for r in collect(keyed.map(lambda r: r))] == rows
    keys = keyed.map(lambda r: r).key_by(lambda r: r[0])
    assert [row[0] for row in collect(keys)] == list("abcde")


FIELDS = [
    (Types.INT(), 1),
    (Types.PRIMITIVE_ARRAY(Types.INT()), [3, 4]),
    (Types.BASIC_ARRAY(Types.STRING()), [None, "hi", "flink"]),
    (Types.SQL_DATE(), datetime.date(2021, 1, 9)),
    (Types.SQL_TIME(), datetime.time(12, 0, 0)),
    (Types.SQL_TIMESTAMP(), datetime.datetime(2021, 1, 9, 12, 0, 0, 11000)),
    (Types.LIST(Types.INT()), [1, 2, 3]),
    (Types.MAP(Types.STRING(), Types.BOOLEAN()), {"a": True}),
    (Types.BIG_DEC(), Decimal("1000000000000000000.05")),
    (Types.DOUBLE(), 1.98932),
    (Types.PICKLED_BYTE_ARRAY(), bytearray(b"flink")),
]


def test_fields_of_every_declared_type_arrive_as_they_were(env, collect):
    declared = Types.ROW([type_info for type_info, _ in FIELDS])
    source = env.from_collection([tuple(value for _, value in FIELDS)], declared)
    (row,) = collect(source.rebalance().map(lambda r: r, declared))
    assert [list(v) if type(v).__name__ == "array" else v for v in row] == [v for _, v in FIELDS]
    assert [type(v) for v in row] == [type(v) for _, v in FIELDS]


def test_floats_of_a_primitive_array_are_of_32_bits(env, collect):
    declared = Types.PRIMITIVE_ARRAY(Types.FLOAT())
    (values,) = collect(env.from_collection([[1.1, 1.5]], declared).rebalance().map(lambda v: v, declared))
    assert values == [pytest.approx(1.1), 1.5]


def test_a_process_function_sees_timestamps(env, by_second_field, collect):
    class Shows(ProcessFunction):
        def process_element(self, value, ctx):
            yield f"{ctx.timestamp()}: {value}"

    times = ["1603708211000", "1603708224000", "1603708226000", "1603708289000"]
    source = env.from_collection(
        list(enumerate(times, 1)), Types.ROW([Types.INT(), Types.STRING()])
    ).assign_timestamps_and_watermarks(by_second_field)
    assert collect(source.process(Shows(), Types.STRING())) == [
        f"{time}: Row(f0={n}, f1='{time}')" for n, time in enumerate(times, 1)
    ]


def test_records_may_be_of_a_class_of_the_program(env, collect):
    class Named:
        def __init__(self, name, times):
            self.name, self.times = name, times

    source = env.from_collection([("a", 0), ("b", 1), ("c", 2)], Types.ROW([Types.STRING(), Types.INT()]))
    named = source.map(lambda r: Named(r[0], r[1])).rebalance()
    assert collect(named.flat_map(lambda n: [n.name] * n.times)) == ["b", "c", "c"]


def test_collecting_a_few(env1):
    found = env1.from_collection(WORDS).execute_and_collect(limit=3)
    assert found == WORDS[:3]


def test_collecting_a_keyed_stream_gives_keys_and_records(env):
    pairs = [("pyflink", 1), ("datastream", 2), ("pyflink", 1), ("collect", 2)]
    keyed = env.from_collection(pairs, Types.TUPLE([Types.STRING(), Types.INT()])).key_by(
        lambda p: p[0], Types.STRING()
    )
    with keyed.execute_and_collect() as results:
        found = sorted(results, key=lambda row: row[0])
    assert found == [Row(f0=key, f1=(key, n)) for key, n in sorted(pairs)]


@pytest.mark.parametrize(
    ("records", "type_info"),
    [
        ([(1, None, True, b"x", bytearray(b"y"), Decimal("0.10"), [[1], ["a"]])], None),
        ([[1, 2, 3], [4, 5]], Types.PRIMITIVE_ARRAY(Types.INT())),
        (
            [(["t", "t"], [0.0, 0.5]), ([None], [0.0])],
            Types.TUPLE([Types.OBJECT_ARRAY(Types.STRING()), Types.OBJECT_ARRAY(Types.DOUBLE())]),
        ),
        (["Hi", "Hello"], Types.STRING()),
        ([2**31, -(2**63)], Types.LONG()),
    ],
)
def test_collected_records_are_what_was_put_in(env, records, type_info):
    with env.from_collection(records, type_info).execute_and_collect() as results:
        assert sorted(results, key=repr) == sorted(records, key=repr)


def test_a_stream_has_the_name_of_its_operator(env1):
    stream = env1.from_collection([(1, "Hi", "Hello")])
    assert stream.name("test_name") is stream
    assert stream.get_name() == "test_name"


@pytest.mark.parametrize("method", ["shuffle", "rebalance", "rescale", "broadcast", "forward", "global_"])
def test_a_keyed_stream_cannot_be_partitioned_otherwise(env1, method):
    keyed = env1.from_collection([("ab", 1)]).key_by(lambda r: r[1])
    with pytest.raises(Exception, match="Cannot override partitioning for KeyedStream"):
        getattr(keyed, method)()


def test_a_keyed_stream_cannot_be_named(env1):
    with pytest.raises(Exception, match="name for KeyedStream is not supported"):
        env1.from_collection([("ab", 1)]).key_by(lambda r: r[1]).name("keyed stream")


def test_a_custom_partitioner_is_told_how_many_there_are_and_obeyed(env, collect):
    rows = [
        ("a", 0),
        ("b", 0),
        ("c", 1),
        ("d", 1),
        ("e", 2),
        ("f", 7),
        ("g", 7),
        ("h", 8),
        ("i", 8),
        ("j", 9),
    ]
    partitions = 5

    def partition(key, count):
        assert count == partitions
        return key % count

    class Where(MapFunction):
        def open(self, runtime_context):
            self.subtask = runtime_context.get_index_of_this_subtask()

        def map(self, value):
            return value[0], value[1] % partitions == self.subtask

    source = env.from_collection(rows, Types.ROW([Types.STRING(), Types.INT()])).map(
        lambda r: r, Types.ROW([Types.STRING(), Types.INT()])
    )
    parted = source.set_parallelism(4).partition_custom(partition, lambda r: r[1])
    assert collect(parted.map(Where()).set_parallelism(partitions)) == [(name, True) for name, _ in rows]


def test_an_error_of_a_function_ends_the_job_and_says_what_was_wrong(env):
    def fails(record):
        raise ValueError("flat_map_func error")
        yield record

    keyed = env.from_collection([("a", 0), ("b", 0)]).key_by(ByNumber(), key_type=Types.INT())
    keyed.flat_map(fails).print()
    with pytest.raises(UserFunctionError, match=r"ValueError.*flat_map_func error"):
        env.execute("fails")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_generator_may_yield_one_object_again_and_again_changed(env, asynchronous):
    def records():
        row = {"n": 0}
        for n in range(3):
            row["n"] = n
            yield row

    async def records_later():
        for row in records():
            yield row

    numbers = env.from_source(records_later if asynchronous else records).map(lambda row: row["n"])
    with numbers.execute_and_collect() as results:
        assert sorted(results) == [0, 1, 2]


class Measured(MapFunction):
    def open(self, runtime_context):
        group = runtime_context.get_metrics_group().add_group("lines").add_group("kind", "all")
        self.seen = group.counter("seen")
        self.rate = group.meter("rate")
        self.lengths = group.distribution("lengths")
        group.gauge("longest", lambda: self.longest)
        self.longest = 0

    def map(self, value):
        self.seen.inc()
        self.seen.inc(2)
        self.rate.mark_event(2)
        self.lengths.update(len(value))
        self.longest = max(self.longest, len(value))
        return value


def test_functions_make_metrics(env, collect):
    assert collect(env.from_collection(["a", "bc"]).map(Measured())) == ["a", "bc"]
    env.from_collection(["a", "bc"]).map(Measured()).add_sink(lambda value: None)
    (made,) = [op["userMetrics"] for op in env.execute().metrics if "userMetrics" in op]
    assert made.pop("lines.kind.all.rate")["count"] == 4
    gauge = made.pop("lines.kind.all.longest")
    assert gauge["kind"] == "gauge"
    assert max(filter(None, gauge["values"])) == 2
    assert made == {
        "lines.kind.all.seen": {"kind": "counter", "count": 6},
        "lines.kind.all.lengths": {"kind": "distribution", "count": 2, "sum": 3, "min": 1, "max": 2},
    }
    with OneInputHarness(Measured(), kind="map") as harness:
        harness.process("a", "bc")
        assert harness.metrics() == {
            "lines.kind.all.seen": 6,
            "lines.kind.all.rate": 4,
            "lines.kind.all.lengths": {"count": 2, "sum": 3, "min": 1, "max": 2},
            "lines.kind.all.longest": 2,
        }
