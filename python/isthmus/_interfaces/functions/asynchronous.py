"""Functions that wait for something else: async I/O and its retries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .context import Function

IN = TypeVar("IN")
OUT = TypeVar("OUT")


class AsyncFunction(Function, Generic[IN, OUT]):
    """Looks something up for each record without holding up the others."""

    @abstractmethod
    async def async_invoke(self, value: IN, /) -> list[OUT]:
        """Returns the results, as a list."""

    def timeout(self, value: IN, /) -> list[OUT]:
        """Called when ``async_invoke`` took too long; returns results as it does, or raises to fail
        the job.
        """
        raise TimeoutError("Async function call has timed out for input: " + str(value))


class AsyncRetryPredicate(ABC, Generic[OUT]):
    """Which results and which exceptions are worth another attempt."""

    @abstractmethod
    def result_predicate(self) -> Callable[[list[OUT]], bool] | None:
        """Says of results whether the call is to be repeated; None: results never are a reason."""

    @abstractmethod
    def exception_predicate(self) -> Callable[[Exception], bool] | None:
        """Says of an exception whether the call is to be repeated; None: exceptions never are a reason."""


class AsyncRetryStrategy(ABC, Generic[OUT]):
    """How often and after what pause an async call is repeated."""

    @abstractmethod
    def can_retry(self, current_attempts: int) -> bool:
        """Whether there may be another attempt after so many."""

    @abstractmethod
    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """The pause before the next attempt, in milliseconds."""

    @abstractmethod
    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        """Which results and exceptions are a reason for another attempt."""

    @staticmethod
    def no_restart() -> AsyncRetryStrategy[Any]:
        """Never again."""
        from ..async_retry_strategies import NO_RETRY_STRATEGY

        return NO_RETRY_STRATEGY

    @staticmethod
    def fixed_delay(
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: Callable[[list[Any]], bool] | None = None,
        exception_predicate: Callable[[Exception], bool] | None = None,
    ) -> AsyncRetryStrategy[Any]:
        """Up to ``max_attempts`` repetitions, ``backoff_time_millis`` apart."""
        from ..async_retry_strategies import FixedDelayRetryStrategy

        return FixedDelayRetryStrategy(
            max_attempts, backoff_time_millis, result_predicate, exception_predicate
        )

    @staticmethod
    def exponential_backoff(
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: Callable[[list[Any]], bool] | None = None,
        exception_predicate: Callable[[Exception], bool] | None = None,
    ) -> AsyncRetryStrategy[Any]:
        """Pauses that grow by ``multiplier`` from ``initial_delay`` to ``max_retry_delay`` (ms)."""
        from ..async_retry_strategies import ExponentialBackoffDelayRetryStrategy

        return ExponentialBackoffDelayRetryStrategy(
            max_attempts, initial_delay, max_retry_delay, multiplier, result_predicate, exception_predicate
        )
