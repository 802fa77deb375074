"""A Python function as a sink."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, compress, groupby, islice, repeat
from typing import Any

from ...._values.isolate import ATOMS
from ...._values.keep import as_it_is, keeper_of_inputs
from ...runtime.opening import open_function
from ...runtime.operator import Operator, OperatorContext
from ...runtime.reach import SHARED


class FunctionSink(Operator):
    """Calls a function (or the ``invoke`` method of an object) with every record."""

    called_from_c = True

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._function, self._close = open_function(ctx, "invoke")
        self.functions = (self._function,)
        self._own = keeper_of_inputs(ctx)[0]
        self.asks_for_reach = self._own is not as_it_is

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        # Lazy and in C: every result is thrown away.
        return compress(map(self._function, self._own_of(records)), repeat(False))

    def _own_of(self, records: Iterator[Any]) -> Iterator[Any]:
        """A sink may keep what it is given, and the functions before it may go on to change what they gave."""
        own = self._own
        if own is as_it_is or self.ctx.reach != SHARED:
            return records
        # ``islice`` ends for good where a function says StopIteration; ``groupby`` would ask again.
        runs = groupby(islice(records, None), type)
        return chain.from_iterable(run if kind in ATOMS else map(own, run) for kind, run in runs)

    def close(self) -> None:
        self._close()
