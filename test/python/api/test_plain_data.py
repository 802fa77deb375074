"""Operators are plain data: what is pickled are functions and values of the program's, under the names that it has for them."""

from __future__ import annotations

import functools
import json
import operator
from typing import Any

import pytest
from isthmus._program.graph import ProgramGraph
from isthmus._types.data_types import DataTypes
from isthmus.common import Time, Types
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream._streams.joins import lookup_join
from isthmus.datastream.connectors.file_system import FileSource
from isthmus.datastream.formats.csv import CsvReaderFormat, CsvSchema
from isthmus.datastream.functions import MapFunction, ReduceFunction
from isthmus.datastream.window import (
    CountSlidingWindowAssigner,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
)
from isthmus.table._datagen import datagen_source

SLIDING = SlidingEventTimeWindows.of(Time.seconds(10), Time.seconds(5))


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


def built(env: Any) -> tuple[list[Any], list[Any]]:
    """Operators and edges of the job, as the runtime gets them; all of it can be said in JSON."""
    graph: ProgramGraph = env.graph
    made, _ = graph.build(graph.fresh, parallelism=1, config={}, python={})  # type: ignore[arg-type]
    made = json.loads(json.dumps(made))
    return made["operators"], made["edges"]


def pickled(operators: list[Any], edges: list[Any]) -> list[str]:
    refs = [ref for op in operators for ref in op.get("fns", {}).values()]
    refs += [
        edge["partitioner"][part]
        for edge in edges
        for part in ("key", "partition")
        if part in edge["partitioner"]
    ]
    return [ref["name"] for ref in refs if ref["form"] == "pickle"]


def numbers(env: Any) -> Any:
    return env.from_collection([1, 2])


def key_of(value: Any) -> Any:
    return value


def test_folds_of_windows(env):
    keyed = numbers(env).key_by(key_of)
    keyed.window(SLIDING).sum("n")
    keyed.window(EventTimeSessionWindows.with_gap(Time.seconds(3))).allowed_lateness(7).max_by()
    numbers(env).window_all(CountSlidingWindowAssigner(4, 2)).min(1)
    operators, edges = built(env)
    windows = [op["params"] for op in operators if op["kind"] == "window"]
    said = {"how": "fold", "merging": "exact", "trigger": None}
    assert [{name: params.get(name) for name in said} for params in windows] == [said] * 3
    assert [(params["op"], params["field"]) for params in windows] == [
        ("sum", "n"),
        ("max_by", 0),
        ("min", 1),
    ]
    assert windows[0]["assigner"] == {
        "kind": "sliding",
        "time": "event",
        "size": 10_000,
        "slide": 5_000,
        "offset": 0,
    }
    assert [op.get("fns") for op in operators if op["kind"] == "window"] == [None] * 3
    assert pickled(operators, edges) == ["list", "list", "key_of", "key_of"]


def test_what_isthmus_brings_is_not_pickled(env, tmp_path):
    named = [Types.ROW_NAMED([name], [Types.INT()]) for name in "ab"]
    left, right = (env.from_collection([], row) for row in named)
    left.union(right).window_all(SLIDING).sum()
    schema = CsvSchema.builder().add_string_column("text").set_column_separator(";").build()
    format = CsvReaderFormat.for_schema(schema)
    env.from_source(FileSource.for_record_stream_format(format, str(tmp_path)).build(), None, "csv").print()
    rows = DataTypes.ROW([DataTypes.FIELD("n", DataTypes.BIGINT())])
    env.from_source(datagen_source(rows, {"number-of-rows": "3"}), None, "rows").print()
    operators, edges = built(env)
    assert pickled(operators, edges) == ["list", "list"]
    (csv,) = (op["params"] for op in operators if op.get("connector") == "csv")
    assert csv["rowFormat"]["separator"] == ";"
    assert (csv["rowFormat"]["names"], csv["rowFormat"]["types"]) == (["text"], [{"kind": "STRING"}])


class Twice(MapFunction):
    def map(self, value):
        return value * 2


class Totals(ReduceFunction):
    def reduce(self, value1, value2):
        return value1 + value2


class Scorer:
    def __call__(self, value):
        return value


module_level = lambda value: value  # noqa: E731


def between(stream: Any, fn: Any) -> Any:
    return stream.map(fn)


def test_functions_have_the_name_that_the_program_has_for_them(env):
    local = lambda value: value  # noqa: E731
    scorer = Scorer()
    here = "test_functions_have_the_name_that_the_program_has_for_them.<locals>."
    given = {
        key_of: "key_of",
        Twice(): "Twice.map",
        scorer: "Scorer.__call__",
        scorer.__call__: "Scorer.__call__",
        functools.partial(functools.partial(key_of)): "key_of",
        module_level: "module_level",
        local: f"{here}local",
        operator.itemgetter(0): "itemgetter",
        abs: "abs",
    }
    for function in given:
        numbers(env).map(function)
    between(numbers(env), lambda value: value)
    operators, _ = built(env)
    names = [op["fns"]["function"]["name"] for op in operators if op["kind"] == "map"]
    assert names == [*given.values(), f"{here}<lambda>"]


def test_values_are_named_by_their_type(env):
    numbers(env)
    lookup_join(numbers(env), {1: "one"}, key_of, module_level)
    numbers(env).key_by(key_of).window(SLIDING).reduce(Totals())
    operators, _ = built(env)
    names = [{part: ref["name"] for part, ref in op.get("fns", {}).items()} for op in operators]
    assert {"lookup": "dict", "key": "key_of", "function": "module_level"} in names
    assert {"function": "Totals.reduce"} in names
    assert names.count({"elements": "list"}) == 2


def test_the_key_and_record_of_a_keyed_stream_are_named_after_the_key(env, monkeypatch):
    monkeypatch.setattr(env, "_submit", lambda name: (_ for _ in ()).throw(StopAsyncIteration))
    with pytest.raises(StopAsyncIteration):
        numbers(env).key_by(key_of).execute_and_collect()
    operators, _ = built(env)
    assert [op["fns"]["function"]["name"] for op in operators if op["kind"] == "map"] == ["key_of"]
