"""When a call of an async function is repeated (``params.retry``, ``docs/operators.md``)."""

from __future__ import annotations

from typing import Any

from ..runtime.operator import OperatorContext


def retry_of(ctx: OperatorContext) -> Any:
    """The AsyncRetryStrategy of an operator; None where nothing is repeated."""
    given = ctx.params.get("retry")
    if given is None:
        return None
    if given["kind"] == "function":
        return ctx.load("retry")
    from ..._interfaces.async_retry_predicates import empty_result_predicate, has_exception_predicate
    from ..._interfaces.functions.asynchronous import AsyncRetryStrategy

    # There it counts all calls, here those after the first.
    repeats = given["maxAttempts"] - 1
    if repeats < 1:
        return None
    on_result, on_exception = ctx.load("retryOnResult"), ctx.load("retryOnException")
    if on_result is None and given.get("onEmpty"):
        on_result = empty_result_predicate
    if on_exception is None and given.get("onException", True):
        on_exception = has_exception_predicate
    if given["kind"] == "fixedDelay":
        return AsyncRetryStrategy.fixed_delay(repeats, given.get("backoffMs", 100), on_result, on_exception)
    return AsyncRetryStrategy.exponential_backoff(
        repeats,
        given.get("initialDelayMs", 100),
        given.get("maxDelayMs", 10_000),
        given.get("multiplier", 2.0),
        on_result,
        on_exception,
    )
