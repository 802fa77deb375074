"""Windows of a keyed stream (``window_all`` is keyed by a constant).

The work is done by an engine of ``windowing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..runtime.operator import Operator, OperatorContext
from .results import flatten
from .windowing.choose import make_engine
from .windowing.engine import Engine
from .windowing.from_data import window_operation
from .windowing.other_windows import refuse_other_windows


class WindowOperator(Operator):
    _engine: Engine | None = None

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._open_engine(make_engine(window_operation(ctx), ctx))

    def _open_engine(self, engine: Engine) -> None:
        self._engine = engine
        refuse_other_windows(self.ctx)
        self.functions = tuple(engine.contents.functions)

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        return flatten(self.engine.process(pairs), self.ctx)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        return self.apply_keyed((cursor.key, value) for value in records)

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        fired = self.engine.advance_watermark(watermark)
        return None if fired is None else flatten(fired, self.ctx)

    def next_processing_time(self) -> int | None:
        return self.engine.next_processing_time()

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        fired = self.engine.advance_processing_time(now)
        return None if fired is None else flatten(fired, self.ctx)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
