"""Ready-made predicates for retries of async functions."""

from __future__ import annotations

from typing import Any

__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]


def empty_result_predicate(result: list[Any]) -> bool:
    """True where a call gave no result."""
    return result is None or len(result) == 0


def has_exception_predicate(error: Exception) -> bool:
    """True for every exception."""
    return error is not None


def exception_type_predicate(error: Exception, expected_error_type: type[Exception]) -> bool:
    """True for exceptions of one type; ``functools.partial`` makes a predicate of it.

    Example:
        >>> predicate = partial(exception_type_predicate, expected_error_type=TimeoutError)
    """
    return isinstance(error, expected_error_type)
