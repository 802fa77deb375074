"""What ``env.call(py(...))`` of a TypeScript program calls: the function of a worker's one asynchronous operator.

C1. Each call has one answer, whatever its function raises; nothing that a function does ends the job.
C2. Plain functions run one after another, on a thread of their own; coroutines run on the operator's event loop, all at
    once. So what a function has opened it finds on the same thread.
C3. Arguments and results are encoded each by itself: one that cannot cross fails its call alone.
C4. Of a class there is one instance, made and opened with the first word of it, closed with the last.

A record is ``[call, what, function, given]``; its answer is ``[call, outcome, bytes]`` (``src/api/call-lane.ts``).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..._bridge.codec import decode, encode
from ..._bridge.control import encode_control
from ..._values.failure import report
from ..._values.raised import ANYTHING
from ..._values.shown import safe_repr
from ...errors import CodecError, GraphError
from ..runtime.functions import FunctionLoader
from .plain_thread import PlainThread

if TYPE_CHECKING:
    from ..._program.job_graph import FunctionRef

_OPEN, _CALL, _CANCEL, _CLOSE = "open", "call", "cancel", "close"
_DONE, _FAILED, _CANCELLED = 0, 1, 2
#: What an object is called by, the first that it has; a function is called itself.
METHODS = ("call", "__call__", "map")
#: Seconds that a function which is at work has to end when the job does.
_LAST_S = 0.2
_NOTHING = b""


class Called:
    """A function, ready to be called."""

    def __init__(self, name: str, loaded: Any) -> None:
        self.name = name
        self.loaded = loaded
        self.target = _target(name, loaded)
        self.is_async = _is_async(self.target)
        #: As ``report`` names what has failed.
        self.spec: Any = {"id": 0, "name": name}


class Calls:
    """An ``AsyncFunction``.

    Args:
        largest: Bytes that a result may have.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._load = FunctionLoader({})
        self._functions: dict[int, Called] = {}
        self._plain = PlainThread("isthmus-async-calls")
        #: What ends a call that is under way, by its number.
        self._ends: dict[int, Callable[[], Any]] = {}

    def open(self, context: Any) -> None:
        self._context = context

    async def async_invoke(self, record: list[Any]) -> list[Any]:
        call, what, of, given = record
        name, arguments = "", None
        try:
            if what == _CALL:
                function = self._functions[of]
                name = function.name
                arguments = decode(given)
                return [[call, _DONE, await self._call(call, function, arguments)]]
            if what == _OPEN:
                name = given["name"]
                return [[call, _DONE, await self._open(of, given)]]
            if what == _CLOSE:
                await self._close(self._functions.pop(of, None))
            elif end := self._ends.get(of):
                end()
        except ANYTHING as caught:  # C1
            error = caught.error if isinstance(caught, _Raised) else caught
            if call in self._ends and self._ends.pop(call) is _ended:
                return [[call, _CANCELLED, _NOTHING]]
            record_text = None if arguments is None else safe_repr(arguments)
            return [[call, _FAILED, self._report(error, name, record_text)]]
        finally:
            self._ends.pop(call, None)
        return [[call, _DONE, _NOTHING]]

    async def _open(self, number: int, ref: FunctionRef) -> bytes:
        """Says how it is called: coroutines may be under way in any number (C4)."""
        name = ref["name"]
        # C2
        function = await self._on_thread(0, lambda: Called(name, self._load(ref)))
        opener = getattr(function.loaded, "open", None)
        if callable(opener) and not inspect.isroutine(function.loaded):
            if function.is_async:
                opened = opener(self._context)
            else:
                opened = await self._on_thread(0, lambda: opener(self._context))
            if inspect.isawaitable(opened):
                await opened
        self._functions[number] = function
        return encode_control({"isAsync": function.is_async})

    async def _call(self, call: int, function: Called, arguments: list[Any]) -> bytes:
        target = function.target
        if function.is_async:
            task = asyncio.current_task()
            self._end_by(call, task.cancel if task is not None else _ended)
            return self._encoded(function, await target(*arguments))

        def run() -> Any:
            result = target(*arguments)
            # One that is to be awaited goes on on the loop.
            return result if inspect.isawaitable(result) else self._encoded(function, result)

        result = await self._on_thread(call, run)
        return result if isinstance(result, bytes) else self._encoded(function, await result)

    def _encoded(self, function: Called, result: Any) -> bytes:
        # C3
        data = encode(_one(function, result))
        if len(data) > self._largest:
            raise CodecError(
                f"The result of {function.name!r} is {len(data)} bytes, and a call may carry {self._largest}. Raise "
                "isthmus.bridge.max-frame-bytes, or return a path."
            )
        return data

    def _end_by(self, call: int, cancel: Callable[[], bool]) -> None:
        def end() -> None:
            if cancel():
                self._ends[call] = _ended

        self._ends[call] = end

    async def _on_thread(self, call: int, run: Callable[[], Any]) -> Any:
        under_way = self._plain.submit(run)
        if call:
            self._end_by(call, under_way.cancel)
        result, error = await under_way.answered
        if error is not None:
            raise _Raised(error)
        return result

    async def _close(self, function: Called | None) -> None:
        closer = getattr(function.loaded, "close", None) if function is not None else None
        if function is None or not callable(closer) or inspect.isroutine(function.loaded):
            return
        closed = closer() if function.is_async else await self._on_thread(0, closer)
        if inspect.isawaitable(closed):
            await closed

    def close(self) -> None:
        """Closes what is left; the event loop has ended. Of a function that goes on the worker tells, and is ended
        (``lingering`` in ``main.py``).
        """
        ended = self._plain.end(self._close_all, _LAST_S)
        if ended is not None and ended[1] is not None:
            raise ended[1]

    def _close_all(self) -> None:
        functions, self._functions = self._functions, {}
        first: BaseException | None = None
        for function in functions.values():
            try:
                asyncio.run(self._closed_here(function))
            except ANYTHING as error:
                first = first or error
        if first is not None:
            raise first

    async def _closed_here(self, function: Called) -> None:
        closer = getattr(function.loaded, "close", None)
        if callable(closer) and not inspect.isroutine(function.loaded):
            closed = closer()
            if inspect.isawaitable(closed):
                await closed

    def _report(self, error: BaseException, name: str, arguments: str | None) -> bytes:
        spec: Any = {"id": 0, "name": name}
        context = self._context
        said = report(
            error,
            spec=spec,
            subtask=context.get_index_of_this_subtask(),
            parallelism=context.get_number_of_parallel_subtasks(),
            record=arguments,
        )
        said.pop("exception", None)  # Only Python could read it.
        return encode_control(said)


class _Raised(Exception):
    """Carries what a function has raised: a StopIteration would be another error once it has left a coroutine."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def _ended() -> bool:
    """In place of what ends a call: that it has been ended."""
    return False


def _target(name: str, loaded: Any) -> Callable[..., Any]:
    if inspect.isroutine(loaded):
        target: Any = loaded
    else:
        found = (getattr(loaded, method, None) for method in METHODS)
        target = next((method for method in found if callable(method)), None)
    if target is None:
        raise GraphError(
            f"{name!r} is a {type(loaded).__name__}, which cannot be called: it has no method call."
        )
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise GraphError(f"{name!r} is a generator. {_ONE_RESULT}")
    return target  # type: ignore[no-any-return]


_ONE_RESULT = "A call has one result: return a list, or use the function in a stream (flat_map)."


def _is_async(target: Any) -> bool:
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(
        getattr(target, "__call__", None)  # noqa: B004 — of an object whose `__call__` is a coroutine.
    )


def _one(function: Called, result: Any) -> Any:
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TypeError(f"{function.name}() has given a generator. {_ONE_RESULT}")
    return result
