"""Async functions: coroutines run on an event loop of a thread of its own, results come back through
``poll``.

A1. At most ``capacity`` calls are under way; the rest of what was handed over waits on the event loop's side.
A2. Ordered: results leave in the order of their records. Unordered: as they come, but never across a
    watermark.
A3. A watermark that meets calls under way is held back until they are done.
A4. The worker's thread never waits: ``poll`` takes what is there, ``ctx.wake`` says when to.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..._operations import AsyncOperation
from ..failure import OperatorFailure, safe_repr
from ..opening import opened
from ..operator import Operator, OperatorContext

_PENDING, _DONE, _FAILED = 0, 1, 2


class _Call:
    """One record on its way; the loop's thread writes ``outcome`` first and ``state`` after it."""

    __slots__ = ("key", "outcome", "state", "timestamp", "value")

    def __init__(self, value: Any, timestamp: int, key: Any) -> None:
        self.value = value
        self.timestamp = timestamp
        self.key = key
        self.outcome: Any = None
        self.state = _PENDING


class _Mark:
    """A watermark in the queue."""

    __slots__ = ("watermark",)

    def __init__(self, watermark: int) -> None:
        self.watermark = watermark


class AsyncOperator(Operator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        operation = self._operation(ctx)
        self._ordered = operation.ordered
        self._capacity = max(1, operation.capacity)
        self._timeout_s = operation.timeout / 1000 if operation.timeout > 0 else None
        self._retry = operation.retry
        self._function = operation.function
        self._invoke, self._close_function = self._open_function(operation, ctx)
        self._on_timeout = getattr(operation.function, "timeout", _timed_out)
        self.functions = (self._invoke, self._on_timeout)
        #: Records and watermarks in order of arrival; only the worker's thread touches it.
        self._queue: deque[_Call | _Mark] = deque()
        self._calls = 0
        self._ready_watermark: int | None = None
        self._thread = _LoopThread(self._run, ctx.wake, self._capacity, f"isthmus-async-{ctx.name}")

    def _open_function(
        self, operation: AsyncOperation, ctx: OperatorContext
    ) -> tuple[Callable[..., Any], Callable[[], None]]:
        return opened(operation.function, ctx, "async_invoke")

    @staticmethod
    def _operation(ctx: OperatorContext) -> AsyncOperation:
        loaded = ctx.load_function(ctx.spec["fn"])
        if isinstance(loaded, AsyncOperation):
            return loaded
        params = ctx.params
        return AsyncOperation(
            function=loaded,
            timeout=int(params.get("timeout") or params.get("timeoutMs") or 0),
            capacity=int(params.get("capacity") or 100),
            ordered=bool(params.get("ordered", False)),
            retry=_retry_of(params.get("retry")),
        )

    # On the worker's thread.

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        for value in records:
            call = _Call(value, cursor.timestamp, cursor.key)
            self._queue.append(call)
            self._calls += 1
            self._thread.submit(call)
        return
        yield

    def room(self) -> int | None:
        return max(0, self._capacity - self._calls)

    def pending(self) -> bool:
        return bool(self._queue)

    def forward_watermark(self, watermark: int) -> int | None:
        if not self._queue:
            return watermark
        if isinstance(self._queue[-1], _Mark):
            self._queue[-1].watermark = watermark
        else:
            self._queue.append(_Mark(watermark))
        return None  # A3

    def poll(self) -> Iterable[Any] | None:
        if not self._queue:
            return None
        return self._take_ready()

    def _take_ready(self) -> Iterator[Any]:
        queue = self._queue
        cursor = self.ctx.cursor
        while queue:
            head = queue[0]
            if isinstance(head, _Mark):
                if self._ready_watermark is None:
                    self._ready_watermark = head.watermark
                    queue.popleft()
                if queue:
                    # What is behind the watermark comes with the next poll, after the watermark has left.
                    self.ctx.wake()
                return
            ready = [head] if head.state else []
            if not ready and not self._ordered:
                ready = self._ready_before_mark()
            if not ready:
                return
            for call in ready:
                if call is queue[0]:
                    queue.popleft()
                else:
                    queue.remove(call)
                self._calls -= 1
                if call.state == _FAILED:
                    raise OperatorFailure(call.outcome, self.ctx.spec, record=safe_repr(call.value))
                cursor.timestamp, cursor.key = call.timestamp, call.key
                yield from call.outcome

    def _ready_before_mark(self) -> list[_Call]:
        found = []
        for entry in self._queue:
            if isinstance(entry, _Mark):
                break
            if entry.state:
                found.append(entry)
        return found

    def poll_watermark(self) -> int | None:
        watermark, self._ready_watermark = self._ready_watermark, None
        return watermark

    def close(self) -> None:
        thread = getattr(self, "_thread", None)
        if thread is not None:
            thread.stop()
            self._close_function()

    # On the loop's thread.

    async def _run(self, call: _Call) -> None:
        """Fill in the outcome of a call."""
        try:
            attempt = self._attempt(call.value)
            if self._timeout_s is None:
                result = await attempt
            else:
                try:
                    result = await _within(attempt, self._timeout_s)
                except _OutOfTime:
                    result = self._on_timeout(call.value)
                    if asyncio.iscoroutine(result):
                        result = await result
            call.outcome = self._checked(result)
            call.state = _DONE
        except asyncio.CancelledError:
            raise
        except BaseException as e:
            call.outcome = e
            call.state = _FAILED

    async def _attempt(self, value: Any) -> Any:
        retry = self._retry
        if retry is None:
            return await self._invoke(value)
        predicate = retry.get_retry_predicate()
        bad_result, bad_exception = predicate.result_predicate(), predicate.exception_predicate()
        attempts = 1
        while True:
            try:
                result = await self._invoke(value)
            except Exception as e:
                if bad_exception is None or not bad_exception(e) or not retry.can_retry(attempts):
                    raise
            else:
                if bad_result is None or not bad_result(result) or not retry.can_retry(attempts):
                    return result
            await asyncio.sleep(retry.get_backoff_time_millis(attempts) / 1000)
            attempts += 1

    def _checked(self, result: Any) -> Any:
        advice = f"please check the methods 'async_invoke' and 'timeout' of class '{type(self._function)}'."
        if result is None:
            raise RuntimeError(f"The result of AsyncFunction cannot be none, {advice}")
        if not isinstance(result, (list, tuple)):
            raise RuntimeError(f"The result of AsyncFunction should be of list type, {advice}")
        return result


class _OutOfTime(Exception):
    """The operator's time limit, told apart from TimeoutErrors of user code."""


async def _within(attempt: Any, seconds: float) -> Any:
    task = asyncio.ensure_future(attempt)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if done:
        return task.result()
    task.cancel()
    # Its cancellation is awaited by nobody else; an exception it ends with belongs to a call that is over.
    task.add_done_callback(lambda t: t.cancelled() or t.exception())
    raise _OutOfTime


class _LoopThread:
    """An event loop on a thread; starts with the first record."""

    def __init__(
        self, run: Callable[[_Call], Any], wake: Callable[[], None], capacity: int, name: str
    ) -> None:
        self._run = run
        self._wake = wake
        self._capacity = capacity
        self._name = name
        self._inbox: deque[_Call] = deque()
        self._running = 0
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[Any] = set()

    def submit(self, call: _Call) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._main, name=self._name, daemon=True)
            self._thread.start()
        self._inbox.append(call)
        if not self._scheduled:
            # One wake-up for all records of a batch.
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._start_calls)

    def _main(self) -> None:
        assert self._loop is not None
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _start_calls(self) -> None:
        self._scheduled = False
        assert self._loop is not None
        while self._inbox and self._running < self._capacity:  # A1
            self._running += 1
            task = self._loop.create_task(self._run(self._inbox.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: Any) -> None:
        self._tasks.discard(task)
        self._running -= 1
        if self._inbox:
            self._start_calls()
        self._wake()  # A4

    def stop(self, seconds: float = 1.0) -> None:
        """End the loop; calls under way are cancelled. A coroutine that blocks its loop is left behind."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)


def _timed_out(value: Any) -> list[Any]:
    raise TimeoutError(f"Async function call has timed out for input: {value}")


def _retry_of(given: dict[str, Any] | None) -> Any:
    """A retry strategy said in JSON: ``{"kind": "fixedDelay", "maxAttempts": 3, "backoffMs": 100}``."""
    # There it counts all calls, here those after the first.
    repeats = given["maxAttempts"] - 1 if given else 0
    if not given or repeats < 1:
        return None
    from ...datastream._functions.asynchronous import AsyncRetryStrategy
    from ...datastream.async_retry_predicates import empty_result_predicate, has_exception_predicate

    bad_result = empty_result_predicate if given.get("onEmpty") else None
    bad_exception = has_exception_predicate if given.get("onException", True) else None
    if given.get("kind", "fixedDelay") == "fixedDelay":
        return AsyncRetryStrategy.fixed_delay(repeats, given.get("backoffMs", 100), bad_result, bad_exception)
    return AsyncRetryStrategy.exponential_backoff(
        repeats,
        given.get("initialDelayMs", 100),
        given.get("maxDelayMs", 10_000),
        given.get("multiplier", 2.0),
        bad_result,
        bad_exception,
    )
