"""How calls of an async function are repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..errors import GraphError
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


def retry_as_json(strategy: Any) -> dict[str, Any] | None:
    """A strategy for a function in TypeScript (``docs/operators.md``); None where nothing is repeated.

    Raises:
        GraphError: It, or one of its predicates, is the program's own.
    """
    if type(strategy) is NoRetryStrategy:
        return None
    if not isinstance(strategy, (FixedDelayRetryStrategy, ExponentialBackoffDelayRetryStrategy)):
        raise _own("retry strategy")
    predicate = strategy.get_retry_predicate()
    on_result, on_exception = predicate.result_predicate(), predicate.exception_predicate()
    if on_result not in (None, empty_result_predicate) or on_exception not in (None, has_exception_predicate):
        raise _own("predicate of the retry strategy")
    said = {
        # There it counts all calls, here those after the first.
        "maxAttempts": strategy._max_attempts + 1,
        "onEmpty": on_result is not None,
        "onException": on_exception is not None,
    }
    if isinstance(strategy, FixedDelayRetryStrategy):
        return {**said, "kind": "fixedDelay", "backoffMs": strategy._backoff_time_millis}
    return {
        **said,
        "kind": "exponential",
        "initialDelayMs": strategy._initial_delay,
        "maxDelayMs": strategy._max_retry_delay,
        "multiplier": strategy._multiplier,
    }


def _own(what: str) -> GraphError:
    return GraphError(
        f"The {what} is one of this program's own, in Python, and so must be the async function. For ts(...) there are "
        "the strategies of Isthmus with empty_result_predicate and has_exception_predicate."
    )


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if value <= 0:
            raise AssertionError(f"{name} should be greater than zero.")


NO_RETRY_STRATEGY: NoRetryStrategy[Any] = NoRetryStrategy()
