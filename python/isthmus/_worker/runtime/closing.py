"""The end of a task's functions: everything is closed once, whatever happens meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._values.failure import OperatorFailure
from ..._values.raised import ANYTHING
from .operator import Operator
from .split_driver import SplitDriver

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec


def close_all(
    operators: list[Operator], source: SplitDriver | None, head: OperatorSpec, in_order: bool
) -> None:
    """Close operators and source; the first error is raised, the rest is closed all the same.

    Args:
        head: The spec of the chain's first operator.
        in_order: False after a failure: what closes by itself goes before functions of the user, which may wait.
    """
    first: BaseException | None = None
    for op in operators if in_order else sorted(operators, key=lambda op: not op.closes_at_once):
        try:
            op.close()
        except ANYTHING as e:
            first = first or OperatorFailure(e, op.ctx.spec)
    if source is not None:
        try:
            source.close()
        except ANYTHING as e:
            first = first or OperatorFailure(e, head)
    if first is not None:
        raise first
