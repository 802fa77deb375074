"""The program's conversation with its runtime: jobs in, results, endings and log records out.

S1. One runtime a process, started on first need, ended with the program: it ends when this pipe does.
S2. A thread reads; whatever waits (a job's end, its results) waits on a condition, in slices that let Ctrl-C through.
S3. When the runtime dies, everything that waits raises, with what is known.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from .._bridge import frame as wire
from .._bridge.control import decode_control, encode_control
from ..errors import InternalError, IsthmusError, JobCancelledError, error_from_report
from . import uncaught
from .runtime import PACKAGE_DIR, started

_PIECE_BYTES = 4 << 20
#: Bytes of results that may wait for the program.
_RESULTS_WINDOW = 4 << 20
#: A worker that is warm serves only programs of the same environment; this changes with every test of a program's tests.
_OF_NO_CONCERN_TO_WORKERS = {"PYTEST_CURRENT_TEST"}

_session: Session | None = None
_session_pid = 0
#: Threads may ask for the session at once. Of the process that made it: a fork may come while it is held.
_asking: tuple[int, threading.Lock] = (os.getpid(), threading.Lock())


def session() -> Session:
    """The session of this process; a forked child gets one of its own."""
    global _session, _session_pid, _asking
    if _asking[0] != os.getpid():
        _asking = os.getpid(), threading.Lock()
    with _asking[1]:
        if _session is None or _session_pid != os.getpid() or _session.dead:
            _session, _session_pid = Session(), os.getpid()
            uncaught.install()
        return _session


class Session:
    def __init__(self) -> None:
        self._process = started()
        self._write_lock = threading.Lock()
        self._jobs: dict[int, JobHandle] = {}
        self._next_request = 1
        self._next_blob = 1
        self.changed = threading.Condition()
        self.dead = False
        self._farewell = "The runtime ended"
        import isthmus

        self._environment = dict(os.environ)
        self.send(
            wire.HELLO,
            encode_control(
                {
                    "protocol": 1,
                    "isthmus": isthmus.__version__,
                    "python": ".".join(map(str, sys.version_info[:3])),
                    "pid": os.getpid(),
                    "executable": sys.executable,
                    "role": "driver",
                    "packageDir": PACKAGE_DIR,
                    "sysPath": [p or os.getcwd() for p in sys.path],
                    "cwd": os.getcwd(),
                }
            ),
        )
        threading.Thread(target=self._read_loop, name="isthmus-driver", daemon=True).start()

    # Out.

    def send(self, kind: int, body: bytes = b"", *, channel: int = 0, flags: int = 0) -> None:
        data = wire.pack_frame(kind, flags, channel, 0, body)
        with self._write_lock:
            view = memoryview(data)
            while view:
                try:
                    written = os.write(self._process.input_fd, view)
                except OSError as e:
                    # S3: the reader says why; it may not have seen it yet.
                    with self.changed:
                        self.changed.wait_for(lambda: self.dead, timeout=2)
                    raise InternalError(self._farewell + ".") from e
                view = view[written:]

    def submit(self, graph: dict[str, Any], blobs: list[bytes], job_name: str) -> JobHandle:
        """Hand a job to the runtime; returns at once.

        Args:
            graph: The job graph (``src/graph/job-graph.ts``); its ``python`` part is completed here.
            blobs: What its references point into.
            job_name: For messages.
        """
        said = dict(graph.get("python", {}))
        added = said.pop("addedPaths", [])
        environment = self._python_environment()
        environment["sysPath"] = [*added, *environment["sysPath"]]
        graph["python"] = {**environment, **said}
        # What the program printed so far comes before what the job prints.
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):
                pass
        with self._write_lock:  # Threads of a service submit at once.
            request, first = self._next_request, self._next_blob
            self._next_request += 1
            self._next_blob += len(blobs)
        for i, blob in enumerate(blobs):
            self._send_blob(first + i, blob)
        job = JobHandle(self, request, job_name)
        self._jobs[request] = job
        body = encode_control({"graph": graph, "blobs": list(range(first, first + len(blobs)))})
        self.send(wire.SUBMIT, body, channel=request)
        return job

    def _send_blob(self, blob_id: int, blob: bytes) -> None:
        pieces = range(0, max(len(blob), 1), _PIECE_BYTES)
        for start in pieces:
            last = start + _PIECE_BYTES >= len(blob)
            self.send(wire.BLOB, blob[start : start + _PIECE_BYTES], channel=blob_id, flags=1 if last else 0)

    def _python_environment(self) -> dict[str, Any]:
        main = sys.modules.get("__main__")
        main_file = getattr(main, "__file__", None)
        cwd = os.getcwd()
        spec: dict[str, Any] = {
            "interpreter": sys.executable,
            "sysPath": [os.path.abspath(p) if p else cwd for p in sys.path],
            "cwd": cwd,
            "mainBundles": [],
        }
        if main_file:
            spec["mainFile"] = os.path.abspath(main_file)
        levels = _log_levels()
        if levels:
            spec["logLevels"] = levels
        changed = {
            k: v
            for k, v in os.environ.items()
            if self._environment.get(k) != v and k not in _OF_NO_CONCERN_TO_WORKERS
        }
        if changed:
            spec["env"] = changed
        return spec

    # In.

    def _read_loop(self) -> None:
        decoder = wire.FrameDecoder()
        try:
            while data := os.read(self._process.output_fd, 1 << 20):
                for kind, flags, channel, count, body in decoder.feed(data):
                    self._take(kind, flags, channel, count, body)
        except IsthmusError as e:
            self._farewell = f"The runtime broke the protocol: {e}"
            self._process.kill()
        except OSError:
            pass
        code = self._process.exit_code(wait=True)
        if self._farewell == "The runtime ended" and code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
            self._farewell = f"The runtime {how} while it was needed"
        with self.changed:
            self.dead = True
            for job in self._jobs.values():
                job._runtime_died(self._farewell + ".")
            self.changed.notify_all()

    def _take(self, kind: int, flags: int, channel: int, count: int, body: Any) -> None:
        job = self._jobs.get(channel)
        if kind == wire.RESULTS:
            if job is not None:
                job._add_results(flags, count, bytes(body))
        elif kind == wire.JOB_FINISHED:
            if job is not None:
                job._finish(decode_control(body))
                del self._jobs[channel]
        elif kind == wire.SUBMITTED:
            if job is not None:
                job._submitted(decode_control(body))
        elif kind == wire.JOB_STATUS:
            if job is not None:
                job._state = decode_control(body)["status"]
        elif kind in (wire.DRIVER_LOG, wire.LOG):
            _pass_on_log(decode_control(body))
        elif kind == wire.PROGRESS and job is not None:
            job._progressed(decode_control(body))


class JobHandle:
    """A job in the runtime."""

    def __init__(self, owner: Session, request: int, name: str) -> None:
        self._session = owner
        self._request = request
        self.name = name
        self._job_id: str | None = None
        self._state = "CREATED"
        self._outcome: dict[str, Any] | None = None
        self._error: IsthmusError | None = None
        self._results: deque[tuple[int, int, bytes]] = deque()
        self._callbacks: list[Callable[[JobHandle], None]] = []
        #: Latest counts by operator, as PROGRESS says them.
        self.progress: list[dict[str, Any]] = []

    @property
    def job_id(self) -> str:
        """32 hexadecimal digits."""
        self._wait_for(lambda: self._job_id is not None or self.done)
        return self._job_id or "0" * 32

    @property
    def done(self) -> bool:
        return self._outcome is not None or self._error is not None

    def status(self) -> str:
        """CREATED, RUNNING, FINISHED, FAILED or CANCELED."""
        return self._state

    def wait(self) -> dict[str, Any]:
        """Wait for the end; the first Ctrl-C cancels the job, a second one kills the runtime.

        Raises:
            IsthmusError: The job failed or was cancelled.
        """
        try:
            self._wait_for(lambda: self.done)
        except KeyboardInterrupt:
            self._interrupted()
            raise
        if self._error is not None:
            raise self._error
        assert self._outcome is not None
        return self._outcome

    def _interrupted(self) -> None:
        try:
            self.cancel("interrupted")
            self._wait_for(lambda: self.done, timeout_s=2)
        except KeyboardInterrupt:
            self._session._process.kill()
            raise

    def cancel(self, reason: str = "cancelled by the program") -> None:
        """Ask for the end; ``wait`` then raises JobCancelledError."""
        if not self.done:
            try:
                self._session.send(wire.JOB_CANCEL, encode_control({"reason": reason}), channel=self._request)
            except InternalError:
                pass  # The runtime is gone, and the job with it.

    def add_done_callback(self, callback: Callable[[JobHandle], None]) -> None:
        with self._session.changed:
            if not self.done:
                self._callbacks.append(callback)
                return
        callback(self)

    def results(self) -> Iterator[Any]:
        """Records of ``execute_and_collect``, as they come. Left early, the job is cancelled."""
        try:
            while True:
                self._wait_for(lambda: bool(self._results) or self.done)
                if not self._results:
                    break
                flags, count, body = self._results.popleft()
                credit = encode_credit_of(body)
                records = _decode_results(flags, count, body)
                self._session.send(wire.RESULTS_CREDIT, credit, channel=self._request)
                yield from records
            self.wait()
        except KeyboardInterrupt:
            self._interrupted()
            raise
        finally:
            self.stop("its results are not read any more")

    def stop(self, reason: str) -> None:
        """Cancel the job where it still runs, and wait for its end for a while."""
        if not self.done:
            self.cancel(reason)
            self._wait_for(lambda: self.done, timeout_s=5)

    # What the reader's thread tells.

    def _submitted(self, body: dict[str, Any]) -> None:
        with self._session.changed:
            self._job_id = body["job"]
            self._state = "RUNNING"
            self._session.changed.notify_all()

    def _add_results(self, flags: int, count: int, body: bytes) -> None:
        with self._session.changed:
            self._results.append((flags, count, body))
            self._session.changed.notify_all()

    def _progressed(self, body: dict[str, Any]) -> None:
        self.progress = body["operators"]

    def _finish(self, body: dict[str, Any]) -> None:
        status = body["status"]
        error: IsthmusError | None = None
        if status == "CANCELED":
            error = JobCancelledError(body.get("message") or "The job was cancelled.")
        elif status != "FINISHED":
            error = _error_of(body.get("error") or {"message": "The job failed."})
        self._end(status, body, error)

    def _runtime_died(self, text: str) -> None:
        self._end("FAILED", None, InternalError(text))

    def _end(self, status: str, outcome: dict[str, Any] | None, error: IsthmusError | None) -> None:
        with self._session.changed:
            if self.done:
                return
            self._state = status
            self._error = error
            self._outcome = outcome if error is None else None
            if outcome and outcome.get("job"):
                self._job_id = outcome["job"]
            callbacks, self._callbacks = self._callbacks, []
            self._session.changed.notify_all()
        for callback in callbacks:
            callback(self)

    def _wait_for(self, condition: Callable[[], bool], timeout_s: float | None = None) -> bool:
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


def encode_credit_of(body: bytes) -> bytes:
    return wire.encode_credit(len(body))


def _decode_results(flags: int, count: int, body: bytes) -> list[Any]:
    if flags & 1:
        body = body[8 * count :]
    if flags & 4:
        payload = pickle.loads(body)
        return payload[1] if flags & 2 else payload  # type: ignore[no-any-return]
    from .._bridge.codec import decode_batch

    return decode_batch(body, bool(flags & 2))[0]


def _error_of(report: dict[str, Any]) -> IsthmusError:
    error = error_from_report(report)
    pickled = report.get("exception")
    if pickled:
        try:
            cause = pickle.loads(pickled)
        except Exception:  # Its class may be known to the worker only; the text says all the same.
            return error
        if isinstance(cause, BaseException):
            error.__cause__ = cause
            # The report shows the frames in the worker; the original would be printed a second time, without any.
            error.__suppress_context__ = True
    return error


def _log_levels() -> dict[str, int]:
    """Levels of the program's loggers by name (the root's is ""), where it uses any: functions then log by these."""
    logging = sys.modules.get("logging")
    if logging is None:
        return {}
    levels = {"": logging.root.level}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if getattr(logger, "level", 0):
            levels[name] = logger.level
    return levels


def _pass_on_log(record: dict[str, Any]) -> None:
    if record.get("stream") in ("stdout", "stderr"):
        stream = sys.stdout if record["stream"] == "stdout" else sys.stderr
        stream.write(record["message"])
        return
    import logging

    level = record.get("level", "info")
    number = level if isinstance(level, int) else logging.getLevelName(str(level).upper())
    logging.getLogger(record.get("logger") or "isthmus").log(
        number if isinstance(number, int) else logging.INFO, "%s", record["message"]
    )
