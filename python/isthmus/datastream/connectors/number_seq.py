"""A sequence of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._program.graph import ProgramGraph
from ...common.typeinfo import Types
from .base import Refs, Source

if TYPE_CHECKING:
    from ..._program.job_graph import HostLanguage

__all__ = ["NumberSequenceSource"]


class NumberSequenceSource(Source):
    """The integers from ``start`` to ``end``, both included; every subtask has a contiguous part."""

    def __init__(self, start: int, end: int) -> None:
        for bound in (start, end):
            if not isinstance(bound, int):
                raise TypeError(f"A number sequence is of whole numbers; it was given {bound!r}.")
        if start > end:
            raise ValueError(f"A number sequence goes upwards: {start} is greater than {end}.")
        self.start, self.end = start, end

    def to_operator(
        self, graph: ProgramGraph
    ) -> tuple[str, str, dict[str, Any], Refs, HostLanguage | None, Any]:
        return (
            "source.sequence",
            "Number Sequence",
            {"from": self.start, "to": self.end},
            {},
            "any",
            Types.LONG(),
        )
