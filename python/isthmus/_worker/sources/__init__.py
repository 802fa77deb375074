"""Sources that run in a worker, by operator kind."""

from __future__ import annotations

from typing import Any, Protocol

from ..operator import OperatorContext


class Source(Protocol):
    """The head of a source task. Pulled by the loop, so it never blocks."""

    def open(self, ctx: OperatorContext) -> None: ...

    def ready(self) -> bool:
        """Whether ``next`` has something to say now; if not, the source calls ``ctx.wake`` when it has."""
        ...

    def next(self) -> tuple[list[Any], list[int] | None] | None:
        """Records and, where the source knows them, their event timestamps; None at the end."""
        ...

    # Sources may have ``finish(self) -> None``: to end by themselves, soon. Others are not asked any more.

    def snapshot(self, checkpoint: int) -> Any:
        """The position to go on from after a restart; None where the source cannot."""
        ...

    def restore(self, states: list[Any]) -> None: ...

    def close(self) -> None: ...


def make_source(kind: str) -> Source:
    if kind == "source.collection":
        from .collection import CollectionSource

        return CollectionSource()
    if kind == "source.sequence":
        from .sequence import SequenceSource

        return SequenceSource()
    if kind == "source.lines":
        from .lines import LinesSource

        return LinesSource()
    if kind == "source.csv":
        from .csv_files import CsvSource

        return CsvSource()
    if kind == "source.function":
        from .function import FunctionSource

        return FunctionSource()
    raise ValueError(f"no Python source of kind {kind}")
