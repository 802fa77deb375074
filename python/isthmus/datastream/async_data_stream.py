"""Async I/O on a stream."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from .._interfaces.operations import AsyncOperation
from .._interfaces.state.ttl import milliseconds_of
from .functions import AsyncFunction, AsyncRetryStrategy

if TYPE_CHECKING:
    from .._program.typescript import TypeScriptFunction
    from .data_stream import DataStream

__all__ = ["AsyncDataStream"]


class AsyncDataStream:
    """Applies an AsyncFunction to a stream: many records wait for their results at the same time.

    Args of all methods:
        data_stream: The stream.
        async_function: Its ``async_invoke`` is a coroutine function that returns a list of results; or ``ts(...)``, whose
            function, or method ``asyncInvoke``, gives an array or the promise of one.
        timeout: ``Time`` (or ``Duration``) after which ``async_function.timeout`` is called; 0: never.
        capacity: How many records may wait at the same time; more of them hold the stream back.
        output_type: Declared type of the results; None: any Python objects.
    """

    @staticmethod
    def unordered_wait(
        data_stream: DataStream[Any],
        async_function: AsyncFunction[Any, Any] | TypeScriptFunction[Any, Any],
        timeout: Any,
        capacity: int = 100,
        output_type: Any = None,
    ) -> DataStream[Any]:
        """Results leave as they come, but never cross a watermark."""
        return _wait(data_stream, async_function, timeout, None, capacity, output_type, ordered=False)

    @staticmethod
    def ordered_wait(
        data_stream: DataStream[Any],
        async_function: AsyncFunction[Any, Any] | TypeScriptFunction[Any, Any],
        timeout: Any,
        capacity: int = 100,
        output_type: Any = None,
    ) -> DataStream[Any]:
        """Results leave in the order of their records."""
        return _wait(data_stream, async_function, timeout, None, capacity, output_type, ordered=True)

    @staticmethod
    def unordered_wait_with_retry(
        data_stream: DataStream[Any],
        async_function: AsyncFunction[Any, Any] | TypeScriptFunction[Any, Any],
        timeout: Any,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: Any = None,
    ) -> DataStream[Any]:
        """As ``unordered_wait``; calls are repeated as the strategy says, within the timeout."""
        _check_retry(timeout, async_retry_strategy)
        return _wait(
            data_stream, async_function, timeout, async_retry_strategy, capacity, output_type, ordered=False
        )

    @staticmethod
    def ordered_wait_with_retry(
        data_stream: DataStream[Any],
        async_function: AsyncFunction[Any, Any] | TypeScriptFunction[Any, Any],
        timeout: Any,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: Any = None,
    ) -> DataStream[Any]:
        """As ``ordered_wait``; calls are repeated as the strategy says, within the timeout."""
        _check_retry(timeout, async_retry_strategy)
        return _wait(
            data_stream, async_function, timeout, async_retry_strategy, capacity, output_type, ordered=True
        )


def _wait(
    stream: Any,
    function: Any,
    timeout: Any,
    retry: Any,
    capacity: int,
    output_type: Any,
    *,
    ordered: bool,
) -> DataStream[Any]:
    from .._program.typescript import TypeScriptFunction
    from ._streams.checks import type_of

    if capacity <= 0:
        raise ValueError(f"The capacity of an async operator must be at least 1, not {capacity}.")
    is_async = inspect.iscoroutinefunction(getattr(function, "async_invoke", None))
    if not isinstance(function, TypeScriptFunction) and not is_async:
        raise Exception(
            f"Method 'async_invoke' of class '{type(function)}' should be declared as 'async def'."
        )
    operation = AsyncOperation(function, milliseconds_of(timeout), capacity, ordered, retry)
    waiting: DataStream[Any] = stream._operate(
        operation, "async wait operator", "an async operator", type_of(output_type)
    )
    return waiting


def _check_retry(timeout: Any, strategy: Any) -> None:
    if milliseconds_of(timeout) <= 0:
        raise Exception("Timeout should be configured when do async with retry.")
    if strategy is None:
        raise Exception(
            "Async retry strategy should not be None. Without retries call unordered_wait or ordered_wait."
        )
