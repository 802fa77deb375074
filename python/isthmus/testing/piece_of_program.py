"""What a piece of a program makes of streams: its graph, with functions as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._program.graph import Origin, ProgramGraph, Transformation, all_typescript
from ..datastream import StreamExecutionEnvironment
from ..datastream.data_stream import DataStream


class _KeepingGraph(ProgramGraph):
    """Keeps functions as they are, where a job would pickle them."""

    def function(self, obj: Any, name: str) -> dict[str, Any]:
        return {"language": "python", "form": "object", "object": obj, "name": name}

    def built_in(self, made: type, *args: Any) -> dict[str, Any]:
        return self.function(made(*args), made.__qualname__)

    def functions(self, what: str, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
        parts = {part: function for part, function in given.items() if function is not None}
        if all_typescript(what, parts):
            return super().functions(what, parts)
        return {part: self.function(function, part) for part, function in parts.items()}


class PieceOfProgram:
    """What ``build`` makes of so many streams."""

    def __init__(self, build: Callable[..., Any], inputs: int) -> None:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.graph = _KeepingGraph()
        #: What stands for the streams, in order.
        self.sources = [Transformation("source.collection", "Test") for _ in range(inputs)]
        #: What the piece gives back.
        self.made = build(*(DataStream[Any](env, [Origin(source)], None) for source in self.sources))
        #: The operators, upstream first.
        self.operators = env.graph.fresh


class Functions(dict[str, Any]):
    """The functions of an operator, by part."""


def functions_of(operator: Transformation) -> Functions:
    """The functions of an operator, as they are in the program."""
    return Functions({part: _object(ref) for part, ref in operator.fns.items()})


def key_of(origin: Origin) -> Callable[[Any], Any] | None:
    """The key that an edge partitions by, if it does."""
    if origin.partitioner["kind"] != "hash":
        return None
    key = _object(origin.partitioner["key"])
    selector: Callable[[Any], Any] = getattr(key, "get_key", key)
    return selector


def _object(ref: dict[str, Any]) -> Any:
    if "object" not in ref:
        raise ValueError(f'The function "{ref["name"]}" is TypeScript; test it there, by isthmus/testing.')
    return ref["object"]
