"""The operators, sources and sinks of the Python host, as its process hands them to the runtime (``src/built-in.ts``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._program.kinds import name_of, row_of
from ..errors import UnsupportedError
from . import operators
from .connectors import find_sink, make_source
from .runtime.operator import Operator

if TYPE_CHECKING:
    from .._program.job_graph import OperatorSpec

__all__ = ["make_operator", "make_source"]


def make_operator(spec: OperatorSpec, *, keyed: bool, batch: bool) -> Operator:
    """The operator of a spec, wrapped for BATCH execution where its input has to wait."""
    make = find_sink(spec) or operators.find(spec["kind"])
    if make is None:
        raise UnsupportedError(
            f'Operator "{spec["name"]}": a Python worker has no operator of kind {name_of(spec)!r}.'
        )
    # A broadcast stream is read first, so its other stream waits, too.
    if batch and (keyed or row_of(spec).broadcast):
        from .operators.batch_keyed import BatchKeyedOperator

        return BatchKeyedOperator(make())
    return make()
