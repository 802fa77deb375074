"""How a vectorised function wants its batches."""

from __future__ import annotations

from typing import Any

from ..._program.batch_annotation import FORMATS, declared_format
from ...errors import GraphError


def batch_format_of(func: Any, method: str, said: str | None) -> str:
    """The format that was said; else what the function's parameter is declared as, a list where it is not.

    Raises:
        GraphError: There is no such format, or the declaration cannot be read.
    """
    if said is None:
        return declared_format(func, method)
    if said not in FORMATS:
        raise GraphError(f"There is no batch format {said!r}; known: {', '.join(FORMATS)}.")
    return said
