"""Chosen fields of tuples and rows."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from ..runtime.operator import Operator, OperatorContext


class ProjectOperator(Operator):
    """``params.fields``: positions, in the order wanted, repeats allowed. The result is a tuple."""

    changes_count = False

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        fields = [int(f) for f in ctx.params["fields"]]
        if len(fields) == 1:
            only = fields[0]
            self._pick: Any = lambda record: (record[only],)
        else:
            self._pick = itemgetter(*fields)

    def reach_after(self, given: int) -> int:
        return given

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return map(self._pick, records)
