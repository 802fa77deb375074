"""Building a graph of streams: what each call adds, what it refuses."""

from __future__ import annotations

import json

import pytest
from isthmus import ts
from isthmus.common import Time, Types
from isthmus.datastream import (
    ConnectedStreams,
    DataStream,
    KeyedStream,
    OutputTag,
    SlotSharingGroup,
)
from isthmus.datastream.functions import (
    BroadcastProcessFunction,
    CoMapFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
)
from isthmus.datastream.state import (
    AggregatingStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
)
from isthmus.datastream.window import CountTrigger, EventTimeSessionWindows, TumblingEventTimeWindows


def plan(env):
    return json.loads(env.get_execution_plan())["nodes"]


def built(env, **operator):
    """The operators of the job graph that have what is asked for."""
    graph, _ = env._build("test")
    return [op for op in graph["operators"] if all(op.get(k) == v for k, v in operator.items())]


class Keep(MapFunction):
    def map(self, value):
        return value


class CoKeep(CoMapFunction):
    def map1(self, value):
        return value

    def map2(self, value):
        return value


class Process(ProcessFunction):
    def process_element(self, value, ctx):
        yield value


class KeyedProcess(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value


class Broadcasting(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value

    def process_broadcast_element(self, value, ctx):
        yield value


class KeyedBroadcasting(KeyedBroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value

    def process_broadcast_element(self, value, ctx):
        yield value


RULES = MapStateDescriptor("rules", Types.STRING(), Types.STRING())


class KeyedCoProcess(KeyedCoProcessFunction):
    def process_element1(self, value, ctx):
        yield value

    def process_element2(self, value, ctx):
        yield value


def test_settings_return_the_stream_and_reach_the_job_graph(env):
    stream = env.from_collection([1]).map(str)
    assert stream.name("named").uid("u1").set_parallelism(3).set_max_parallelism(24) is stream
    assert stream.set_description("says what it does").disable_chaining() is stream
    assert stream.set_buffer_timeout(5).slot_sharing_group("group") is stream
    assert stream.slot_sharing_group(SlotSharingGroup.builder("group").build()) is stream
    assert stream.get_name() == "named"
    (operator,) = built(env, name="named")
    assert operator["uid"] == "u1"
    assert operator["parallelism"] == 3
    assert operator["maxParallelism"] == 24
    assert operator["description"] == "says what it does"
    assert operator["chaining"] == "never"
    assert operator["location"]["file"] == __file__


def test_an_operator_may_begin_a_chain_or_be_alone_for_good(env):
    numbers = env.from_collection([1])
    numbers.map(str).name("head").start_new_chain()
    numbers.map(str).name("single").force_non_parallel()
    with pytest.raises(ValueError, match="must be 1"):
        numbers.map(str).force_non_parallel().set_parallelism(2)
    chaining = {op["name"]: op["chaining"] for op in built(env)}
    assert (chaining["head"], chaining["single"]) == ("head", "always")


@pytest.mark.parametrize(
    ("partition", "strategy"),
    [
        (lambda s: s.rebalance(), "REBALANCE"),
        (lambda s: s.rescale(), "RESCALE"),
        (lambda s: s.shuffle(), "SHUFFLE"),
        (lambda s: s.broadcast(), "BROADCAST"),
        (lambda s: s.global_(), "GLOBAL"),
        (lambda s: s.key_by(lambda v: v), "HASH"),
        (lambda s: s.partition_custom(lambda key, n: 0, lambda v: v), "CUSTOM"),
        (lambda s: s, "REBALANCE"),
    ],
)
def test_the_plan_names_the_partitioning(env, partition, strategy):
    partition(env.from_collection([1])).map(str).set_parallelism(3).name("next")
    (node,) = [n for n in plan(env) if n["type"] == "next"]
    assert [p["ship_strategy"] for p in node["predecessors"]] == [strategy]


def test_neighbours_of_one_parallelism_are_joined_forward(env):
    env.from_collection([1]).map(str).map(str).name("next")
    assert plan(env)[-1]["predecessors"][0]["ship_strategy"] == "FORWARD"


def test_forward_between_different_parallelisms_is_refused_before_anything_starts(env):
    env.from_collection([1]).forward().map(str).set_parallelism(2).name("next").print()
    with pytest.raises(Exception, match=r'"next".*parallelism 2.*forward.*rebalance'):
        env.execute()


def test_a_union_reads_all_its_streams(env):
    streams = [env.from_collection([n]) for n in range(3)]
    union = streams[0].union(*streams[1:])
    union.map(str).name("next")
    nodes = plan(env)
    sources = [n["id"] for n in nodes if n["pact"] == "Data Source"]
    assert [p["id"] for p in nodes[-1]["predecessors"]] == sources
    with pytest.raises(ValueError, match="a union: it has no operator"):
        union.name("no")


def test_a_union_with_itself_doubles_and_keyed_streams_join_too(env):
    numbers = env.from_collection([1, 2])
    assert sorted(numbers.union(numbers).execute_and_collect()) == [1, 1, 2, 2]
    keyed = numbers.key_by(lambda v: v).union(numbers.key_by(lambda v: v))
    assert sorted(keyed.execute_and_collect()) == [1, 1, 2, 2]


def test_streams_of_different_types_cannot_be_united(env):
    with pytest.raises(ValueError, match="different types: Integer and String"):
        env.from_collection([1], Types.INT()).union(env.from_collection(["a"], Types.STRING()))


def test_types_follow_from_what_keeps_records(env):
    numbers = env.from_collection([1], Types.INT())
    assert numbers.get_type() == Types.INT()
    assert numbers.filter(bool).get_type() == Types.INT()
    assert numbers.map(str).get_type() == Types.PICKLED_BYTE_ARRAY()
    assert numbers.map(str, Types.STRING()).get_type() == Types.STRING()
    assert numbers.map(str, [Types.STRING()]).get_type() == Types.ROW([Types.STRING()])
    assert numbers.key_by(bool).reduce(max).get_type() == Types.INT()


def test_kinds_of_streams(env):
    numbers = env.from_collection([1])
    assert type(numbers) is DataStream
    assert isinstance(numbers.key_by(bool), KeyedStream)
    assert isinstance(numbers.connect(numbers), ConnectedStreams)
    assert numbers.get_execution_environment() is env


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda s: s.map(1), TypeError, "must be a MapFunction or a callable"),
        (lambda s: s.filter("x"), TypeError, "must be a FilterFunction or a callable"),
        (lambda s: s.flat_map(None), TypeError, "must be a FlatMapFunction or a callable"),
        (lambda s: s.process(Keep()), TypeError, "must be a ProcessFunction; it is a Keep"),
        (lambda s: s.process(lambda v: v), TypeError, "must be a ProcessFunction"),
        (lambda s: s.key_by("field"), TypeError, "KeySelector or a callable"),
        (lambda s: s.key_by(bool).process(Process()), TypeError, "KeyedProcessFunction"),
        (lambda s: s.key_by(bool).reduce(1), TypeError, "ReduceFunction or a callable"),
        (lambda s: s.connect(s).map(lambda v: v), TypeError, "must be a CoMapFunction"),
        (lambda s: s.connect(s).process(KeyedCoProcess()), TypeError, "needs two keyed streams"),
        (lambda s: s.connect(s).flat_map(max), TypeError, "must be a CoFlatMapFunction!"),
        (
            lambda s: s.connect(s).process(max),
            TypeError,
            "must be a CoProcessFunction or KeyedCoProcessFunction!",
        ),
        (lambda s: s.broadcast("rules"), TypeError, "must be MapStateDescriptor"),
        (
            lambda s: s.key_by(bool).connect(s.broadcast(RULES)).process(Broadcasting()),
            TypeError,
            "BroadcastProcessFunction should be applied to non-keyed DataStream",
        ),
        (
            lambda s: s.connect(s.broadcast(broadcast_state_descriptor=RULES)).process(KeyedBroadcasting()),
            TypeError,
            "KeyedBroadcastProcessFunction should be applied to keyed DataStream",
        ),
        (lambda s: s.uid(""), ValueError, "The uid is empty"),
        (lambda s: s.print().uid(""), ValueError, "The uid is empty"),
        (lambda s: s.window_all(5), TypeError, "needs a WindowAssigner; it was given 5"),
        (lambda s: s.partition_custom(1, bool), TypeError, "Partitioner or a callable"),
        (lambda s: s.get_side_output("tag"), TypeError, "should be an OutputTag"),
        (lambda s: s.assign_timestamps_and_watermarks(1), TypeError, "should be a WatermarkStrategy"),
        (lambda s: s.project(0), TypeError, "Only Tuple DataStreams can be projected"),
        (lambda s: s.map(str, Types.TUPLE([Types.INT()])).project(1), ValueError, "no field 1"),
        (
            lambda s: s.window_all(EventTimeSessionWindows.with_gap(5)).trigger(CountTrigger.of(1)).reduce(1),
            TypeError,
            "ReduceFunction or a callable",
        ),
        (
            lambda s: s.window_all(TumblingEventTimeWindows.of(5)).aggregate(max),
            TypeError,
            "must be a pyflink.datastream.functions.AggregateFunction!",
        ),
        (
            lambda s: s.window_all(TumblingEventTimeWindows.of(5)).reduce(max, window_function=max),
            TypeError,
            "window_function should be a AllWindowFunction or ProcessAllWindowFunction",
        ),
        (
            lambda s: s.key_by(bool).count_window(5).reduce(max, window_function=max),
            TypeError,
            "window_function should be a WindowFunction or ProcessWindowFunction",
        ),
        (
            lambda s: s.window_all(TumblingEventTimeWindows.of(5)).allowed_lateness(Time.seconds(1)),
            TypeError,
            "number of milliseconds",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_once(env, make, error, message):
    with pytest.raises(error, match=message):
        make(env.from_collection([1]))


def test_a_function_for_keyed_streams_runs_on_any(env):
    class Twice(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield value * 2

    assert env.from_collection([1]).process(Twice()).execute_and_collect(limit=2) == [2]


def test_states_are_made_of_functions():
    with pytest.raises(TypeError, match="must be a ReduceFunction or a callable function!"):
        ReducingStateDescriptor("sum", 5, Types.INT())
    with pytest.raises(TypeError, match="AggregateFunction! That of state 'mean' has no method"):
        AggregatingStateDescriptor("mean", max, Types.INT())


def test_a_tag_without_a_name_is_refused():
    with pytest.raises(ValueError, match="empty"):
        OutputTag("")
    with pytest.raises(TypeError, match="type_info must be None, list or TypeInformation"):
        OutputTag("tag", int)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("name", "Set name for"),
        ("get_name", "Get name of"),
        ("uid", "Set uid for"),
        ("set_uid_hash", "Set uid hash for"),
        ("set_parallelism", "Set parallelism for"),
        ("start_new_chain", "Start new chain for"),
        ("slot_sharing_group", "Setting slot sharing group for"),
        ("cache", "Cache for"),
    ],
)
def test_a_keyed_stream_is_no_operator_to_set_up(env, name, what):
    with pytest.raises(Exception, match=f"^{what} KeyedStream is not supported"):
        getattr(env.from_collection([1]).key_by(bool), name)("x")


def test_projection_takes_fields_in_the_order_given(env):
    fields = Types.TUPLE([Types.INT()] * 4)
    projected = env.from_collection([(1, 2, 3, 4), (5, 6, 7, 8)], fields).project(3, 1)
    assert projected.get_name() == "Projection"
    assert list(projected.execute_and_collect()) == [(4, 2), (8, 6)]


def test_objects_with_the_method_need_no_base_class(env):
    class Twice:
        def map(self, value):
            return value * 2

    class Even:
        def filter(self, value):
            return value % 2 == 0

    stream = env.from_collection([1, 2]).map(Twice()).filter(Even())
    assert list(stream.execute_and_collect()) == [2, 4]


def test_functions_written_in_typescript_fit_everywhere(env, tmp_path):
    (tmp_path / "functions.ts").write_text(
        "export const twice = (n: number) => n * 2;\n"
        "export const parity = (n: number) => n % 4;\n"
        "export const small = (n: number) => n < 7;\n"
    )
    where = str(tmp_path / "functions.ts")
    doubled = env.from_collection([1, 2, 3, 4]).map(ts(where, "twice")).filter(ts(where, "small"))
    sums = doubled.key_by(ts(where, "parity")).reduce(lambda a, b: a + b)
    assert sorted(sums.execute_and_collect()) == [2, 4, 8]


def test_a_broadcast_stream_is_for_connecting_with(env):
    described = MapStateDescriptor("rules", Types.INT(), Types.STRING())
    numbers = env.from_collection([1])
    with pytest.raises(TypeError, match="BroadcastProcessFunction"):
        numbers.connect(numbers.broadcast(described)).process(Process())


def test_long_chains_are_no_problem(env):
    stream = env.from_collection([0])
    for _ in range(300):
        stream = stream.map(lambda v: v + 1)
    assert list(stream.execute_and_collect()) == [300]
