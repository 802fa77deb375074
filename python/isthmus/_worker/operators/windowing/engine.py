"""What every way of keeping windows offers the window operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...runtime.operator import OperatorContext
from ...runtime.runtime_context import runtime_context
from .contents import Contents
from .emission import Emission


class Engine:
    """Windows of one subtask. Methods return iterators of results (iterables of records), pulled lazily."""

    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self.operation = operation
        self.assigner = operation.assigner
        self.contents = Contents(operation, ctx)
        self.emission = Emission(operation, self.contents, ctx)
        self.lateness: int = operation.allowed_lateness
        late = operation.late_tag
        #: The side output of late records, if anybody reads it.
        self.late_tag = late if late is not None and late in ctx.side_tags else None

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        raise NotImplementedError

    def advance_watermark(self, watermark: int) -> Iterator[Iterable[Any]] | None:
        return None

    def next_processing_time(self) -> int | None:
        return None

    def advance_processing_time(self, now: int) -> Iterator[Iterable[Any]] | None:
        return None

    def is_late(self, timestamp: int) -> bool:
        """Whether a record of which all windows were late is late itself."""
        return timestamp + self.lateness <= self.ctx.watermark

    def drop_late(self, value: Any) -> None:
        """A late record: to its side output, or away."""
        runtime_context(self.ctx).get_metrics_group().counter("numLateRecordsDropped").inc()
        if self.late_tag is not None:
            self.ctx.emit_side(self.late_tag, value)

    def close(self) -> None:
        self.contents.close()
