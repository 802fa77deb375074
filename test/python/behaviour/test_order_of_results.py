"""Operators that the program did not ask for are as parallel as what they read: they mix up no order."""

from __future__ import annotations

import pytest
from isthmus import ts
from isthmus.common import Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner

NUMBERS = list(range(300))


def test_a_keyed_stream_is_collected_in_order(env):
    keyed = env.from_collection(NUMBERS, Types.INT()).key_by(lambda n: n % 3, Types.INT())
    assert [tuple(row) for row in keyed.execute_and_collect()] == [(n % 3, n) for n in NUMBERS]


def test_a_limit_takes_the_first_records(env):
    numbers = env.from_collection(NUMBERS)
    assert [row[1] for row in numbers.key_by(lambda n: n % 3).execute_and_collect(limit=3)] == [0, 1, 2]
    one = env.from_collection(NUMBERS).map(lambda n: n).set_parallelism(1)
    assert [row[1] for row in one.key_by(lambda n: n % 3).execute_and_collect(limit=3)] == [0, 1, 2]
    assert one.execute_and_collect(limit=3) == [0, 1, 2]


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


STRATEGY = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())


def numbers():
    yield from NUMBERS


def test_a_source_with_a_watermark_strategy_is_one_operator(env):
    stream = env.from_source(numbers, STRATEGY)
    with pytest.raises(ValueError, match="must be 1"):
        stream.set_parallelism(2)
    assert list(stream.execute_and_collect()) == NUMBERS


def by_subtask(ctx):
    yield from range(ctx.subtask, 6, ctx.parallelism)


def test_the_parallelism_of_a_source_with_a_watermark_strategy_is_that_of_both(env):
    stream = env.from_source(by_subtask, STRATEGY).set_parallelism(2).set_max_parallelism(8)
    assert sorted(stream.map(lambda n: n).execute_and_collect()) == list(range(6))
    stamped = stream._operator()
    assert stamped.follows is not None
    assert (stamped.follows.parallelism, stamped.follows.max_parallelism) == (2, 8)


def test_what_typescript_passes_on_is_collected_in_order(env, tmp_path):
    (tmp_path / "same.ts").write_text("export const same = (n: number) => n;\n")
    passed = env.from_collection(NUMBERS).map(ts(tmp_path / "same.ts", "same"), Types.INT())
    assert list(passed.set_parallelism(1).execute_and_collect()) == NUMBERS
