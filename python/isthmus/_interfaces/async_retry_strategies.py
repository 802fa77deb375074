"""How calls of an async function are repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .async_retry_predicates import empty_result_predicate, has_exception_predicate
from .functions.asynchronous import AsyncRetryPredicate, AsyncRetryStrategy

__all__ = [
    "ExponentialBackoffDelayRetryStrategy",
    "FixedDelayRetryStrategy",
    "NoRetryStrategy",
    "RetryPredicate",
]

OUT = TypeVar("OUT")
ResultPredicate = Callable[[list[Any]], bool]
ExceptionPredicate = Callable[[Exception], bool]


class RetryPredicate(AsyncRetryPredicate[OUT], Generic[OUT]):
    """Two functions, each of which may be absent."""

    def __init__(
        self, result_predicate: ResultPredicate | None, exception_predicate: ExceptionPredicate | None
    ) -> None:
        self._result_predicate = result_predicate
        self._exception_predicate = exception_predicate

    def result_predicate(self) -> ResultPredicate | None:
        return self._result_predicate

    def exception_predicate(self) -> ExceptionPredicate | None:
        return self._exception_predicate


class NoRetryStrategy(AsyncRetryStrategy[OUT], Generic[OUT]):
    """One attempt, no more."""

    def can_retry(self, current_attempts: int) -> bool:
        return False

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        return -1

    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        return RetryPredicate(None, None)


class FixedDelayRetryStrategy(AsyncRetryStrategy[OUT], Generic[OUT]):
    """A fixed number of repetitions, a fixed pause apart."""

    def __init__(
        self,
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: ResultPredicate | None,
        exception_predicate: ExceptionPredicate | None,
    ) -> None:
        _require_positive(max_attempts=max_attempts, backoff_time_millis=backoff_time_millis)
        self._max_attempts = max_attempts
        self._backoff_time_millis = backoff_time_millis
        self._predicate: RetryPredicate[OUT] = RetryPredicate(result_predicate, exception_predicate)

    def can_retry(self, current_attempts: int) -> bool:
        return current_attempts <= self._max_attempts

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        return self._backoff_time_millis

    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        return self._predicate


class ExponentialBackoffDelayRetryStrategy(AsyncRetryStrategy[OUT], Generic[OUT]):
    """Pauses that grow by a factor up to a limit."""

    def __init__(
        self,
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: ResultPredicate | None,
        exception_predicate: ExceptionPredicate | None,
    ) -> None:
        _require_positive(
            max_attempts=max_attempts,
            initial_delay=initial_delay,
            max_retry_delay=max_retry_delay,
            multiplier=multiplier,
        )
        self._max_attempts = max_attempts
        self._initial_delay = initial_delay
        self._max_retry_delay = max_retry_delay
        self._multiplier = multiplier
        self._predicate: RetryPredicate[OUT] = RetryPredicate(result_predicate, exception_predicate)

    def can_retry(self, current_attempts: int) -> bool:
        return current_attempts <= self._max_attempts

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        # Computed from the attempt alone: the strategy is shared by all calls in flight.
        factor = self._multiplier ** max(0, current_attempts - 1)
        return int(min(self._initial_delay * factor, self._max_retry_delay))

    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        return self._predicate


def retry_as_data(strategy: Any) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Kind and numbers (``docs/operators.md``), None where nothing is repeated; with what of it is the program's own: itself,
    or its predicates.
    """
    if type(strategy) is NoRetryStrategy:
        return None, {}
    if type(strategy) not in (FixedDelayRetryStrategy, ExponentialBackoffDelayRetryStrategy):
        return {"kind": "function"}, {"retry": strategy}
    predicate = strategy.get_retry_predicate()
    on_result, on_exception = predicate.result_predicate(), predicate.exception_predicate()
    own = {
        "retryOnResult": None if on_result is empty_result_predicate else on_result,
        "retryOnException": None if on_exception is has_exception_predicate else on_exception,
    }
    said = {
        # There it counts all calls, here those after the first.
        "maxAttempts": strategy._max_attempts + 1,
        "onEmpty": on_result is empty_result_predicate,
        "onException": on_exception is has_exception_predicate,
    }
    if type(strategy) is FixedDelayRetryStrategy:
        return {**said, "kind": "fixedDelay", "backoffMs": strategy._backoff_time_millis}, own
    delays = {
        "initialDelayMs": strategy._initial_delay,
        "maxDelayMs": strategy._max_retry_delay,
        "multiplier": strategy._multiplier,
    }
    return {**said, "kind": "exponential", **delays}, own


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if value <= 0:
            raise AssertionError(f"{name} should be greater than zero.")


NO_RETRY_STRATEGY: NoRetryStrategy[Any] = NoRetryStrategy()
