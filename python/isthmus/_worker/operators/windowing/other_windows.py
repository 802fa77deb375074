"""Windows that were restored and that the engine at hand does not know. Twin of ``src/operators/windowing/other-windows.ts``."""

from __future__ import annotations

from ....errors import GraphError
from ...runtime.operator import OperatorContext

#: What the engines keep windows in.
_TABLES = ("windows", "fired windows", "slices", "sessions", "panes", "counts", "window contents")


def refuse_other_windows(ctx: OperatorContext) -> None:
    """
    Raises:
        GraphError: Another engine kept the windows of the operator, which would be lost.
    """
    if ctx.state.undeclared(_TABLES):
        raise GraphError(
            f'The windows of operator "{ctx.name}" were kept in another way: with other windows, another trigger, another '
            "function, or another state.backend.type. Go on with what they were kept with, or give the operator another "
            "uid, which begins without them."
        )
