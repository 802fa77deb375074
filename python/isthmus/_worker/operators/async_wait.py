"""Async functions: coroutines run on an event loop of a thread of its own, results come back through
``poll``.

A1. At most ``capacity`` calls are under way; the rest of what was handed over waits on the event loop's side
    (loop_thread.py).
A2. Ordered: results leave in the order of their records. Unordered: as they come, but never across a
    watermark.
A3. A watermark that meets calls under way is held back until they are done.
A4. The worker's thread never waits: ``poll`` takes what is there, ``ctx.wake`` says when to (loop_thread.py).
A5. Every call has an outcome, whatever the function raises; the loop outlives what would end it (``sys.exit`` in a task).
A7. A barrier waits for no call: the records whose results have not left are saved, and after a restart the function is
    called for them again.
A6. A call that blocks the loop is found out by the worker's thread: no time limit of the loop's own can end it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

from ..._interfaces.operations import AsyncOperation
from ..._values.failure import OperatorFailure, safe_repr
from ..._values.keep import keeper, keeper_of_inputs
from ..._values.raised import ANYTHING
from ..runtime import forked
from ..runtime.opening import opened
from ..runtime.operator import Operator, OperatorContext
from .async_retry import retry_of
from .loop_thread import DONE, FAILED, PENDING, Call, LoopThread

#: Seconds beyond its time limit after which a call counts as one that blocks the loop (A6).
_OVERDUE_S = 1.0


#: Value, timestamp, key.
_SavedCall = tuple[Any, int, Any]


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
        # Other calls go on while a record waits for its answer, and while the answer waits to be taken.
        self._own_input = keeper_of_inputs(ctx)[0]
        self._take_results = keeper(ctx)[1]
        #: Records and watermarks in order of arrival; only the worker's thread touches it.
        self._queue: deque[Call | _Mark] = deque()
        self._calls = 0
        self._ready_watermark: int | None = None
        self._thread = LoopThread(self._run, ctx.wake, self._capacity, f"isthmus-async-{ctx.name}")
        for value, timestamp, key in self._saved_calls(ctx):
            self._begin(Call(value, timestamp, key))

    def _open_function(
        self, operation: AsyncOperation, ctx: OperatorContext
    ) -> tuple[Callable[..., Any], Callable[[], None]]:
        return opened(operation.function, ctx, "async_invoke")

    @staticmethod
    def _operation(ctx: OperatorContext) -> AsyncOperation:
        params = ctx.params
        return AsyncOperation(
            function=ctx.load("function"),
            timeout=int(params.get("timeout") or 0),
            capacity=int(params.get("capacity") or 100),
            ordered=bool(params.get("ordered", False)),
            retry=retry_of(ctx),
        )

    # On the worker's thread.

    def _saved_calls(self, ctx: OperatorContext) -> Iterable[_SavedCall]:
        """Declares what is saved (A7), and gives what this subtask has of what was."""
        if ctx.keyed:
            return [
                (value, timestamp, key)
                for key, (value, timestamp) in ctx.state.derived(
                    "calls", self._by_key, lambda calls: [(c.value, c.timestamp) for c in calls]
                )
            ]
        self._under_way = ctx.state.split_list("calls")
        return list(self._under_way)

    def before_barrier(self, checkpoint: int, of: int) -> None:
        if not self.ctx.keyed:
            self._under_way[:] = [(c.value, c.timestamp, c.key) for c in self._waiting()]

    def _by_key(self) -> dict[Any, list[Call]]:
        calls: dict[Any, list[Call]] = {}
        for call in self._waiting():
            calls.setdefault(call.key, []).append(call)
        return calls

    def _waiting(self) -> Iterator[Call]:
        return (entry for entry in self._queue if isinstance(entry, Call))

    def _begin(self, call: Call) -> None:
        self._queue.append(call)
        self._calls += 1
        self._thread.submit(call)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        for value in records:
            self._begin(Call(self._own_input(value), cursor.timestamp, cursor.key))
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
        if not self._queue and self._thread.error is None:
            return None
        return self._take_ready()

    def _take_ready(self) -> Iterator[Any]:
        queue = self._queue
        if self._thread.error is not None:
            raise self._of_the_loop(self._thread.error)
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
                ready = self._ready_before_mark()  # A2
            if not ready:
                return
            for call in ready:
                if call is queue[0]:
                    queue.popleft()
                else:
                    queue.remove(call)
                self._calls -= 1
                if self.ctx.keyed:
                    self.ctx.state.touch((call.key,))
                if call.state == FAILED:
                    raise self._failed(call)
                cursor.timestamp, cursor.key = call.timestamp, call.key
                yield from call.outcome

    def _ready_before_mark(self) -> list[Call]:
        found = []
        for entry in self._queue:
            if isinstance(entry, _Mark):
                break
            if entry.state:
                found.append(entry)
        return found

    def _of_the_loop(self, error: BaseException) -> OperatorFailure:
        """A failure that came out of the loop itself; of the call that waited for it, where there is one."""
        for entry in self._queue:
            if isinstance(entry, Call) and entry.state == FAILED and entry.outcome is error:
                return self._failed(entry)
        return OperatorFailure(error, self.ctx.spec)

    def _failed(self, call: Call) -> OperatorFailure:
        return OperatorFailure(call.outcome, self.ctx.spec, record=safe_repr(call.value))

    def next_processing_time(self) -> int | None:
        """When the oldest call under way would be overdue (A6)."""
        if self._timeout_s is None or (oldest := self._oldest()) is None:
            return None
        now = time.monotonic()
        # One that is yet to be begun has all its time: that is looked at again then.
        left = (oldest.started or now) + self._timeout_s + _OVERDUE_S - now
        return self.ctx.clock.now_ms() + int(left * 1000)

    def advance_processing_time(self, now: int) -> None:
        call = self._oldest()
        if call is None or call.started is None or self._timeout_s is None:
            return
        late = time.monotonic() - call.started
        if late >= self._timeout_s + _OVERDUE_S and call.state == PENDING:
            call.outcome = TimeoutError(
                f"an async function has blocked its event loop for {late:.1f} s, so that no time limit could end it; await "
                f"what waits, or hand it to asyncio.to_thread.{self._thread.position()}"
            )
            raise self._failed(call)

    def _oldest(self) -> Call | None:
        """The oldest call that is not over."""
        for entry in self._queue:
            if isinstance(entry, Call) and entry.state == PENDING:
                return entry
        return None

    def poll_watermark(self) -> int | None:
        watermark, self._ready_watermark = self._ready_watermark, None
        return watermark

    def close(self) -> None:
        thread = getattr(self, "_thread", None)
        if thread is not None:
            thread.stop()
            self._close_function()

    # On the loop's thread.

    async def _run(self, call: Call) -> None:
        """Fill in the outcome of a call."""
        try:
            attempt = self._attempt(call.value)
            if self._timeout_s is None:
                result = await attempt
            else:
                try:
                    result = await _within(attempt, self._timeout_s)
                except _OutOfTime:
                    result = await self._instead(call.value, self._timeout_s)
            call.outcome = result
            call.state = DONE
        except ANYTHING as e:  # A5; a cancellation of ours is of a job that is over.
            if forked.is_child():
                forked.end_child(e)
            call.outcome = e
            call.state = FAILED
        if forked.is_child():
            forked.end_child()

    async def _instead(self, value: Any, seconds: float) -> Any:
        """What the function's ``timeout`` gives, which has as long as the call had."""
        result = self._on_timeout(value)
        if not asyncio.iscoroutine(result):
            return self._taken(result)
        try:
            return await _within(self._later(result), seconds)
        except _OutOfTime:
            raise TimeoutError(f"timeout() has not answered within {seconds} s either") from None

    async def _attempt(self, value: Any) -> Any:
        retry = self._retry
        if retry is None:
            return self._taken(await self._invoke(value))
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
                    return self._taken(result)
            await asyncio.sleep(retry.get_backoff_time_millis(attempts) / 1000)
            attempts += 1

    async def _later(self, result: Coroutine[Any, Any, Any]) -> list[Any]:
        return self._taken(await result)

    def _taken(self, result: Any) -> list[Any]:
        """What a call gave, taken before any other call goes on, which may share it."""
        advice = f"please check the methods 'async_invoke' and 'timeout' of class '{type(self._function)}'."
        if result is None:
            raise RuntimeError(f"The result of AsyncFunction cannot be none, {advice}")
        if not isinstance(result, (list, tuple)):
            raise RuntimeError(f"The result of AsyncFunction should be of list type, {advice}")
        taken: list[Any] = []
        self._take_results(iter(result), taken, len(result))
        return taken


class _OutOfTime(Exception):
    """The operator's time limit, told apart from TimeoutErrors of user code."""


async def _within(attempt: Any, seconds: float) -> Any:
    # Its outcome is handed over: a task that raises SystemExit or KeyboardInterrupt would end the loop (A5).
    task = asyncio.ensure_future(_outcome(attempt))
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if done:
        result, error = task.result()
        if error is not None:
            raise error
        return result
    # Its cancellation is awaited by nobody else; what it ends with belongs to a call that is over.
    task.cancel()
    raise _OutOfTime


async def _outcome(attempt: Any) -> tuple[Any, BaseException | None]:
    try:
        return await attempt, None
    except ANYTHING as e:
        return None, e


def _timed_out(value: Any) -> list[Any]:
    raise TimeoutError(f"Async function call has timed out for input: {value}")
