"""The program's conversation with its runtime: jobs in, results, endings and log records out.

S1. One runtime a process, started on first need, ended with the program: it ends when this pipe does.
S2. A thread reads; whatever waits (a job's end, its results) waits on a condition, in slices that let Ctrl-C through.
S3. When the runtime dies, or the reader cannot go on, everything that waits raises, with what is known.
S4. The reader runs no code of the program's: that has a thread of its own (``aside.py``), or waits for who asks.
S5. At exit, jobs that still run are ended in order, within bounds. A forked child leaves its parent's session alone.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from .._bridge import frame as wire
from .._bridge.control import decode_control, encode_control
from .._program.environment import in_environment
from ..errors import InternalError, IsthmusError
from . import uncaught
from .aside import Aside
from .farewell import farewell
from .job import JobHandle
from .logs import log_levels, pass_on
from .runtime import PACKAGE_DIR, started

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .._program.job_graph import PythonEnvironmentSpec, SubmittedGraph

_PIECE_BYTES = 4 << 20
_ANY_LENGTH = (1 << 32) - 1
#: A worker that is warm serves only programs of the same environment; this changes with every test of a program's tests.
_OF_NO_CONCERN_TO_WORKERS = {"PYTEST_CURRENT_TEST"}

_session: Session | None = None
#: Threads may ask for the session at once. Of the process that made it: a fork may come while it is held.
_asking: tuple[int, threading.Lock] = (os.getpid(), threading.Lock())


def session() -> Session:
    """The session of this process; a forked child gets one of its own."""
    global _session, _asking
    if _asking[0] != os.getpid():
        _asking = os.getpid(), threading.Lock()
    with _asking[1]:
        if _session is None or not _session.is_ours or _session.dead:  # S1
            if _session is None:
                atexit.register(_leave)
            _session = Session()
            uncaught.install()
        return _session


def _leave() -> None:
    if _session is not None:
        _session.leave()


class Session:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self._process = started()
        self._write_lock = threading.Lock()
        self._jobs: dict[int, JobHandle] = {}
        self._next_request = 1
        self._next_blob = 1
        #: Calls of TypeScript functions that wait for their answer, by number.
        self._calls: dict[int, Future[Any]] = {}
        self._next_call = 1
        self._next_function = 1
        self.changed = threading.Condition()
        self.aside = Aside()
        self.dead = False
        #: Why it ended; None while it runs.
        self._farewell: IsthmusError | None = None
        #: What the runtime's heap of JavaScript may take.
        self._heap_limit_mb: int | None = None
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
        threading.Thread(target=self._read_loop, name="isthmus-driver", daemon=True).start()  # S2

    @property
    def is_ours(self) -> bool:
        """Whether this process has begun it; a forked child has only inherited it (S5)."""
        return self.pid == os.getpid()

    def check_ours(self) -> None:
        if not self.is_ours:
            raise InternalError(
                f"This job belongs to the process {self.pid}, which submitted it; this is its child {os.getpid()}."
            )

    def kill(self) -> None:
        """Kill the runtime, with all its jobs."""
        if self.is_ours:
            self._process.kill()

    def leave(self) -> None:
        """End what still runs (S5)."""
        if not self.is_ours or self.dead:
            return
        running = [job for job in list(self._jobs.values()) if not job.done]
        for job in running:
            job.cancel("the program ended")
        if running:
            longest = max(job.end_s for job in running)
            running[0].wait_until(lambda: all(job.done for job in running), longest)
        self.aside.settle()

    # Out.

    def send(self, kind: int, body: bytes = b"", *, channel: int = 0, flags: int = 0) -> None:
        self.check_ours()
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
                    raise self._why_dead() from e
                view = view[written:]

    def _why_dead(self) -> IsthmusError:
        known = self._farewell or farewell(None, None)
        return type(known)(str(known))  # Of each its own: who raises it adds where.

    def submit(self, graph: SubmittedGraph, blobs: list[bytes], job_name: str) -> JobHandle:
        """Hand a job to the runtime; returns at once.

        Args:
            graph: The job graph (``src/graph/job-graph.ts``); its ``python`` part is completed here.
            blobs: What its references point into.
            job_name: For messages.
        """
        graph["python"] = in_environment(graph["python"], self._python_environment())
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

    def next_function(self) -> int:
        with self._write_lock:
            number = self._next_function
            self._next_function += 1
        return number

    def call(self, what: str, of: int, given: Any = None) -> Future[Any]:
        """Say something of a function that the runtime is to call (CALL); the future gets the body of the ANSWER."""
        from concurrent.futures import Future

        self.check_ours()
        answer: Future[Any] = Future()
        with self._write_lock:
            number = self._next_call
            self._next_call = number % _ANY_LENGTH + 1
        self._calls[number] = answer
        try:
            self.send(wire.CALL, encode_control({"what": what, "of": of, "given": given}), channel=number)
        except BaseException:
            self._calls.pop(number, None)
            raise
        if self.dead:  # The reader may have been through with those that wait.
            self._fail_call(number)
        return answer

    def _fail_call(self, number: int) -> None:
        answer = self._calls.pop(number, None)
        if answer is not None and answer.set_running_or_notify_cancel():
            answer.set_exception(self._why_dead())

    def _send_blob(self, blob_id: int, blob: bytes) -> None:
        pieces = range(0, max(len(blob), 1), _PIECE_BYTES)
        for start in pieces:
            last = start + _PIECE_BYTES >= len(blob)
            self.send(wire.BLOB, blob[start : start + _PIECE_BYTES], channel=blob_id, flags=1 if last else 0)

    def _python_environment(self) -> PythonEnvironmentSpec:
        main = sys.modules.get("__main__")
        main_file = getattr(main, "__file__", None)
        cwd = os.getcwd()
        spec: PythonEnvironmentSpec = {
            "interpreter": sys.executable,
            "sysPath": [os.path.abspath(p) if p else cwd for p in sys.path],
            "cwd": cwd,
            "mainBundles": [],
        }
        if main_file:
            spec["mainFile"] = os.path.abspath(main_file)
        levels = log_levels()
        if levels:
            spec["logLevels"] = levels
        # Python's advice where an integer has too many digits for a text is to set this.
        digits = getattr(sys, "get_int_max_str_digits", lambda: None)()
        if digits is not None and digits != sys.int_info.default_max_str_digits:
            spec["intDigits"] = digits
        # Those that the program has removed since are None.
        changed = {
            name: os.environ.get(name)
            for name in {*self._environment, *os.environ} - _OF_NO_CONCERN_TO_WORKERS
            if self._environment.get(name) != os.environ.get(name)
        }
        if changed:
            spec["env"] = dict(sorted(changed.items()))
        return spec

    # In.

    def _read_loop(self) -> None:
        # The runtime keeps to the limit of each job, which options outside of the program may have raised.
        decoder = wire.FrameDecoder(_ANY_LENGTH)
        try:
            while data := os.read(self._process.output_fd, 1 << 20):
                for kind, flags, channel, count, body in decoder.feed(data):
                    self._take(kind, flags, channel, count, body)
        except IsthmusError as e:
            self._farewell = InternalError(f"The runtime broke the protocol: {e}.")
            self._process.kill()
        except OSError:
            pass
        except BaseException as e:  # S3: such as a MemoryError.
            self._farewell = InternalError(
                f"What the runtime sent could not be taken ({type(e).__name__}: {e})."
            )
            self._process.kill()
        code = self._process.exit_code(wait=True)
        self._farewell = self._farewell or farewell(code, self._heap_limit_mb)
        with self.changed:
            self.dead = True
            for job in self._jobs.values():
                job.runtime_died(self._farewell)
            self.changed.notify_all()
        for number in list(self._calls):
            self._fail_call(number)

    def _take(self, kind: int, flags: int, channel: int, count: int, body: Any) -> None:
        job = self._jobs.get(channel)
        if kind in (wire.DRIVER_LOG, wire.LOG):
            self.aside.call(pass_on, decode_control(body))  # S4
        elif kind == wire.WELCOME:
            self._heap_limit_mb = decode_control(body).get("heapLimitMb")
        elif kind == wire.ANSWER:
            answer = self._calls.pop(channel, None)
            # Nobody waits any more where the call was given up.
            if answer is not None and answer.set_running_or_notify_cancel():
                answer.set_result(decode_control(body))
        elif job is None:
            return
        elif kind == wire.RESULTS:
            job.add_batch(flags, count, bytes(body))
        elif kind == wire.JOB_FINISHED:
            job.finished(decode_control(body))
            del self._jobs[channel]
        elif kind == wire.SUBMITTED:
            job.submitted(decode_control(body))
        elif kind == wire.JOB_EVENT:
            event = decode_control(body)
            if event["kind"] == "log":
                self.aside.call(pass_on, event)  # S4
            job.happened(event)
