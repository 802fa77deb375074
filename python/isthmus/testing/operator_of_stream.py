"""The operator that a piece of a program makes of a stream, taken out of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._graph import Origin, ProgramGraph, Transformation
from ..datastream import StreamExecutionEnvironment
from ..datastream.data_stream import DataStream


class _KeepingGraph(ProgramGraph):
    """Keeps functions as they are, where a job would pickle them."""

    def function(self, obj: Any, name: str) -> dict[str, Any]:
        return {"language": "python", "form": "object", "object": obj, "name": name}


def operator_of_stream(build: Callable[..., Any], inputs: int) -> dict[str, Any]:
    """Options of a harness for what ``build`` makes of one stream, or of two.

    Raises:
        ValueError: It is not exactly one operator with so many inputs, in Python.
    """
    env = StreamExecutionEnvironment.get_execution_environment()
    graph = env.graph = _KeepingGraph()
    streams: list[DataStream[Any]] = [
        DataStream(env, [Origin(Transformation("source.collection", "Test"))], None) for _ in range(inputs)
    ]
    build(*streams)
    made = graph.fresh
    if len(made) != 1:
        names = ", ".join(f'"{t.name}"' for t in made)
        raise ValueError(
            f"A harness drives one operator; these are {len(made)}: {names}. Test each by itself."
        )
    operator = made[0]
    found = 1 + max((which for _, which in operator.inputs), default=0)
    if found != inputs:
        raise ValueError(f"The number of inputs is {found}, not {inputs}: use {_HARNESSES[found]}.")
    keys: list[Any] = [None, None]
    for origin, which in operator.inputs:
        if origin.partitioner["kind"] == "hash":
            keys[which] = _selector(_object(origin.partitioner["key"]))
    options = {
        "function": None if operator.fn is None else _object(operator.fn),
        "kind": operator.kind,
        "params": operator.params,
        "key_by": keys[0],
    }
    return options if inputs == 1 else {**options, "key_by2": keys[1]}


_HARNESSES = {1: "OneInputHarness.open_stream", 2: "TwoInputHarness.open_streams"}


def _object(ref: dict[str, Any]) -> Any:
    if "object" not in ref:
        raise ValueError(f'The function "{ref["name"]}" is TypeScript; test it there, by isthmus/testing.')
    return ref["object"]


def _selector(key: Any) -> Callable[[Any], Any]:
    selector: Callable[[Any], Any] = getattr(key, "get_key", key)
    return selector
