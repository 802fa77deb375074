"""A flat map over two inputs; None counts as nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from .co_map import TwoMethods


class CoFlatMapOperator(TwoMethods):
    called_from_c = True
    flattens = True
    methods = ("flat_map1", "flat_map2")

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return chain.from_iterable(r for r in map(self._first, records) if r is not None)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        return chain.from_iterable(r for r in map(self._second, records) if r is not None)
