"""What a source is to the subtask that pulls it."""

from __future__ import annotations

from typing import Any, Protocol

from .operator import OperatorContext


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
