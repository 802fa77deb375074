"""What is wrong with a program is said in a sentence, with the way out."""

from __future__ import annotations

import re
import threading

import pytest
from isthmus import ts
from isthmus.common import Encoder, Row, Time, Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import OutputTag, StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import BucketAssigner, FileSink, FileSource, StreamFormat
from isthmus.datastream.connectors.number_seq import NumberSequenceSource
from isthmus.datastream.functions import (
    AggregateFunction,
    AsyncFunction,
    BroadcastProcessFunction,
    CoMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
)
from isthmus.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from isthmus.datastream.window import (
    CountSlidingWindowAssigner,
    CountTumblingWindowAssigner,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from isthmus.errors import CodecError, GraphError, UserFunctionError

A_SECOND = TumblingEventTimeWindows.of(Time.seconds(1))


def failure(stream, kind=UserFunctionError):
    with pytest.raises(kind) as caught:
        list(stream.execute_and_collect())
    return caught.value


async def later(value):
    return value


class Longest(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return max(value, accumulator)

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return max(acc_a, acc_b)


class Opens(MapFunction):
    def __init__(self, get):
        self.get = get

    def open(self, runtime_context):
        self.state = self.get(runtime_context)

    def map(self, value):
        return value


@pytest.mark.parametrize(
    "get",
    [
        lambda ctx: ctx.get_state(ValueStateDescriptor("s", Types.INT())),
        lambda ctx: ctx.get_list_state(ListStateDescriptor("s", Types.INT())),
        lambda ctx: ctx.get_map_state(MapStateDescriptor("s", Types.INT(), Types.INT())),
        lambda ctx: ctx.get_reducing_state(ReducingStateDescriptor("s", max, Types.INT())),
        lambda ctx: ctx.get_aggregating_state(AggregatingStateDescriptor("s", Longest(), Types.INT())),
    ],
    ids=["value", "list", "map", "reducing", "aggregating"],
)
def test_state_without_a_key(env, check, get):
    stream = env.from_collection([1]).map(Opens(get)).name("remember")
    check(
        failure(stream),
        "This state is only accessible by functions executed on a KeyedStream.",
        'Call key_by before operator "remember"',
        "test_wrong_programs.py",
    )


class Registers(ProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_processing_time_timer(value)


def test_timers_without_a_key(env, check):
    stream = env.from_collection([1]).process(Registers())
    check(
        failure(stream), "Register timers is only supported on a keyed stream.", "Call key_by before process"
    )


class KeyedRegisters(KeyedProcessFunction):
    def __init__(self, domain):
        self.domain = domain

    def process_element(self, value, ctx):
        getattr(ctx.timer_service(), f"register_{self.domain}_time_timer")(value)

    def on_timer(self, timestamp, ctx):
        yield ctx.time_domain().name, timestamp


@pytest.mark.parametrize("domain", ["event", "processing"])
@pytest.mark.parametrize("time", [1.5, None, "5"])
def test_timers_at_no_whole_millisecond(env, check, domain, time):
    stream = env.from_collection([time]).key_by(lambda v: 0).process(KeyedRegisters(domain))
    error = failure(stream)
    check(error, "The time of a timer is a whole number of milliseconds", repr(time), "int(seconds * 1000)")
    assert "register_" in str(error)  # The user's line.


@pytest.mark.parametrize("domain", ["event", "processing"])
def test_a_timer_in_the_past_is_no_error(env, page, domain, tmp_path):
    has_fired = tmp_path / "fired"

    def source():
        import time

        yield -5
        # Timers of processing time end with the stream; those of event time fire at its end.
        while domain == "processing" and not has_fired.exists():
            time.sleep(0.01)

    def told(fired):
        has_fired.touch()
        return fired

    fired = env.from_source(source).key_by(lambda v: 0).process(KeyedRegisters(domain)).map(told)
    assert list(fired.execute_and_collect()) == [(f"{domain.upper()}_TIME", -5)]
    assert "a timer whose time has passed fires at once" in page


@pytest.mark.parametrize("assigner", [A_SECOND, SlidingEventTimeWindows.of(Time.seconds(2), Time.seconds(1))])
def test_a_window_of_event_time_without_timestamps(env, check, assigner):
    windows = env.from_collection([("a", 1)]).key_by(lambda v: v[0]).window(assigner)
    check(
        failure(windows.reduce(lambda a, b: a)),
        "Record has Java Long.MIN_VALUE timestamp (= no timestamp marker).",
        "assign_timestamps_and_watermarks",
        "record: ('a', 1)",
    )


@pytest.mark.parametrize("assigner", [CountTumblingWindowAssigner(2), CountSlidingWindowAssigner(2, 1)])
def test_lateness_of_a_count_window(env, check, assigner):
    windows = env.from_collection([1]).key_by(lambda v: v).window(assigner)
    with pytest.raises(GraphError) as caught:
        windows.allowed_lateness(5)
    check(
        caught.value,
        "Count windows know no lateness: they end when they are full",
        "Leave allowed_lateness() out",
    )
    windows.allowed_lateness(0)


def test_a_negative_lateness(env, check):
    windows = env.from_collection([1]).window_all(A_SECOND)
    with pytest.raises(GraphError) as caught:
        windows.allowed_lateness(-5)
    check(caught.value, "The allowed lateness is -5 ms; it cannot be negative.")


@pytest.mark.parametrize(
    "key", [lambda v: threading.Lock(), lambda v: (n for n in [])], ids=["lock", "generator"]
)
@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_key_that_cannot_be_encoded(env, check, key, parallelism):
    env.set_parallelism(parallelism)
    error = failure(env.from_collection([1]).key_by(key).map(str), CodecError)
    check(
        error, "A key of type", "cannot be encoded", "Use a string, a number, a tuple or a frozen dataclass"
    )
    assert len(str(error).splitlines()) <= 3


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_record_that_cannot_be_sent(env, check, parallelism):
    env.set_parallelism(parallelism)
    locks = env.from_collection([1]).map(lambda v: threading.Lock()).name("locks")
    error = failure(locks.rebalance().map(str).disable_chaining(), CodecError)
    check(
        error,
        "A record cannot be sent to the next task (cannot pickle '_thread.lock' object)",
        'operator "locks"',
        "in open()",
    )
    assert len(str(error).splitlines()) <= 3


def test_a_function_that_cannot_be_sent(env, check):
    lock = threading.Lock()
    with pytest.raises(TypeError) as caught:
        env.from_collection([1]).map(lambda v: lock)
    check(caught.value, "cannot pickle '_thread.lock' object (while sending map to the workers;", "in open()")


class Both(CoMapFunction):
    def map1(self, value):
        return value

    def map2(self, value):
        return value


MISMATCHED = {
    "A window join": lambda a, b: (
        a.join(b)
        .where(lambda v: v, Types.STRING())
        .equal_to(lambda v: v, Types.INT())
        .window(A_SECOND)
        .apply(lambda left, right: (left, right))
    ),
    "An interval join": lambda a, b: a.key_by(str, Types.STRING()).interval_join(b.key_by(int, Types.INT())),
    "An as-of join": lambda a, b: a.key_by(str, Types.STRING()).as_of_join(b.key_by(int, Types.INT())),
    "Connected keyed streams": lambda a, b: (
        a.key_by(str, Types.STRING()).connect(b.key_by(int, Types.INT())).map(Both())
    ),
}


@pytest.mark.parametrize("what", MISMATCHED)
def test_two_streams_with_keys_of_two_types(env, page, what):
    left, right = env.from_collection(["a"]), env.from_collection([1])
    with pytest.raises(
        TypeError, match=f"{what} need.* keys of one type; the left one's is String"
    ) as caught:
        MISMATCHED[what](left, right)
    assert "the right one's Integer. Convert one of them in its key selector" in str(caught.value)
    assert "A window join needs keys of one type; the left one's is String, the right one's Integer." in page


def test_an_interval_that_ends_before_it_begins(env):
    left, right = env.from_collection([1]), env.from_collection([1])
    with pytest.raises(ValueError, match="is 5 ms, above its upper bound of 1 ms; swap them"):
        left.key_by(int).interval_join(right.key_by(int)).between(5, 1)


@pytest.mark.parametrize(("given", "shown"), [(None, r"None \(NoneType\)"), (1.5, r"1.5 \(float\)")])
def test_a_timestamp_that_is_no_whole_number(env, given, shown):
    class Wrong(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return given

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Wrong())
    error = failure(env.from_collection([1]).assign_timestamps_and_watermarks(strategy))
    assert re.search(f"A timestamp is a whole number of milliseconds, not {shown}; write int", str(error))


@pytest.mark.parametrize("given", [2**63, -(2**63) - 1])
def test_a_timestamp_beyond_64_bits(env, given):
    class Wrong(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return given

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Wrong())
    error = failure(env.from_collection([1]).assign_timestamps_and_watermarks(strategy))
    assert f"A timestamp is a number of milliseconds in 64 bits, not {given}." in str(error)


def test_broadcast_state_written_on_the_side_that_reads_it(env):
    rules = MapStateDescriptor("rules")

    class Wrong(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            ctx.get_broadcast_state(rules).put(value, value)

        def process_broadcast_element(self, value, ctx):
            pass

    stream = env.from_collection([1]).connect(env.from_collection([1]).broadcast(rules)).process(Wrong())
    assert "read-only here, or subtasks would differ: change it in process_broadcast_element" in str(
        failure(stream)
    )


def test_connected_streams_that_are_keyed_anew_may_have_had_other_keys(env):
    left, right = env.from_collection(["a"]), env.from_collection([1])
    connected = left.key_by(str, Types.STRING()).connect(right.key_by(int, Types.INT()))
    again = connected.key_by(lambda v: str(v), lambda v: str(v), Types.STRING())
    assert sorted(again.map(Both()).execute_and_collect(), key=repr) == ["a", 1]


@pytest.mark.parametrize("what", ["interval_join", "as_of_join"])
def test_joins_of_streams_without_keys(env, what):
    keyed = env.from_collection([1]).key_by(lambda v: v)
    with pytest.raises(TypeError, match="needs two keyed streams; key both with key_by first"):
        getattr(keyed, what)(env.from_collection([1]))


@pytest.mark.parametrize("returned", [None, 5])
@pytest.mark.parametrize("how", ["flat_map", "process"])
def test_a_function_that_returns_no_iterable(env, check, returned, how):
    class Returns(ProcessFunction):
        def process_element(self, value, ctx):
            return returned

    source = env.from_collection([1])
    made = source.process(Returns()) if how == "process" else source.flat_map(lambda v: returned)
    stream = made.name("wrong").map(lambda v: v)
    if how == "process" and returned is None:
        assert list(stream.execute_and_collect()) == []
        return
    error = failure(stream)
    kind = type(returned).__name__
    assert f"'{kind}' object is not iterable" in str(error)
    check(
        error,
        "object is not iterable",
        'operator "wrong"',
        "record: 1",
        "[] for none, [result] for one, or use yield",
    )


@pytest.mark.parametrize(
    ("result", "declared", "documented"),
    [
        ("x", Types.INT(), "declared INT"),
        ({"age": "x"}, Types.MAP(Types.STRING(), Types.INT()), "an integer is required (at $"),
        (
            ("x", 1),
            Types.ROW([Types.STRING(), Types.INT()]),
            "'tuple' object has no attribute 'get_fields_by_names' (at $, declared ROW; give a Row(...))",
        ),
        (
            Row(age="x"),
            Types.ROW_NAMED(["age"], [Types.INT()]),
            "an integer is required (at $.age, declared INT)",
        ),
    ],
    ids=["scalar", "map", "tuple for row", "row"],
)
def test_a_result_that_is_not_of_its_declared_type(env, check, result, declared, documented):
    stream = env.from_collection([1]).map(lambda v: result, declared).name("typed").rebalance()
    check(failure(stream.map(lambda v: v)), documented, 'operator "typed"', f"record: {result!r}")


def test_sys_exit_in_a_function_fails_it(env, check):
    import sys

    stream = env.from_collection([1]).map(lambda v: sys.exit(3)).name("exits")
    check(failure(stream), "SystemExit", 'operator "exits"', "record: 1", "sys.exit(3)")


def test_a_keyboard_interrupt_of_a_function_fails_it(env):
    def interrupts(value):
        raise KeyboardInterrupt("not from the keyboard")

    report = failure(env.from_collection([1]).map(interrupts)).report
    assert report["exceptionType"] == "KeyboardInterrupt"
    assert report["operator"] == "Map"


def test_a_module_that_the_worker_has_not(env, check):
    def imports(value):
        import x_that_is_not_there

        return x_that_is_not_there

    error = failure(env.from_collection([1]).map(imports))
    check(error, "No module named 'x", "import x_that_is_not_there")


def test_nothing_to_execute(env, check):
    with pytest.raises(GraphError) as caught:
        env.execute()
    check(caught.value, "No operators defined in streaming topology. Cannot execute.")


def test_inputs_and_sources_that_are_none(env, check):
    with pytest.raises(GraphError) as caught:
        env.from_input("orders")
    check(caught.value, 'The input "orders" has no default, so this program cannot run alone')
    with pytest.raises(GraphError) as caught:
        env.from_source([1])
    check(caught.value, "from_source takes a Source or a generator function; it was given a list.")


def test_async_functions(env, check):
    from isthmus.datastream import AsyncDataStream

    class Bare(AsyncFunction):
        async def async_invoke(self, value):
            return value

    stream = AsyncDataStream.ordered_wait(env.from_collection([1]), Bare(), Time.seconds(5))
    check(failure(stream), "The result of AsyncFunction should be of list type")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda env: env.set_max_parallelism(40_000), "The maximum parallelism is 40000; it must be a whole number from 1 to"),
        (lambda env: env.from_collection([1]).map(str).set_max_parallelism(0), "The maximum parallelism is 0;"),
        (lambda env: env.set_buffer_timeout(-5), "The buffer timeout is -5 ms; it must be -1 (off), 0 or more milliseconds."),
        (lambda env: env.enable_checkpointing(0), "The checkpoint interval is 0 ms; it must be at least 10 ms."),
        (lambda env: env.from_collection([1]).print(5), "The sink identifier must be a str; it is 5."),
        (lambda env: env.from_collection([1]).map(str).name(5), "The name must be a str; it is 5."),
        (lambda env: env.from_collection([1]).map(str).uid(None), "The uid must be a str; it is None."),
        (lambda env: env.from_collection([1], 5), "A type is one of Types, such as Types.INT(); it was given 5."),
        (lambda env: env.from_collection([1]).map(str, int), "A type is one of Types, such as Types.INT(); it was given <class 'int'>."),
        (lambda env: env.from_collection([1]).union(5), "union takes a DataStream; it was given 5."),
        (lambda env: env.from_collection([1]).connect([2]), "connect takes a DataStream; it was given [2]."),
        (lambda env: env.set_runtime_mode("BATCH"), "The runtime mode must be a RuntimeExecutionMode, such as RuntimeExecutionMode.BATCH; it was given 'BATCH'."),
        (lambda env: env.configure({"a": "b"}), "The configuration must be a Configuration, which Configuration.from_dict(...) makes of a dict; it was given {'a': 'b'}."),
        (lambda env: env.from_collection(3), "from_collection takes an iterable; it was given 3."),
        (lambda env: env.from_source(NumberSequenceSource(1, 2), "x"), "The watermark strategy must be a WatermarkStrategy, such as"),
        (lambda env: env.from_input("a", default=3), "The default of the input 'a' must be a path, paths,"),
        (lambda env: env.read_text_file("x", "klingon"), "There is no charset 'klingon'; name one such as UTF-8"),
        (lambda env: env.from_collection([1]).to_output(3), "The name of an output must be a str; it is 3."),
        (lambda env: env.from_collection([1]).execute_and_collect(limit=0), "Limit must be greater than 0, and a whole number; it is 0."),
        (lambda env: env.from_collection([1]).map(str) and env.execute(5), "The name of a job must be a str; it is 5."),
        (lambda env: NumberSequenceSource("a", 1), "A number sequence is of whole numbers; it was given 'a'."),
        (lambda env: FileSource.for_record_stream_format(StreamFormat.text_line_format()), "paths must not be empty: name the files or folders to read."),
        (lambda env: FileSource.for_record_stream_format(StreamFormat.text_line_format(), 3), "A path of files must be a str; it is 3."),
        (lambda env: FileSink.for_row_format("x", None), "A file sink needs an Encoder, such as Encoder.simple_string_encoder(); it was given None."),
        (lambda env: BucketAssigner.date_time_bucket_assigner("yyyy-QQ"), "The bucket pattern yyyy-QQ has the letters QQ; known: yyyy, yy,"),
        (lambda env: BucketAssigner.date_time_bucket_assigner("yyyy", "Mars/Base"), "There is no time zone 'Mars/Base'; name one such as Europe/Berlin."),
        (lambda env: Encoder.simple_string_encoder("klingon"), "There is no charset 'klingon'; name one such as UTF-8"),
        (lambda env: env.from_collection([1]).map(later), "map takes what its function returns, and later is a coroutine function"),
        (lambda env: OutputTag(3), "The tag_id of an OutputTag must be a str; it is 3."),
        (lambda env: ts(3, "f"), "ts() takes the path of a module and the name of what it exports; it was given 3 and 'f'."),
    ],
)  # fmt: skip
def test_arguments_are_checked_where_they_are_given(env, call, message):
    with pytest.raises((TypeError, ValueError)) as raised:
        call(env)
    assert message in str(raised.value)


def test_streams_of_two_environments_are_not_combined(env):
    others = StreamExecutionEnvironment.get_execution_environment().from_collection([2])
    stream = env.from_collection([1])
    for combine in (stream.union, stream.connect, stream.join, stream.co_group):
        with pytest.raises(GraphError, match="a stream of another environment; build both from one"):
            combine(others)


def test_a_module_to_add_that_is_not_there(env):
    with pytest.raises(GraphError, match=r"There is no Python file or folder /nowhere/x\.py to add"):
        env.add_python_file("/nowhere/x.py")


def test_a_function_of_too_many_parameters_is_blamed_itself(env):
    stream = env.from_collection([1]).map(lambda v: v).map(lambda one, other: one).name("two").map(str)
    assert failure(stream).report["operator"] == "two"


def test_links_to_folders_are_followed_but_those_that_lead_nowhere_or_back(env, tmp_path):
    (tmp_path / "tree/inner").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/x.txt").write_text("x\n")
    (tmp_path / "tree/inner/back").symlink_to(tmp_path / "tree")
    (tmp_path / "tree/inner/nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "tree/inner/other").symlink_to(tmp_path / "other")
    assert list(env.read_text_file(str(tmp_path / "tree")).execute_and_collect()) == ["x"]


def test_a_file_that_cannot_be_read_is_named(env, tmp_path):
    (tmp_path / "a.gz").write_bytes(b"no gzip")
    error = failure(env.read_text_file(str(tmp_path / "a.gz")), GraphError)
    assert f"{tmp_path}/a.gz cannot be read: Not a gzipped file" in str(error)


def test_a_folder_of_output_that_cannot_be_made_is_named(env, tmp_path):
    (tmp_path / "taken").write_text("")
    sink = FileSink.for_row_format(str(tmp_path / "taken/out"), Encoder.simple_string_encoder()).build()
    env.from_collection(["a"], Types.STRING()).sink_to(sink)
    with pytest.raises(GraphError, match=r"output folder .*/taken/out cannot be made: Not a directory"):
        env.execute()


def test_an_execute_that_is_refused_clears_the_graph(env):
    env.from_collection([1]).print()
    with pytest.raises(TypeError, match="name of a job"):
        env.execute(5)
    with pytest.raises(GraphError, match="No operators defined"):
        env.execute()
