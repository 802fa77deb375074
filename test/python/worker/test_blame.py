"""Whose failure an exception is, where the function that raised has left no frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from types import SimpleNamespace
from typing import Any

import pytest
from isthmus._worker.runtime.blame import suspect
from isthmus._worker.runtime.operator import Operator


class Calls(Operator):
    """Calls a builtin, which has no frame."""

    def __init__(self, name: str, function: Any) -> None:
        self.functions = (function,)
        self.ctx: Any = SimpleNamespace(spec={"name": name})

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return map(self.functions[0], records)


class Pulls(Operator):
    """Pulls from those before it, in a frame that has it under a name of its own."""

    def __init__(self, name: str) -> None:
        self.ctx: Any = SimpleNamespace(spec={"name": name})

    def apply(whoever, records: Iterator[Any]) -> Iterator[Any]:
        for record in records:
            if not whoever.functions:
                yield record


class PullsInAnInnerFrame(Pulls):
    def apply(me, records: Iterator[Any]) -> Iterator[Any]:
        return (record for record in records if not me.functions)


def blamed(*operators: Any, record: Any) -> str:
    records = reduce(lambda before, operator: operator.apply(before), operators, iter([record]))
    with pytest.raises(ValueError) as raised:
        list(records)
    return str(suspect(list(operators), raised.value)["name"])


@pytest.mark.parametrize("puller", [Pulls, PullsInAnInnerFrame])
def test_a_builtin_before_what_pulled_is_told_from_one_behind_it(puller):
    chain = (Calls("first", int), puller("between"), Calls("last", float))
    assert blamed(*chain, record="x") == "first"
    # Of what is behind the innermost that pulled, nobody is left in the traceback either.
    assert blamed(Calls("first", str), puller("between"), Calls("last", float), record="x") == "last"


@pytest.mark.parametrize("puller", [Pulls, PullsInAnInnerFrame])
def test_the_innermost_that_pulled_counts(puller):
    chain = (Calls("first", int), puller("one"), Calls("second", float), puller("two"), Calls("last", str))
    assert blamed(*chain, record="x") == "first"
    chain = (Calls("first", str), puller("one"), Calls("second", float), puller("two"), Calls("last", str))
    assert blamed(*chain, record="x") == "second"
