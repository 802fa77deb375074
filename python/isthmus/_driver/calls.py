"""TypeScript functions that are called as if they were ours: ``score = env.call(ts("./score.ts", "score"))``.

C1. Every call is settled once: by its answer, its time limit, or the end of the runtime.
C2. Any thread and any event loop may call; arguments are encoded, and answers decoded, by who calls.
C3. A runtime that has died fails the calls that it had; the next call starts another, which loads the function again.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OutOfTime
from typing import TYPE_CHECKING, Any

from .._bridge.codec import decode, encode
from .._bridge.frame import DEFAULT_MAX_FRAME_BYTES
from ..errors import CallError, CodecError, error_from_report
from .session import session

if TYPE_CHECKING:
    from .._program.typescript import TypeScriptFunction
    from .session import Session

#: What a frame holds beside the arguments.
_FRAME_S_OWN = 1024


class CalledFunction:
    """A function of TypeScript, called like one of Python; ``aio`` is its asynchronous form.

    Raises ``UserFunctionError`` where the function throws, ``CodecError`` where a value cannot cross, ``RuntimeDiedError``
    where the runtime died, and ``CallError`` for a bound that was reached.
    """

    def __init__(self, function: TypeScriptFunction[Any, Any], timeout: float | None, max_calls: int) -> None:
        self._function = function
        self._timeout = timeout
        self._max_calls = max_calls
        self._lock = threading.RLock()
        self._pending = 0
        self._closed = False
        #: The runtime that has loaded it, and its number there.
        self._there: tuple[Session, int] | None = None
        self._ready()

    @property
    def closed(self) -> bool:
        return self._closed

    def __call__(self, *args: Any) -> Any:
        """Call it, and wait for what it gives."""
        answer = self._begin(args)
        try:
            return _given(answer.result(self._timeout))
        except OutOfTime:
            raise self._too_late() from None
        finally:
            self._settled()

    async def aio(self, *args: Any) -> Any:
        """As a call, for asyncio: the event loop goes on meanwhile."""
        if not self._is_ready():
            await asyncio.to_thread(self._ready)
        answer = self._begin(args)
        try:
            answered = await asyncio.wait_for(asyncio.wrap_future(answer), self._timeout)
        except asyncio.TimeoutError:
            raise self._too_late() from None
        finally:
            self._settled()
        return _given(answered)

    def close(self) -> None:
        """Take no more calls. The function's ``close`` is called where it has one."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            there = self._there
        if there is not None and there[0].is_ours and not there[0].dead:
            _given(there[0].call("close", there[1]).result(self._timeout))

    def __enter__(self) -> CalledFunction:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> CalledFunction:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return f"<call of {self._function!r}{', closed' if self._closed else ''}>"

    def _begin(self, args: tuple[Any, ...]) -> Future[Any]:
        owner, number = self._ready()
        given = encode(list(args))  # C2
        if len(given) > DEFAULT_MAX_FRAME_BYTES - _FRAME_S_OWN:
            raise CodecError(
                f"The arguments of {self._function!r} are {len(given)} bytes; a call carries {DEFAULT_MAX_FRAME_BYTES} at most."
            )
        with self._lock:
            if self._pending >= self._max_calls:
                raise CallError(
                    f"{self._max_calls} calls of {self._function!r} are under way, and max_calls allows no more: "
                    f'answer "busy", or raise it in env.call(..., max_calls=...).',
                    code="ISTHMUS_CALL_LIMIT",
                )
            self._pending += 1
        try:
            return owner.call("call", number, given)  # C1
        except BaseException:
            self._settled()
            raise

    def _settled(self) -> None:
        with self._lock:
            self._pending -= 1

    def _is_ready(self) -> bool:
        there = self._there
        return there is not None and there[0] is session()

    def _ready(self) -> tuple[Session, int]:
        """The runtime that has loaded it (C3); of a forked child its own."""
        with self._lock:
            if self._closed:
                raise CallError(
                    f"{self._function!r} cannot be called any more: it, or its environment, has been closed.",
                    code="ISTHMUS_CALL_CLOSED",
                )
            owner = session()
            if self._there is None or self._there[0] is not owner:
                number = owner.next_function()
                answer = owner.call("open", number, self._function.reference())
                try:
                    _given(answer.result(self._timeout))
                except OutOfTime:
                    raise self._too_late() from None
                self._there = owner, number
            return self._there

    def _too_late(self) -> CallError:
        return CallError(
            f"A call of {self._function!r} has had no answer within {self._timeout} s. A function that does not return keeps "
            "all TypeScript functions of this program waiting.",
            code="ISTHMUS_CALL_TIMEOUT",
        )


def _given(answer: dict[str, Any]) -> Any:
    report = answer.get("error")
    if report is not None:
        raise error_from_report(report)
    given = answer.get("given")
    return None if given is None else decode(given)
