"""Hands records to the program: ``execute_and_collect`` and named outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...runtime.operator import Operator


class CollectSink(Operator):
    """An identity: the exchange behind it leads to the client (``CLIENT`` in the execution plan)."""

    changes_count = False

    def reach_after(self, given: int) -> int:
        return given

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return records
