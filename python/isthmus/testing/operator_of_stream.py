"""The operator that a piece of a program makes of a stream, taken out of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .piece_of_program import PieceOfProgram, functions_of, key_of


def operator_of_stream(build: Callable[..., Any], inputs: int) -> dict[str, Any]:
    """Options of a harness for what ``build`` makes of one stream, or of two.

    Raises:
        ValueError: It is not exactly one operator with so many inputs, in Python.
    """
    made = PieceOfProgram(build, inputs).operators
    if len(made) != 1:
        names = ", ".join(f'"{t.name}"' for t in made)
        raise ValueError(
            f"This harness drives one operator; these are {len(made)}: {names}. "
            "Test each by itself, or all of them by PipelineHarness."
        )
    operator = made[0]
    found = 1 + max((which for _, which in operator.inputs), default=0)
    if found != inputs:
        raise ValueError(f"The number of inputs is {found}, not {inputs}: use {_HARNESSES[found]}.")
    keys: list[Any] = [None, None]
    for origin, which in operator.inputs:
        keys[which] = key_of(origin) or keys[which]
    options = {
        "function": functions_of(operator),
        "kind": operator.kind,
        "params": operator.params,
        "key_by": keys[0],
    }
    return options if inputs == 1 else {**options, "key_by2": keys[1]}


_HARNESSES = {1: "OneInputHarness.open_stream", 2: "TwoInputHarness.open_streams"}
