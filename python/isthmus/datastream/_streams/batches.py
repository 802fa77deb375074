"""How a vectorised function wants its batches."""

from __future__ import annotations

import inspect
import typing
from typing import Any

from ...errors import GraphError

_FORMATS = ("list", "numpy", "arrow", "pandas", "polars")
#: By the package that the declared type of the parameter is of.
_BY_PACKAGE = {"numpy": "numpy", "pyarrow": "arrow", "pandas": "pandas", "polars": "polars"}


def batch_format_of(func: Any, method: str, said: str | None) -> str:
    """The format that was said; else what the function's parameter is declared as, a list where that is nothing known.

    Raises:
        GraphError: There is no such format.
    """
    if said is None:
        return _BY_PACKAGE.get(_package_of_parameter(getattr(func, method, func)), "list")
    if said not in _FORMATS:
        raise GraphError(f"There is no batch format {said!r}; known: {', '.join(_FORMATS)}.")
    return said


def _package_of_parameter(function: Any) -> str:
    try:
        first = next(iter(inspect.signature(function).parameters))
        declared = typing.get_type_hints(function)[first]
    except Exception:  # Nothing declared, or names that only a type checker can resolve.
        return ""
    module: str = getattr(typing.get_origin(declared) or declared, "__module__", "")
    return module.partition(".")[0]
