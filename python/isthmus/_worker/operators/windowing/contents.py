"""What a window holds and how a record gets in: a reduced value, an accumulator, or a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._values.keep import fixed
from ...runtime.opening import opened
from ...runtime.operator import OperatorContext

NOTHING: Any = object()


class Contents:
    """The functions over one window's contents, chosen by ``how``."""

    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        self.closers: list[Callable[[], None]] = []
        self.functions: list[Any] = []
        how, function = operation.how, operation.function
        self.is_list = how in ("apply", "process")
        self._shares = self.is_list or ctx.settings.object_reuse
        #: True where the function declares that windows may be put together from slices.
        self.mergeable = bool(getattr(function, "mergeable", False)) and how in ("reduce", "aggregate")
        if how == "reduce":
            reduce, close = opened(function, ctx, "reduce")
            self.closers.append(close)
            self.functions.append(reduce)
            self.first: Callable[[Any], Any] = _same
            self.add: Callable[[Any, Any], Any] = reduce
            self.result: Callable[[Any], Any] = _same
            self.merge: Callable[[Any, Any], Any] = reduce
        elif how == "aggregate":
            add, close = opened(function, ctx, "add")
            self.closers.append(close)
            create = function.create_accumulator
            self.first = lambda value: add(value, create())
            self.add = lambda contents, value: add(value, contents)
            self.result = function.get_result
            self.merge = function.merge
            self.functions += [add, create, self.result, self.merge]
        else:
            self.first = lambda value: [value]
            self.add = _append
            self.result = _same
            self.merge = _extend

    def shares(self, value: Any) -> bool:
        """Whether several windows may be given the very record. Functions may change what they are given, reduce both its
        arguments: so each has a copy of its own where it can be changed. Lists are copied when they are handed out.
        """
        return self._shares or fixed(value)

    def close(self) -> None:
        for close in self.closers:
            close()


def _same(value: Any) -> Any:
    return value


def _append(contents: list[Any], value: Any) -> list[Any]:
    contents.append(value)
    return contents


def _extend(contents: list[Any], others: list[Any]) -> list[Any]:
    contents.extend(others)
    return contents
