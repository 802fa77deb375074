"""A job in the runtime, as the program's threads see it.

J1. The reader's thread tells what happens; nothing of the program's runs in it. An exception of a function is unpickled
    where it is raised.
J2. Whoever leaves ``execute()`` by an exception leaves no job behind: it is cancelled, its functions are closed, and a
    runtime that does not get there within bounds is killed.
J3. A job belongs to the process that submitted it: a forked child can neither wait for it nor end it.
"""

from __future__ import annotations

import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._bridge import frame as wire
from .._bridge.control import encode_control
from ..errors import InternalError, IsthmusError, JobCancelledError, RuntimeDiedError, error_from_report
from .events import JobEvents
from .interrupts import StopAsked, heeded
from .unobserved import tell, watch

if TYPE_CHECKING:
    from .session import Session

#: How long a job may take to end in order before the runtime is killed; what functions may take to close comes on top.
_END_S = 3.0


#: JOB_FINISHED says these, with what there is to say.
_ENDS = ("FINISHED", "FAILED", "CANCELED")


class JobHandle:
    """A job in the runtime."""

    def __init__(self, owner: Session, request: int, name: str) -> None:
        self._session = owner
        self._request = request
        self.name = name
        self._job_id: str | None = None
        self._state = "CREATED"
        self._outcome: dict[str, Any] | None = None
        #: What ended it, as the runtime reports it; the error is made of it when somebody asks (J1).
        self._report: dict[str, Any] | None = None
        self._error: IsthmusError | None = None
        self._making_error = threading.Lock()
        #: Batches that the program has not taken: flags, count, body.
        self.batches: deque[tuple[int, int, Any]] = deque()
        self._callbacks: list[Callable[[JobHandle], None]] = []
        #: Whether somebody knows how it ended, or does not want to.
        self._observed = False
        self._stop_on: frozenset[str] = frozenset()
        self._stop_asked = False
        self._close_s = 2.0
        #: What happens to the job.
        self.events = JobEvents(self._session.changed)

    @property
    def job_id(self) -> str:
        """32 hexadecimal digits."""
        self.wait_until(lambda: self._job_id is not None or self.done)
        return self._job_id or "0" * 32

    @property
    def end_s(self) -> float:
        """How long the job may take to end in order."""
        return _END_S + self._close_s

    @property
    def done(self) -> bool:
        return self._outcome is not None or self._report is not None

    def status(self) -> str:
        """CREATED, RUNNING, FINISHED, FAILED or CANCELED."""
        if self._state == "FAILED":
            self._observed = True
        return self._state

    def tell_unobserved(self) -> None:
        """Tell a failure that nobody has looked at, once."""
        report = self._report
        if report is None or self._observed or self._state != "FAILED" or not self._session.is_ours:
            return
        self._observed = True
        tell(self.name, str(report.get("message")))

    def __del__(self) -> None:
        # At the very end of the program the modules that it needs may be gone; the others have been told by then.
        if not sys.is_finalizing():
            self.tell_unobserved()

    def wait(self) -> dict[str, Any]:
        """Wait for the end. A KeyboardInterrupt cancels the job; a second one kills the runtime.

        Raises:
            IsthmusError: The job failed or was cancelled.
        """
        try:
            self.wait_until(lambda: self.done)
        except KeyboardInterrupt:
            self.abandon()
            raise
        return self._ended()

    def run(self) -> dict[str, Any]:
        """As ``wait``, for whoever has no other hold of the job: any exception that ends the wait ends it (J2)."""
        self.attend(lambda: self.done)
        return self._ended()

    def attend(self, condition: Callable[[], bool]) -> None:
        """Wait for ``condition``; signals that end the program, and whatever they raise, end the job first (J2)."""
        if condition():
            return
        try:
            with heeded(self._stops):
                while True:
                    try:
                        self.wait_until(condition)
                        return
                    except StopAsked:
                        self.stop()
        except BaseException:
            self.abandon()
            raise

    def _stops(self, signal: str) -> bool:
        return signal in self._stop_on and not self._stop_asked

    def _ended(self) -> dict[str, Any]:
        # What functions have logged is out before the job's end is told.
        self._session.aside.settle()
        error = self.error()
        if error is not None:
            raise error
        assert self._outcome is not None
        return self._outcome

    def error(self) -> IsthmusError | None:
        """What the job that is done failed with."""
        with self._making_error:
            self._observed = True
            if self._error is None and self._report is not None:
                self._error = _error_of(self._report)
            return self._error

    def abandon(self) -> None:
        """Cancel the job and wait for its end; kill the runtime when that does not come, or something interrupts again."""
        try:
            self.leave("interrupted", or_kill=True)
        except BaseException:
            self._session.kill()
            raise

    def give_up(self) -> None:
        """Nobody wants to know how it ends."""
        self._observed = True

    def leave(self, reason: str, or_kill: bool = False) -> None:
        """Cancel the job where it still runs, and wait for its end for a while."""
        if self.done or not self._session.is_ours:
            return
        self.cancel(reason)
        # At the very end of the program nobody reads any more; the runtime sees that.
        if not sys.is_finalizing() and not self.wait_until(lambda: self.done, self.end_s) and or_kill:
            self._session.kill()

    def cancel(self, reason: str = "cancelled by the program") -> None:
        """Ask for the end; ``wait`` then raises JobCancelledError."""
        self._ask(wire.JOB_CANCEL, encode_control({"reason": reason}))

    def cancel_aside(self, reason: str) -> None:
        """As ``cancel``, from where nothing may be waited for."""
        if not self.done and self._session.is_ours:
            self._session.aside.call(self.cancel, reason)

    def stop(self) -> None:
        """Ask for an orderly end: sources end, what they have given is worked off, and the job finishes."""
        self._stop_asked = True
        self._ask(wire.JOB_STOP, b"")

    def _ask(self, kind: int, body: bytes) -> None:
        if not self.done and self._session.is_ours:
            try:
                self._session.send(kind, body, channel=self._request)
            except (InternalError, RuntimeDiedError):
                pass  # The runtime is gone, and the job with it.

    def add_done_callback(self, callback: Callable[[JobHandle], None]) -> None:
        with self._session.changed:
            self._observed = True
            if not self.done:
                self._callbacks.append(callback)
                return
        callback(self)

    def take_batch(self) -> tuple[int, int, Any] | None:
        """The next batch of results, with credit for it given back; None where none waits."""
        self._session.check_ours()  # J3
        try:
            batch = self.batches.popleft()
        except IndexError:
            return None
        self._session.send(wire.RESULTS_CREDIT, wire.encode_credit(len(batch[2])), channel=self._request)
        return batch

    def wait_until(self, condition: Callable[[], bool], timeout_s: float | None = None) -> bool:
        self._session.check_ours()  # J3
        changed = self._session.changed
        with changed:
            # Waits without a limit cannot be interrupted on every platform.
            waited = 0.0
            while not condition():
                if timeout_s is not None and waited >= timeout_s:
                    return False
                changed.wait(0.5)
                waited += 0.5
        return True

    def wake(self) -> None:
        """Let whoever waits look again."""
        with self._session.changed:
            self._session.changed.notify_all()

    # What the reader's thread tells.

    def submitted(self, body: dict[str, Any]) -> None:
        with self._session.changed:
            self._job_id = body["job"]
            self._state = "RUNNING"
            self._stop_on = frozenset(body.get("stopOn") or ())
            self._close_s = body.get("closeTimeoutMs", 0) / 1000
            self._session.changed.notify_all()

    def happened(self, event: dict[str, Any]) -> None:
        if event["kind"] == "status" and event["status"] not in _ENDS:
            self._state = event["status"]
        for name in ("at", "watermark"):  # Of this size TypeScript writes numbers as floats.
            if name in event:
                event[name] = int(event[name])
        self.events.add(event)

    def add_batch(self, flags: int, count: int, body: Any) -> None:
        with self._session.changed:
            self.batches.append((flags, count, body))
            self._session.changed.notify_all()

    def finished(self, body: dict[str, Any]) -> None:
        status = body["status"]
        if status == "FINISHED":
            self._end(status, body, None)
        elif status == "CANCELED":
            message = body.get("message") or "The job was cancelled."
            self._end(status, body, {"code": JobCancelledError.code, "message": message})
        else:
            self._end(status, body, body.get("error") or {"message": "The job failed."})

    def runtime_died(self, error: IsthmusError) -> None:
        self._end("FAILED", None, {"code": error.code, "message": str(error)})

    def _end(self, status: str, outcome: dict[str, Any] | None, report: dict[str, Any] | None) -> None:
        with self._session.changed:
            if self.done:
                return
            self._state = status
            self._report = report
            self._outcome = outcome if report is None else None
            if outcome and outcome.get("job"):
                self._job_id = outcome["job"]
            callbacks, self._callbacks = self._callbacks, []
            if status == "FAILED":
                watch(self)
            self.events.end()
            self._session.changed.notify_all()
        for callback in callbacks:
            self._session.aside.call(callback, self)


def _error_of(report: dict[str, Any]) -> IsthmusError:
    error = error_from_report(report)
    pickled = report.get("exception")
    if pickled:
        try:
            cause = pickle.loads(pickled)
        except KeyboardInterrupt:
            raise
        except (
            BaseException
        ):  # Its class may be known to the worker only, or raise; the text says all the same.
            return error
        if isinstance(cause, BaseException):
            error.__cause__ = cause
            # The report shows the frames in the worker; the original would be printed a second time, without any.
            error.__suppress_context__ = True
    return error
