"""Ready-made predicates for retries of async functions."""

from __future__ import annotations

from .._interfaces.async_retry_predicates import (
    empty_result_predicate,
    exception_type_predicate,
    has_exception_predicate,
)

__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]
