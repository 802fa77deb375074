"""Streams of rows that differ in the names of their fields are united by position, as in PyFlink."""

from __future__ import annotations

import pytest
from isthmus import ts
from isthmus._types.renamed import renamer
from isthmus.common import Encoder, Row, RowKind, Types
from isthmus.datastream import OutputTag
from isthmus.datastream.connectors.file_system import BucketAssigner, FileSink
from isthmus.datastream.functions import CoMapFunction, ProcessFunction

FIELDS = [Types.INT(), Types.STRING()]
A = Types.ROW_NAMED(["id", "name"], FIELDS)
B = Types.ROW_NAMED(["user_id", "user_name"], FIELDS)
UNNAMED = Types.ROW(FIELDS)


def streams(env):
    left = env.from_collection([Row(id=1, name="a")], A)
    right = env.from_collection([Row(user_id=2, user_name="b")], B)
    return left, right


def named(row):
    return {"id": row.id, "name": row.name}


BOTH = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


def test_rows_have_the_names_of_the_first(env, collect):
    left, right = streams(env)
    assert collect(left.union(right).map(named)) == BOTH
    assert collect(right.union(left).map(lambda row: (row.user_id, row.user_name))) == [(1, "a"), (2, "b")]


def test_they_are_collected_and_keyed_and_connected_with_these_names(env, collect):
    left, right = streams(env)
    assert collect(left.union(right)) == [Row(id=1, name="a"), Row(id=2, name="b")]
    keyed = left.union(right).key_by(lambda row: row.name)
    assert collect(keyed.reduce(lambda a, b: a).map(named)) == BOTH
    other = env.from_collection([0])
    connected = left.union(right).connect(other)
    assert collect(connected.map(Names())) == [0, *BOTH]


class Names(CoMapFunction):
    def map1(self, row):
        return named(row)

    def map2(self, value):
        return value


def test_rows_that_functions_make_are_renamed_too(env, collect):
    left, right = streams(env)
    made = right.map(lambda row: Row(row.user_id + 1, row.user_name), B)
    unnamed = right.map(lambda row: Row(row.user_id + 2, row.user_name), UNNAMED)
    found = collect(left.union(made, unnamed).map(named))
    assert found == [{"id": 1, "name": "a"}, *({"id": i, "name": "b"} for i in (3, 4))]


def test_the_way_to_the_union_stays(env, collect):
    left, right = streams(env)
    copies = env.get_parallelism()
    spread = left.union(right.broadcast()).map(named)
    assert collect(spread) == [BOTH[0], *[BOTH[1]] * copies]
    assert collect(left.union(right.key_by(lambda row: row.user_id), right.rebalance()).map(named)) == [
        BOTH[0],
        BOTH[1],
        BOTH[1],
    ]


TAG = OutputTag("b", B)


class Aside(ProcessFunction):
    def process_element(self, value, ctx):
        yield TAG, value


def test_side_outputs_and_typescript(env, collect, tmp_path):
    (tmp_path / "same.ts").write_text("export const same = (row: unknown) => row;\n")
    left, right = streams(env)
    aside = right.process(Aside()).get_side_output(TAG)
    passed = right.map(ts(tmp_path / "same.ts", "same"), B)
    assert collect(left.union(aside, passed).map(named)) == [BOTH[0], BOTH[1], BOTH[1]]


def test_names_are_those_of_files_too(env1, tmp_path):
    left, right = streams(env1)
    sink = FileSink.for_row_format(str(tmp_path), Encoder.simple_string_encoder())
    left.union(right).sink_to(sink.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build())
    env1.execute()
    (part,) = tmp_path.iterdir()
    assert sorted(part.read_text().splitlines()) == ["+I[1, a]", "+I[2, b]"]


def test_streams_of_other_types_are_refused(env1):
    left, _ = streams(env1)
    for other in (Types.ROW_NAMED(["id", "name"], [Types.LONG(), Types.STRING()]), Types.ROW([Types.INT()])):
        with pytest.raises(ValueError, match="Cannot union streams of different types: RowTypeInfo"):
            left.union(left.map(lambda row: row, other))
    with pytest.raises(ValueError, match="Cannot union streams of different types"):
        left.union(left.map(lambda row: row))


def test_rows_within_are_renamed_and_keep_their_kind():
    given = Types.ROW_NAMED(
        ["x", "rows", "map"], [A, Types.LIST(A), Types.MAP(Types.STRING(), Types.TUPLE([A, Types.INT()]))]
    )
    wanted = Types.ROW_NAMED(
        ["y", "rows", "map"], [B, Types.LIST(B), Types.MAP(Types.STRING(), Types.TUPLE([B, Types.INT()]))]
    )
    rename = renamer(given.to_spec(), wanted.to_spec())
    assert rename is not None
    a, b = Row(id=1, name="a"), Row(user_id=1, user_name="a")
    row = Row.of_kind(RowKind.DELETE, x=a, rows=[a, None], map={"k": (a, 1), "n": None})
    assert rename(row) == Row.of_kind(RowKind.DELETE, y=b, rows=[b, None], map={"k": (b, 1), "n": None})
    assert rename(None) is None
    assert renamer(given.to_spec(), given.to_spec()) is None
