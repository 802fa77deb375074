"""Window join and co-group: both inputs share windows, which are evaluated with the records of both.

Records are tagged with their side and kept by a window engine as they come; the function sees them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from ..._interfaces.operations import WindowOperation
from ..._values.keep import Own, as_it_is, fixed, keeper
from ..runtime.opening import open_function
from ..runtime.operator import OperatorContext
from .results import flatten
from .window import WindowOperator
from .windowing.choose import make_engine
from .windowing.from_data import assigner_of, trigger_of
from .windowing.general import GeneralEngine


class WindowJoinOperator(WindowOperator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        params = ctx.params
        cogroup = params["how"] == "co_group"
        function, self._close_function = open_function(ctx, params["how"])
        engine = make_engine(
            WindowOperation(
                assigner=assigner_of(ctx),
                trigger=trigger_of(ctx),
                allowed_lateness=int(params.get("allowedLateness") or 0),
                late_tag=None,
                how="apply",
                function=_CoGrouped(function) if cogroup else _Joined(function, keeper(ctx)[0]),
                merging="exact",
            ),
            ctx,
        )
        if isinstance(engine, GeneralEngine):
            engine.element = _untagged
        engine.emission.element = _untagged
        self._open_engine(engine)
        self.functions = (function,)

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        return flatten(self.engine.process((key, (0, value)) for key, value in pairs), self.ctx)

    def apply_second_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        return flatten(self.engine.process((key, (1, value)) for key, value in pairs), self.ctx)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        return self.apply_second_keyed((cursor.key, value) for value in records)

    def close(self) -> None:
        super().close()
        self._close_function()


class _Joined:
    """Calls the function for every pair; one record may be in many."""

    def __init__(self, function: Any, own: Own) -> None:
        self._function = function
        self._own = own

    def apply(self, key: Any, window: Any, inputs: list[tuple[int, Any]]) -> Iterable[Any]:
        function = self._function
        lefts, rights = _apart(inputs)
        own_left = as_it_is if len(rights) == 1 or all(map(fixed, lefts)) else self._own
        own_right = as_it_is if len(lefts) == 1 or all(map(fixed, rights)) else self._own
        return (function(own_left(left), own_right(right)) for left, right in product(lefts, rights))


class _CoGrouped:
    """Calls the function once with the records of both sides."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def apply(self, key: Any, window: Any, inputs: list[tuple[int, Any]]) -> Iterable[Any] | None:
        found: Iterable[Any] | None = self._function(*_apart(inputs))
        return found


def _untagged(record: tuple[int, Any]) -> Any:
    return record[1]


def _apart(inputs: list[tuple[int, Any]]) -> tuple[list[Any], list[Any]]:
    return [v for side, v in inputs if side == 0], [v for side, v in inputs if side == 1]
