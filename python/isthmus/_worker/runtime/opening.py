"""Makes a user function ready: found, opened, bound to the method an operator calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import GraphError
from .operator import OperatorContext

if TYPE_CHECKING:
    from ..._program.job_graph import FunctionRef


def open_function(
    ctx: OperatorContext, method: str, ref: FunctionRef | None = None
) -> tuple[Callable[..., Any], Callable[[], None]]:
    """Load a function of the operator and open it.

    Args:
        ctx: The operator's context.
        method: What the operator calls on an object (``map``, ``get_key`` …); a plain callable is called itself.
        ref: Which function; the operator's ``function`` when absent.

    Returns:
        What to call, and what closes it (once, also after a failure).
    """
    loaded = ctx.load("function") if ref is None else ctx.load_function(ref)
    return opened(loaded, ctx, method)


def opened(function: Any, ctx: OperatorContext, method: str) -> tuple[Callable[..., Any], Callable[[], None]]:
    """As ``open_function``, for a function that is loaded already."""
    target = getattr(function, method, None)
    if target is None:
        if not callable(function):
            raise GraphError(
                f'Operator "{ctx.name}" was given a {type(function).__name__}, which has no method {method!r} '
                f"and cannot be called."
            )
        target = function
    opener = getattr(function, "open", None)
    if callable(opener) and not isinstance(function, type):
        from .runtime_context import runtime_context

        opener(runtime_context(ctx))
    closer = getattr(function, "close", None)
    return target, closer if callable(closer) else _nothing


def _nothing() -> None:
    pass
