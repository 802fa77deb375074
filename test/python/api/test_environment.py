"""The environment: options, dependencies, any number of jobs."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import shutil
from decimal import Decimal

import pytest
from isthmus.common import JobStatus, Row, Types
from isthmus.common.execution_config import ExecutionConfig
from isthmus.datastream import (
    CheckpointConfig,
    CheckpointingMode,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
    TimeCharacteristic,
)
from isthmus.datastream.connectors.number_seq import NumberSequenceSource
from isthmus.datastream.functions import MapFunction
from isthmus.errors import GraphError, UserFunctionError


def test_defaults_are_those_of_pyflink():
    env = StreamExecutionEnvironment.get_execution_environment()
    assert env.get_parallelism() == os.cpu_count()
    assert env.get_max_parallelism() == -1
    assert env.get_buffer_timeout() == 100
    assert env.get_checkpoint_interval() == -1
    assert env.get_stream_time_characteristic() == TimeCharacteristic.EventTime
    assert env.get_state_backend() is None
    assert env.is_changelog_state_backend_enabled() is None
    assert env.is_chaining_enabled()
    assert isinstance(env.get_config(), ExecutionConfig)
    assert env.get_config().get_auto_watermark_interval() == 200
    assert isinstance(env.get_checkpoint_config(), CheckpointConfig)


def test_what_is_set_can_be_got(env):
    env.set_parallelism(10)
    env.set_max_parallelism(12)
    env.set_buffer_timeout(12000)
    env.set_default_local_parallelism(8)
    env.enable_checkpointing(30000, CheckpointingMode.AT_LEAST_ONCE)
    env.enable_changelog_state_backend(True)
    env.disable_operator_chaining()
    assert env.get_parallelism() == 10
    assert env.get_max_parallelism() == 12
    assert env.get_buffer_timeout() == 12000
    assert env.get_default_local_parallelism() == 8
    assert env.get_checkpoint_interval() == 30000
    assert env.get_checkpointing_mode() == CheckpointingMode.AT_LEAST_ONCE
    assert env.is_changelog_state_backend_enabled()
    assert not env.is_chaining_enabled()


@pytest.mark.parametrize("wrong", [0, -2, 1.5, "2", None])
def test_a_parallelism_is_a_whole_number_of_at_least_one(env, wrong):
    with pytest.raises(ValueError, match="whole number of at least 1"):
        env.set_parallelism(wrong)
    with pytest.raises(ValueError, match="whole number of at least 1"):
        env.from_collection([1]).map(str).set_parallelism(wrong)


def test_minus_one_is_the_default_parallelism(env):
    default = StreamExecutionEnvironment.get_execution_environment().get_parallelism()
    assert env.set_parallelism(7).set_parallelism(-1).get_parallelism() == default
    assert env.get_config().set_parallelism(7).set_parallelism(-1).get_parallelism() == default


@pytest.mark.parametrize(
    ("set_up", "words"),
    [
        (lambda env: env.get_config().set_max_parallelism(0), "maximum parallelism is 0"),
        (lambda env: env.get_config().set_auto_watermark_interval(-1), "must not be negative"),
        (lambda env: env.get_checkpoint_config().set_checkpoint_timeout(1), "at least 10"),
        (lambda env: env.get_checkpoint_config().set_min_pause_between_checkpoints(-1), "at least 0"),
        (lambda env: env.get_checkpoint_config().set_max_concurrent_checkpoints(0), "at least 1"),
        (lambda env: env.get_checkpoint_config().set_tolerable_checkpoint_failure_number(-1), "at least 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(env, set_up, words):
    with pytest.raises(ValueError, match=words):
        set_up(env)


def test_a_collection_cannot_be_read_in_parallel(env):
    with pytest.raises(ValueError, match='non-parallel operator "Collection Source" must be 1'):
        env.from_collection([1]).set_parallelism(2)


def test_an_environment_runs_one_job_after_another(env):
    for n in range(3):
        env.from_collection([n]).map(lambda v: v * 10).add_sink(lambda v: None)
        result = env.execute(f"job {n}")
        assert result.get_net_runtime() >= 0
        assert len(str(result.get_job_id())) == 32
        assert result.get_all_accumulator_results() == {}
        assert result.get_accumulator_result("x") is None
        assert str(result.get_job_id()) in str(result)
        assert [operator["in"] for operator in result.metrics if operator["name"] == "Map"] == [1]


def test_the_same_stream_serves_several_jobs(env):
    doubled = env.from_collection([1, 2]).map(lambda v: v * 2)
    assert list(doubled.execute_and_collect()) == [2, 4]
    assert list(doubled.map(lambda v: v + 1).execute_and_collect()) == [3, 5]


def test_nothing_to_execute_is_an_error(env):
    with pytest.raises(GraphError, match="No operators defined in streaming topology"):
        env.execute()
    env.from_collection([1])  # A source alone is no program.
    with pytest.raises(GraphError):
        env.execute()


def test_a_failed_job_leaves_nothing_behind(env):
    env.from_collection([0]).map(lambda v: 1 / v).print()
    with pytest.raises(UserFunctionError):
        env.execute()
    with pytest.raises(GraphError, match="No operators"):
        env.execute()
    assert env.from_collection([1]).execute_and_collect(limit=1) == [1]


def test_a_program_without_a_sink_runs_with_a_hint(env, capfd, tmp_path):
    env.from_collection(["ran"]).map((tmp_path / "result").write_text).name("last")
    env.execute()
    assert (tmp_path / "result").read_text() == "ran"
    assert 'the result of "last" goes nowhere' in capfd.readouterr().err


def test_execute_async_gives_a_client(env):
    env.from_collection(list(range(10))).add_sink(lambda v: None)
    client = env.execute_async("asynchronous")
    result = client.get_job_execution_result().result()
    assert result.get_job_id() == client.get_job_id()
    assert client.get_job_status().result() is JobStatus.FINISHED


def test_collections_keep_what_they_hold(env):
    values = [
        (1, "Hi", None),
        {"a": [1, {2}]},
        Decimal("1.10"),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc),
        b"bytes",
        "text",
        1.0,
        1,
        True,
        2**100,
        frozenset({1}),
        range(3),
    ]
    found = list(env.from_collection(values).map(lambda v: v).execute_and_collect())
    assert found == values
    assert [type(v) for v in found] == [type(v) for v in values]


@pytest.mark.parametrize(
    ("collection", "found"),
    [
        ((n for n in range(3)), [0, 1, 2]),
        (range(3), [0, 1, 2]),
        ("abc", ["a", "b", "c"]),
        ([], []),
        ({1: 2}, [1]),
    ],
)
def test_any_iterable_is_a_collection(env, collection, found):
    assert list(env.from_collection(collection).execute_and_collect()) == found


def test_typed_collections_become_rows_as_in_pyflink(env):
    """Integers wrap around; long decimals keep 38 digits."""
    types = [Types.LONG(), Types.LONG(), Types.SHORT(), Types.INT(), Types.BIG_DEC(), Types.SQL_DATE()]
    given = (2, None, 43878, 9147483648, Decimal("2000000000000000000.74"), datetime.date(2015, 10, 14))
    (row,) = env.from_collection([given], Types.ROW(types)).execute_and_collect()
    assert list(row) == [2, None, -21658, 557549056, given[4], given[5]]
    assert row._fields == [f"f{n}" for n in range(6)]


def test_number_sequences_are_inclusive_and_parallel(env):
    env.set_parallelism(3)
    source = env.from_source(NumberSequenceSource(1, 10), None, "numbers")
    assert sorted(source.execute_and_collect()) == list(range(1, 11))


def test_generators_and_async_generators_are_sources(env):
    def numbers():
        yield from range(3)

    async def slow_numbers():
        for n in range(3):
            await asyncio.sleep(0)
            yield n

    assert list(env.from_source(numbers).execute_and_collect()) == [0, 1, 2]
    assert list(env.from_source(slow_numbers).execute_and_collect()) == [0, 1, 2]


def test_a_generator_that_takes_a_context_is_parallel(env):
    def mine(ctx):
        yield ctx.subtask, ctx.parallelism

    env.set_parallelism(3)
    assert sorted(env.from_source(mine).execute_and_collect()) == [(0, 3), (1, 3), (2, 3)]


def test_what_is_no_source_is_refused_with_a_hint(env):
    with pytest.raises(GraphError, match=r"it was given a list.*from_collection"):
        env.from_source([1, 2])


def test_text_files_are_read_line_by_line(env, tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("Mike\n\nMärry\nTed")
    assert list(env.read_text_file(str(path)).execute_and_collect()) == ["Mike", "", "Märry", "Ted"]


def test_an_input_has_a_default(env, tmp_path):
    path = tmp_path / "orders.txt"
    path.write_text("a\nb\n")
    assert list(env.from_input("orders", default=str(path)).execute_and_collect()) == ["a", "b"]
    records = tmp_path / "orders.jsonl"
    records.write_text('{"id": 1, "big": 12345678901234567890}\n\n[2, null]', encoding="utf-8")
    read = env.from_input("orders", default=str(records)).execute_and_collect()
    assert list(read) == [{"id": 1, "big": 12345678901234567890}, [2, None]]
    records.write_text("{'id': 1}\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"orders\.jsonl has a line that is no JSON .*: \{'id': 1\}"):
        list(env.from_input("orders", default=str(records)).execute_and_collect())
    assert list(env.from_input("orders", default=[1, 2]).execute_and_collect()) == [1, 2]
    with pytest.raises(GraphError, match='The input "orders" has no default'):
        env.from_input("orders")


def test_archives_are_unpacked_where_functions_read(env, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "words.txt").write_text("read")
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, "data")
    tarred = shutil.make_archive(str(tmp_path / "tarred"), "gztar", tmp_path, "data")
    env.add_python_archive(zipped, "mine")
    env.add_python_archive(tarred)

    def read(folder):
        with open(f"{folder}/data/words.txt") as file:
            return file.read()

    folders = env.from_collection(["mine", "tarred.tar.gz"])
    assert list(folders.map(read).execute_and_collect()) == ["read", "read"]
    with pytest.raises(GraphError, match="there is no file"):
        env.add_python_archive("absent.zip")


def test_python_files_are_importable_in_functions(env, tmp_path):
    (tmp_path / "shipped_module.py").write_text("def twice(v):\n    return v * 2\n")

    def use(value):
        import shipped_module

        return shipped_module.twice(value)

    env.add_python_file(str(tmp_path / "shipped_module.py"))
    assert list(env.from_collection([1, 2]).map(use).execute_and_collect()) == [2, 4]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda env: env.set_python_requirements("requirements.txt"), "set_python_executable"),
        (lambda env: env.add_jars("file:///x.jar"), "no jars"),
        (lambda env: env.set_stream_time_characteristic(TimeCharacteristic.ProcessingTime), "windows"),
    ],
    ids=["requirements", "jars", "time characteristic"],
)
def test_what_has_no_effect_says_so_once(env, call, word, monkeypatch, capsys):
    monkeypatch.setattr("isthmus._pyflink.once._said", set())
    call(env)
    call(env)
    assert capsys.readouterr().err.count(word) == 1


def test_batch_and_streaming_in_one_program(env):
    pairs = [("a", 1), ("a", 2)]
    keyed = env.from_collection(pairs).key_by(lambda p: p[0])
    sums = keyed.reduce(lambda a, b: (a[0], a[1] + b[1]))
    assert list(sums.execute_and_collect()) == [("a", 1), ("a", 3)]
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    assert list(sums.execute_and_collect()) == [("a", 3)]
    env.set_runtime_mode(RuntimeExecutionMode.AUTOMATIC)
    assert list(sums.execute_and_collect()) == [("a", 3)]


def test_the_plan_is_flinks_json(env):
    env.set_parallelism(2)
    mapped = env.from_collection([1]).name("numbers").map(str).name("texts")
    mapped.key_by(lambda v: v).reduce(lambda a, b: a + b).print()
    mapped.broadcast().map(str).set_parallelism(3)
    plan = json.loads(env.get_execution_plan())
    assert [node["pact"] for node in plan["nodes"]].count("Data Sink") == 1
    by_type = {node["type"]: node for node in plan["nodes"]}
    assert by_type["Source: numbers"]["parallelism"] == 1
    assert by_type["texts"]["predecessors"][0]["ship_strategy"] == "REBALANCE"
    strategies = [n["predecessors"][0]["ship_strategy"] for n in plan["nodes"] if "predecessors" in n]
    assert "BROADCAST" in strategies and "HASH" in strategies
    # Looking at the plan takes nothing away.
    assert json.loads(env.get_execution_plan()) == plan


def test_the_plan_has_descriptions_and_windows_by_name(env):
    numbers = env.from_collection([1]).map(str).set_description("as text")
    numbers.key_by(len).count_window(2).reduce(lambda a, b: a).print()
    contents = [node["contents"] for node in json.loads(env.get_execution_plan())["nodes"]]
    assert contents[1:3] == ["as text", "CountTumblingWindowAssigner"]


def test_a_float_of_32_bits_is_collected_with_the_digits_that_tell_it(env):
    f32 = Types.FLOAT()
    for type_info, value in [
        (f32, 1.1),
        (f32, float("inf")),
        (Types.TUPLE([f32, Types.INT()]), (0.1, 2)),
        (Types.ROW_NAMED(["x"], [f32]), Row(x=0.1)),
        (Types.LIST(f32), [0.1, None]),
        (Types.MAP(Types.STRING(), f32), {"a": 0.1}),
    ]:
        assert list(env.from_collection([value], type_info).execute_and_collect()) == [value]


def test_a_function_behind_a_collection_can_have_one_subtask_at_most(env):
    class Sizes(MapFunction):
        def open(self, runtime_context):
            self.most = runtime_context.get_max_number_of_parallel_subtasks()

        def map(self, value):
            return self.most

    env.set_parallelism(1)
    assert env.from_collection([0]).map(Sizes()).execute_and_collect(limit=2) == [1]
    assert env.from_collection([0]).key_by(bool).map(Sizes()).execute_and_collect(limit=2) == [128]


def test_rows_come_back_as_rows(env):
    row_type = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
    rows = env.from_collection([(1, "x")], row_type).map(lambda r: Row(a=r.a + 1, b=r.b), row_type)
    assert list(rows.execute_and_collect()) == [Row(a=2, b="x")]
