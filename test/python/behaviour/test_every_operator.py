"""Every operator that takes a function, with functions of Python and with functions of TypeScript.

Twin of ``test/api/every-operator.test.ts``. What one language cannot do says so in one sentence where it is asked for.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from isthmus import ts
from isthmus._interfaces.async_retry_predicates import has_exception_predicate
from isthmus._interfaces.async_retry_strategies import (
    ExponentialBackoffDelayRetryStrategy,
    FixedDelayRetryStrategy,
)
from isthmus._program.kinds import KINDS
from isthmus.common import Duration, Time, Types, WatermarkStrategy
from isthmus.datastream import AsyncDataStream, StreamExecutionEnvironment
from isthmus.datastream._streams.joins import lookup_join
from isthmus.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    TumblingEventTimeWindows,
)
from isthmus.errors import GraphError, UserFunctionError
from isthmus.testing import OneInputHarness

FIXTURES = Path(__file__).parents[2] / "fixtures" / "every-operator"
sys.path.insert(0, str(FIXTURES))
import every_operator as python  # noqa: E402

TYPESCRIPT = str(FIXTURES / "every-operator.ts")

#: The function of a name, in the language whose turn it is.
Use = Callable[[str], Any]


def of_python(name: str) -> Any:
    found = getattr(python, name)
    return found() if isinstance(found, type) else found


def of_typescript(name: str) -> Any:
    return ts(TYPESCRIPT, name)


CLICKS = [
    {"user": "a", "n": 1, "at": 1},
    {"user": "b", "n": 2, "at": 3},
    {"user": "a", "n": 4, "at": 8},
    {"user": "a", "n": 8, "at": 12},
    {"user": "b", "n": 16, "at": 25},
]
TENS = TumblingEventTimeWindows.of(Time.milliseconds(10))


def numbers(env: Any) -> Any:
    return env.from_collection([1, 2, 3, 4])


def clicks(env: Any, f: Use) -> Any:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(f("At"))
    # One subtask: the order matters to windows of counts.
    return env.from_collection(CLICKS).assign_timestamps_and_watermarks(strategy).set_parallelism(1)


def keyed(env: Any, f: Use) -> Any:
    return clicks(env, f).key_by(f("user"))


def shown(stream: Any) -> Any:
    return stream.map(lambda click: f"{click['user']} {click['n']}")


def waited(way: str, env: Any, f: Use) -> Any:
    return getattr(AsyncDataStream, way)(numbers(env), f("Slowly"), Time.seconds(5))


def tried(way: str, strategy: Any, env: Any, f: Use) -> Any:
    return getattr(AsyncDataStream, way)(numbers(env), f("AtThird"), Time.seconds(5), strategy)


def partitioned(env: Any, f: Use) -> Any:
    class Where(python.ProcessFunction):
        def open(self, runtime_context):
            self.subtask = runtime_context.get_index_of_this_subtask()

        def process_element(self, value, ctx):
            yield f"{value} in {self.subtask}"

    return numbers(env).partition_custom(f("to_last"), f("parity")).process(Where()).set_parallelism(2)


def windowed(env: Any, f: Use, assigner: Any = TENS) -> Any:
    return keyed(env, f).window(assigner)


def window_joined(kind: str, env: Any, f: Use) -> Any:
    join = getattr(clicks(env, f), kind)(clicks(env, f)).where(f("user")).equal_to(f("user"))
    return join.window(TENS)


def looked_up(how: str, env: Any, f: Use) -> Any:
    return lookup_join(clicks(env, f), f("name_of"), f("user"), f("named"), how=how, cache_size=10)


#: Here attempts are those after the first call.
FIXED = FixedDelayRetryStrategy(2, 1, None, has_exception_predicate)
GROWING = ExponentialBackoffDelayRetryStrategy(2, 1, 5, 2.0, None, has_exception_predicate)
ASKED_THRICE = [f"{n} at call 3" for n in (1, 2, 3, 4)]
BY_TENS = ["a 0 5", "a 10 8", "b 0 2", "b 20 16"]
PAIRS = ["a 1 1", "a 1 4", "a 4 1", "a 4 4", "a 8 8", "b 16 16", "b 2 2"]

EVERY: dict[str, tuple[Callable[[Any, Use], Any], list[Any]]] = {
    "from_source": (lambda env, f: env.from_source(f("count_to_four")), [1, 2, 3, 4]),
    "add_source": (lambda env, f: env.add_source(f("count_to_four")), [1, 2, 3, 4]),
    "from_input": (lambda env, f: env.from_input("numbers", f("count_to_four")), [1, 2, 3, 4]),
    "map": (lambda env, f: numbers(env).map(f("double")), [2, 4, 6, 8]),
    "filter": (lambda env, f: numbers(env).filter(f("is_even")), [2, 4]),
    "project": (
        lambda env, f: env.from_collection(
            [(1, 2, 3)], Types.TUPLE([Types.INT(), Types.INT(), Types.INT()])
        ).project(2, 0),
        [(3, 1)],
    ),
    "flat_map": (lambda env, f: numbers(env).flat_map(f("up_to")), [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]),
    "map_batch": (lambda env, f: numbers(env).map_batch(f("doubled")), [2, 4, 6, 8]),
    "flat_map_batch": (lambda env, f: numbers(env).flat_map_batch(f("twice")), [1, 1, 2, 2, 3, 3, 4, 4]),
    "key_by, reduce": (lambda env, f: numbers(env).key_by(f("parity")).reduce(f("add")), [1, 2, 4, 6]),
    "key_by, sum": (lambda env, f: shown(keyed(env, f).sum("n")), ["a 1", "a 13", "a 5", "b 18", "b 2"]),
    "key_by alone": (
        lambda env, f: numbers(env).key_by(f("parity")),
        [(0, 2), (0, 4), (1, 1), (1, 3)],
    ),
    "partition_custom": (partitioned, [f"{n} in 1" for n in (1, 2, 3, 4)]),
    "process": (lambda env, f: numbers(env).process(f("Tens")), [10, 20, 30, 40]),
    "process of keys": (
        lambda env, f: numbers(env).key_by(f("parity")).process(f("Running")),
        ["0 6 at 50", "1 4 at 50"],
    ),
    "connect, map": (
        lambda env, f: numbers(env).connect(numbers(env)).map(f("Either")),
        [f"{side} {n}" for side in ("first", "second") for n in (1, 2, 3, 4)],
    ),
    "connect, flat_map": (
        lambda env, f: numbers(env).connect(numbers(env)).flat_map(f("EitherTwice")),
        [f"{side} {n}" for side in ("first", "second") for n in (1, 1, 2, 2, 3, 3, 4, 4)],
    ),
    "connect, process": (
        lambda env, f: numbers(env).connect(numbers(env)).process(f("Sides")),
        [f"{side} {n}" for side in ("first", "second") for n in (1, 2, 3, 4)],
    ),
    "connect, key_by, process": (
        lambda env, f: (
            numbers(env).connect(numbers(env)).key_by(f("parity"), f("parity")).process(f("Matched"))
        ),
        ["0: 606", "1: 404"],
    ),
    "broadcast, process": (
        lambda env, f: (
            numbers(env).connect(numbers(env).broadcast(python.RULES)).process(f("Ruled")).set_parallelism(1)
        ),
        [f"rule {n}" for n in (1, 2, 3, 4)],
    ),
    "broadcast, process of keys": (
        lambda env, f: (
            numbers(env)
            .key_by(f("parity"))
            .connect(numbers(env).broadcast(python.RULES))
            .process(f("RuledByKey"))
            .set_parallelism(1)
        ),
        [f"rule {n}" for n in (1, 2, 3, 4)],
    ),
    "watermark generator": (
        lambda env, f: (
            env.from_collection(CLICKS)
            .assign_timestamps_and_watermarks(
                WatermarkStrategy.for_generator(f("Followed")).with_timestamp_assigner(f("At"))
            )
            .set_parallelism(1)
            .process(f("Late"))
            .set_parallelism(1)
        ),
        ["1 behind -1", "12 behind 8", "25 behind 12", "3 behind 1", "8 behind 3"],
    ),
    "watermark generator behind an assigner": (
        lambda env, f: (
            clicks(env, f)
            .assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(f("Followed")))
            .set_parallelism(1)
            .process(f("Late"))
            .set_parallelism(1)
        ),
        ["1 behind -1", "12 behind 8", "25 behind 12", "3 behind 1", "8 behind 3"],
    ),
    "timestamp assigner with a bound and idleness": (
        lambda env, f: shown(
            env.from_collection(CLICKS)
            .assign_timestamps_and_watermarks(
                WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5))
                .with_timestamp_assigner(f("At"))
                .with_idleness(Duration.of_seconds(9))
            )
            .key_by(f("user"))
            .window(TENS)
            .reduce(f("total"))
        ),
        ["a 5", "a 8", "b 16", "b 2"],
    ),
    "window, reduce": (
        lambda env, f: shown(windowed(env, f).reduce(f("total"))),
        ["a 5", "a 8", "b 16", "b 2"],
    ),
    "window, reduce and process": (
        lambda env, f: windowed(env, f).reduce(f("total"), f("Shown")),
        BY_TENS,
    ),
    "window, aggregate": (lambda env, f: windowed(env, f).aggregate(f("Numbers")), ["1+4", "16", "2", "8"]),
    "window, aggregate and process": (
        lambda env, f: windowed(env, f).aggregate(f("Numbers"), f("Labelled")),
        ["a 0 1+4", "a 10 8", "b 0 2", "b 20 16"],
    ),
    "window, sum": (
        lambda env, f: shown(windowed(env, f).trigger(f("AtEnd")).sum("n")),
        ["a 5", "a 8", "b 16", "b 2"],
    ),
    "window, max_by": (
        lambda env, f: shown(windowed(env, f, f("Hundreds")).max_by("n")),
        ["a 8", "b 16"],
    ),
    "window_all, sum": (
        lambda env, f: shown(clicks(env, f).window_all(TENS).trigger(f("AtEnd")).sum("n")),
        ["a 7", "a 8", "b 16"],
    ),
    "window, apply": (lambda env, f: windowed(env, f).apply(f("Applied")), BY_TENS),
    "window, process": (lambda env, f: windowed(env, f).process(f("Shown")), BY_TENS),
    "window, trigger": (
        lambda env, f: (
            windowed(env, f, GlobalWindows.create()).trigger(f("EverySecond")).aggregate(f("Numbers"))
        ),
        ["1+4", "2+16"],
    ),
    "window, trigger in a purging one": (
        lambda env, f: windowed(env, f).trigger(PurgingTrigger.of(f("EachRecord"))).aggregate(f("Numbers")),
        ["1", "16", "2", "4", "8"],
    ),
    "window, trigger of windows that merge": (
        lambda env, f: (
            windowed(env, f, EventTimeSessionWindows.with_gap(Time.milliseconds(6)))
            .trigger(f("EachRecord"))
            .aggregate(f("Numbers"))
        ),
        ["1", "16", "2", "4", "4+8"],
    ),
    "window assigner": (
        lambda env, f: windowed(env, f, f("Hundreds")).process(f("Shown")),
        ["a 0 13", "b 0 18"],
    ),
    "window, session gap": (
        lambda env, f: windowed(env, f, EventTimeSessionWindows.with_dynamic_gap(f("Gap"))).process(
            f("Shown")
        ),
        ["a 1 1", "a 8 12", "b 25 16", "b 3 2"],
    ),
    "window_all, reduce": (
        lambda env, f: shown(clicks(env, f).window_all(CountTumblingWindowAssigner(2)).reduce(f("total"))),
        ["a 12", "a 3"],
    ),
    "window_all, process": (
        lambda env, f: clicks(env, f).window_all(TENS).process(f("OfAll")),
        ["all 0 7", "all 10 8", "all 20 16"],
    ),
    "join": (lambda env, f: window_joined("join", env, f).apply(f("pair")), PAIRS),
    "join, trigger": (
        lambda env, f: window_joined("join", env, f).trigger(f("AtEnd")).apply(f("pair")),
        PAIRS,
    ),
    "join, window assigner": (
        lambda env, f: (
            clicks(env, f)
            .co_group(clicks(env, f))
            .where(f("user"))
            .equal_to(f("user"))
            .window(f("Hundreds"))
            .apply(f("sides"))
        ),
        ["2 and 2", "3 and 3"],
    ),
    "co_group": (
        lambda env, f: window_joined("co_group", env, f).apply(f("sides")),
        ["1 and 1", "1 and 1", "1 and 1", "2 and 2"],
    ),
    "interval_join": (
        lambda env, f: keyed(env, f).interval_join(keyed(env, f)).between(1, 10).process(f("pair")),
        ["a 1 4", "a 4 8"],
    ),
    "interval_join, left": (
        lambda env, f: (
            keyed(env, f)
            .interval_join(keyed(env, f))
            .between(1, 10)
            .upper_bound_exclusive()
            .left()
            .process(f("pair_or_none"))
        ),
        ["a 1 4", "a 4 8", "a 8 -", "b 16 -", "b 2 -"],
    ),
    "as_of_join": (
        lambda env, f: keyed(env, f).as_of_join(keyed(env, f)).tolerance(5).process(f("pair")),
        ["a 1 1", "a 4 4", "a 8 8", "b 16 16", "b 2 2"],
    ),
    "lookup_join": (lambda env, f: looked_up("inner", env, f), ["ann 1", "ann 4", "ann 8"]),
    "lookup_join, table": (
        lambda env, f: lookup_join(clicks(env, f), f("TABLE"), f("user"), f("named")),
        ["ann 1", "ann 4", "ann 8"],
    ),
    "unordered_wait": (lambda env, f: waited("unordered_wait", env, f), [2, 4, 6, 8]),
    "ordered_wait": (lambda env, f: waited("ordered_wait", env, f), [2, 4, 6, 8]),
    "unordered_wait_with_retry": (
        lambda env, f: tried("unordered_wait_with_retry", FIXED, env, f),
        ASKED_THRICE,
    ),
    "ordered_wait_with_retry": (
        lambda env, f: tried("ordered_wait_with_retry", GROWING, env, f),
        ASKED_THRICE,
    ),
}


@pytest.fixture(params=[1, 2])
def env(request: pytest.FixtureRequest) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    return env.set_parallelism(request.param)


@pytest.mark.parametrize("language", [of_python, of_typescript])
@pytest.mark.parametrize("name", EVERY)
def test_every_operator(name: str, language: Use, env: Any) -> None:
    build, expected = EVERY[name]
    with build(env, language).execute_and_collect() as results:
        found = [tuple(record) if hasattr(record, "get_fields_by_names") else record for record in results]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_every_kind_is_tried() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    for build, _ in EVERY.values():
        build(env, of_python)
    tried_here = {made.kind for made in env.graph.fresh}
    # Sources and sinks have their contract suites (test_source_contract.py, test_sink_contract.py).
    assert {kind for kind, row in KINDS.items() if row.role == "transform"} <= tried_here


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_add_sink(language: str, env: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "numbers")
    sink = ts(TYPESCRIPT, "Appended", [path]) if language == "typescript" else python.Appended(path)
    numbers(env).add_sink(sink)
    env.execute()
    assert sorted(Path(path).read_text().split()) == ["1", "2", "3", "4"]


def add_called(call: Any, x: int) -> int:
    return x + call(x)


@pytest.mark.parametrize(
    "function", [python.Times(3), ts(TYPESCRIPT, "Times", [3])], ids=["python", "typescript"]
)
def test_classes_get_their_arguments_in_each_subtask(function: Any, env: Any) -> None:
    with numbers(env).map(function).execute_and_collect() as results:
        assert sorted(results) == [3, 6, 9, 12]


@pytest.mark.parametrize("language", [of_python, of_typescript])
def test_calls_are_repeated_as_often_as_said(language: Use, env: Any) -> None:
    once = FixedDelayRetryStrategy(1, 1, None, has_exception_predicate)
    with pytest.raises(UserFunctionError, match="not yet"):
        tried("ordered_wait_with_retry", once, env, language).execute_and_collect(None, 4)


def own(error: Exception) -> bool:
    return True


ONE_LANGUAGE = "must be of one language; write all of them in Python or all in TypeScript"

#: What is refused where it is asked for, and a part of the sentence that says so.
REFUSED: dict[str, tuple[Callable[[Any, Use, Use], Any], str]] = {
    "window, functions": (lambda env, p, t: windowed(env, p).reduce(p("total"), t("Shown")), ONE_LANGUAGE),
    "window, trigger": (
        lambda env, p, t: windowed(env, p).trigger(t("AtEnd")).process(p("Shown")),
        ONE_LANGUAGE,
    ),
    "window, trigger within": (
        lambda env, p, t: windowed(env, p).trigger(PurgingTrigger.of(t("AtEnd"))).process(p("Shown")),
        ONE_LANGUAGE,
    ),
    "window, trigger of Python": (
        lambda env, p, t: windowed(env, p).trigger(p("AtEnd")).process(t("Shown")),
        ONE_LANGUAGE,
    ),
    "window assigner": (lambda env, p, t: windowed(env, p, t("Hundreds")).process(p("Shown")), ONE_LANGUAGE),
    "window assigner of Python": (
        lambda env, p, t: windowed(env, p, p("Hundreds")).process(t("Shown")),
        ONE_LANGUAGE,
    ),
    "session gap": (
        lambda env, p, t: windowed(env, p, EventTimeSessionWindows.with_dynamic_gap(t("Gap"))).process(
            p("Shown")
        ),
        ONE_LANGUAGE,
    ),
    "join, trigger": (
        lambda env, p, t: window_joined("join", env, p).trigger(t("AtEnd")).apply(p("pair")),
        ONE_LANGUAGE,
    ),
    "partition_custom": (
        lambda env, p, t: numbers(env).partition_custom(t("to_last"), p("parity")),
        ONE_LANGUAGE,
    ),
    "watermark strategy": (
        lambda env, p, t: env.from_collection(CLICKS).assign_timestamps_and_watermarks(
            WatermarkStrategy.for_generator(p("Followed")).with_timestamp_assigner(t("At"))
        ),
        ONE_LANGUAGE,
    ),
    "lookup_join": (
        lambda env, p, t: lookup_join(clicks(env, p), {"a": "ann"}, t("user"), t("named")),
        ONE_LANGUAGE,
    ),
    "retry of TypeScript": (
        lambda env, p, t: tried("ordered_wait_with_retry", FixedDelayRetryStrategy(3, 1, None, own), env, t),
        ONE_LANGUAGE,
    ),
    "retry by TypeScript": (
        lambda env, p, t: tried(
            "ordered_wait_with_retry", FixedDelayRetryStrategy(3, 1, None, t("is_even")), env, p
        ),
        ONE_LANGUAGE,
    ),
    "map_batch, format": (
        lambda env, p, t: numbers(env).map_batch(t("doubled"), format="numpy"),
        "gets batches as arrays, not as numpy",
    ),
    "harness": (
        lambda env, p, t: OneInputHarness(t("double"), kind="map"),
        "is TypeScript; test it there, by isthmus/testing",
    ),
    "a function that holds another": (
        lambda env, p, t: numbers(env).map(functools.partial(add_called, t("double"))),
        "Python cannot call ts.*every-operator.ts', 'double'.*stream.map",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_so_at_once(name: str) -> None:
    build, message = REFUSED[name]
    env = StreamExecutionEnvironment.get_execution_environment()
    with pytest.raises(GraphError, match=message) as caught:
        build(env, of_python, of_typescript)
    assert "\n" not in str(caught.value)


def test_the_lookups_of_records_that_find_nothing(env: Any) -> None:
    for use in (of_python, of_typescript):
        with looked_up("left", env, use).execute_and_collect() as results:
            assert sorted(results) == sorted(["ann 1", "ann 4", "ann 8", *NOTHING_FOUND[use]])


#: How each language shows nothing.
NOTHING_FOUND = {of_python: ["None 2", "None 16"], of_typescript: ["null 2", "null 16"]}
