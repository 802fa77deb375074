"""Ready-made predicates for retries of async functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]


def empty_result_predicate(result: list[Any]) -> bool:
    """True where a call gave no result."""
    return result is None or len(result) == 0


def has_exception_predicate(exception: Exception) -> bool:
    """True for every exception."""
    return exception is not None


def exception_type_predicate(exception_type: type[Exception]) -> Callable[[Exception], bool]:
    """A predicate that is true for exceptions of one type."""
    return lambda exception: isinstance(exception, exception_type)
