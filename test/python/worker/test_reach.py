"""What is proven of functions by their bytecode, and what is not."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import pytest
from isthmus._worker.operators.filter import FilterOperator
from isthmus._worker.operators.timestamps import TimestampsOperator
from isthmus._worker.runtime.operator import Operator
from isthmus._worker.runtime.reach import FIXED, OWN, SHARED, Proof

RATE = 0.9
NAMES = ("a", ("b", 1))
SEEN: list[Any] = []
MUTABLE_WITHIN = ("a", [])


def doubled(x: int) -> int:
    return x * 2


def keeping(x: Any) -> Any:
    SEEN.append(x)
    return x


def endless(x: int) -> int:
    return endless(x - 1) if x else 0


class Stateless:
    def map(self, value: Any) -> Any:
        return value + 1


class Stateful:
    def __init__(self) -> None:
        self.row: list[Any] = []

    def map(self, value: Any) -> Any:
        return self.row

    def map_two(self, value: Any) -> Any:
        return value, self


class EqualToAnything:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash(len)

    def __call__(self, value: Any) -> Any:
        return keeping(value)


LIAR = EqualToAnything()


def enrich(record: dict[str, Any]) -> dict[str, Any]:
    record["total"] = record["price"] * record["count"]
    return record


def total(record: dict[str, Any]) -> Any:
    found = 0
    for item in record["items"]:
        found += item
    return found


def closing_over() -> Callable[[Any], Any]:
    row: list[Any] = []
    return lambda x: row


def counting() -> Callable[[Any], Any]:
    n = 0

    def count(x: Any) -> Any:
        nonlocal n
        n += 1
        return n

    return count


def storing(x: Any) -> Any:
    global _last
    _last = x
    return x


_last: Any = None


@pytest.mark.parametrize(
    "function",
    [
        doubled,
        lambda x: x,
        lambda x: (f"word-{x * 7919 % 1000:>4}", 1),
        lambda pair: pair[0],
        lambda x: x[1:] if x is not None and x else "",
        lambda x: (x, RATE, NAMES),
        lambda x: doubled(max(x, 1)) + len(str(x)),
        lambda x: x == 1 or x in (2, 3),
        total,
        Stateless().map,
        operator.itemgetter(0, 1),
    ],
)
def test_of_fixed_records_they_make_fixed_ones(function: Any) -> None:
    proof = Proof(function)
    assert [proof.after(given) for given in (SHARED, OWN, FIXED)] == [SHARED, OWN, FIXED]


@pytest.mark.parametrize(
    "function",
    [
        enrich,
        lambda x: {"value": x},
        lambda x: {**x, "more": 1},
        lambda x: [x, *x],
        lambda x: sorted(x),
        lambda x: enrich({"price": x, "count": 1}),
    ],
)
def test_they_make_records_that_are_nobody_elses(function: Any) -> None:
    proof = Proof(function)
    assert [proof.after(given) for given in (SHARED, OWN, FIXED)] == [SHARED, OWN, OWN]


def defaulting(x: Any, row: list[Any] = []) -> Any:  # noqa: B006 - that is the point.
    return row


@pytest.mark.parametrize(
    "function",
    [
        keeping,
        storing,
        endless,
        defaulting,
        closing_over(),
        counting(),
        Stateful().map,
        Stateful().map_two,
        lambda x: SEEN,
        lambda x: MUTABLE_WITHIN,
        lambda x: keeping(x),
        lambda x: LIAR(x),
        lambda x: LIAR,
        lambda x: x.row,
        lambda x: x.append(1),
        lambda x: not_there,  # type: ignore[name-defined]  # noqa: F821
        lambda x: globals(),
        lambda x: (y for y in x),
        lambda x: (yield x),
        lambda x: lambda: x,
        lambda *x: x,
        lambda x, **more: more,
        functools.partial(doubled),
        functools.lru_cache(doubled),
        SEEN.append,
        str.upper,
        dict,
        LIAR,
    ],
)
def test_nothing_is_known_of_their_results(function: Any) -> None:
    assert [Proof(function).after(given) for given in (SHARED, OWN, FIXED)] == [SHARED] * 3


def test_a_proof_holds_while_global_names_keep_their_meaning() -> None:
    names: dict[str, Any] = {"RATE": 2}
    exec("def scaled(x): return len((x, RATE)), RATE", names)
    proof = Proof(names["scaled"])
    assert proof.after(FIXED) == FIXED
    names["RATE"] = SEEN
    assert proof.after(FIXED) == SHARED
    names["RATE"] = 2
    assert proof.after(FIXED) == FIXED
    names["len"] = keeping
    assert proof.after(FIXED) == SHARED


def test_the_meaning_of_names_behind_functions_counts_too() -> None:
    names: dict[str, Any] = {"RATE": 2}
    exec("def inner(x): return x, RATE\ndef outer(x): return inner(x)", names)
    proof = Proof(names["outer"])
    assert proof.after(FIXED) == FIXED
    names["RATE"] = SEEN
    assert proof.after(FIXED) == SHARED


def with_function(op: Operator, function: Any) -> Any:
    op._proof = Proof(function)  # type: ignore[attr-defined]
    op._assign, op._custom = function, None  # type: ignore[attr-defined]
    return op


@pytest.mark.parametrize("kind", [FilterOperator, TimestampsOperator])
def test_who_only_looks_at_fixed_records_cannot_change_them_but_may_keep_others(kind: type[Operator]) -> None:
    op = with_function(kind(), keeping)
    assert [op.reach_after(given) for given in (SHARED, OWN, FIXED)] == [SHARED, SHARED, FIXED]
    op = with_function(kind(), lambda x, timestamp=None: True)
    assert op.reach_after(OWN) == SHARED  # Arguments with defaults prove nothing.
    op = with_function(kind(), lambda x: x["price"] > 1)
    assert [op.reach_after(given) for given in (SHARED, OWN, FIXED)] == [SHARED, OWN, FIXED]
