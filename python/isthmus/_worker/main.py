"""The worker process: descriptors, handshake, and the loop around a ``Slot``.

M1. Descriptors 0 and 1 are moved away before any user code can run, so nothing it prints lands between frames.
M2. The process ends when its pipe ends, when the runtime dies, or when it is told to; a watch on the pipe's end
    works also while user code keeps the loop.
M4. Who logs waits while the program has not taken what was logged before, and reads frames meanwhile: the answer is
    among them, and the loop may itself be waiting for who logs.
M3. Frames are written whole, in one call where they fit; log records are written from any thread, between them.
"""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .runtime.deployment import SlotDeployment

PROTOCOL = 1
#: Exit code for a worker that cannot start (missing package, wrong version); stderr says why.
EXIT_CANNOT_START = 78

_READ = 1 << 20
#: Bytes of log records that may be on their way to the program.
_LOG_WINDOW = 256 << 10
#: How long threads of a job may take to see its end.
_END_S = 0.1


def claim_stdio() -> tuple[int, int, int]:
    """Move the frame pipes to private descriptors (M1).

    Returns:
        Descriptors of frames in, frames out, and the program's stdout.
    """
    frames_in, frames_out, program_out = _private(0), _private(1), _private(3)
    os.dup2(4, 1)
    os.close(3)
    os.close(4)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    # Lines of user code go out whole, and at once.
    sys.stdout = _line_writer(1)
    sys.stderr = _line_writer(2)
    sys.stdin = open(0, closefd=False)
    return frames_in, frames_out, program_out


def _private(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


class _PatientFile(io.FileIO):
    """Waits where its descriptor does not: a child of a function may have made it non-blocking."""

    def write(self, data: Any) -> int:
        while (written := super().write(data)) is None:
            wait_until_writable(self.fileno())
        return written


def _line_writer(descriptor: int) -> io.TextIOWrapper:
    buffered = io.BufferedWriter(_PatientFile(descriptor, "w", closefd=False))
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def wait_until_writable(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, select.POLLOUT)
    poller.poll()


def flush_user_output() -> None:
    """Let out what user code has printed and its buffers still hold: unfinished lines, and all of C's stdio."""
    import ctypes

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # User code put something else there, or closed it.
            pass
    ctypes.CDLL(None).fflush(None)


def end_job() -> None:
    """The functions of a job are closed: let out what they printed, and remove what was unpacked for them."""
    flush_user_output()
    archives = sys.modules.get("isthmus._worker.runtime.archives")
    if archives is not None:
        archives.leave()


def lingering() -> bool:
    """Whether threads that run functions of the job go on after a moment: a source that waits, a call that does not return."""
    deadline = time.monotonic() + _END_S
    for thread in threading.enumerate():
        if thread.name.startswith(("source ", "isthmus-async")):
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                return True
    return False


def left_threads(known: set[threading.Thread]) -> list[str]:
    """Names of threads that functions have begun since and that go on after a moment."""
    deadline = time.monotonic() + _END_S
    left = []
    for thread in threading.enumerate():
        foreign = isinstance(thread, threading._DummyThread)  # Nobody can wait for one; it is of a library's.
        if thread in known or foreign or thread.name.startswith("isthmus-"):
            continue
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            left.append(thread.name)
    return left


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            written = os.write(descriptor, view)
        except BlockingIOError:
            wait_until_writable(descriptor)
            continue
        view = view[written:]


def die_with(parent: int) -> None:
    """Linux: be killed when the runtime dies, also inside a C call that holds the GIL."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, int(signal.SIGKILL), 0, 0, 0)
    # It may have died before the call above.
    if os.getppid() != parent:
        end_group()


def end_group() -> None:
    """End this process and what user code has started in its group."""
    try:
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
    finally:
        os._exit(1)


class Process:
    """Frames in and out, and the loop."""

    def __init__(self, frames_in: int, frames_out: int, program_out: int) -> None:
        from .._bridge import frame as wire
        from . import built_in, left_behind
        from .background import Background
        from .machine.machine import Machine
        from .runtime import forked
        from .runtime.collector import Collector
        from .runtime.slot import Slot
        from .runtime.watchdog import Watchdog

        self._wire = wire
        self._forked = forked
        self._in, self._out, self._program_out = frames_in, frames_out, program_out
        self._decoder = wire.FrameDecoder()
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._incoming: deque[Any] = deque()
        self._input = select.poll()
        self._input.register(self._in, select.POLLIN)
        self._poller = select.poll()
        self._poller.register(self._in, select.POLLIN)
        self._poller.register(self._wake_in, select.POLLIN)
        #: Frames after which no function of the job goes on.
        self._ends_job = (wire.CANCEL, wire.RELEASE, wire.SHUTDOWN, wire.DEPLOY)
        self._shut_down = False
        self._writing = threading.Lock()  # M3
        self._printing = threading.Lock()  # The watchdog prints, too, while the loop is in user code.
        self._reading = threading.RLock()  # M4
        self._log_unanswered = 0
        self._in_job = False
        #: Those that were there before the attempt.
        self._threads: set[threading.Thread] = set()
        self._log_handler: Any = None
        self._collector = Collector()
        self._watchdog = Watchdog(
            tick=self._collector.look_aside,
            let_out=self.let_out,
            look=lambda pull, frame: pull.task.looks.look(frame),
        )
        has_changed = left_behind.watched()
        self.slot = Slot(
            transmit=self.transmit,
            machine=Machine(),
            watchdog=self._watchdog,
            makers=built_in,
            wake=self.wake,
            program_output=self.print_lines,
            deploying=self.begin_job,
            closed=end_job,
            flush=self.flush,
            pump=self.turn_until,
            lingering=lambda: lingering() or has_changed(),
            elsewhere=Background(self.wake),
            left_threads=lambda: left_threads(self._threads),
        )

        descriptors = (frames_in, frames_out, self._wake_in, self._wake_out)
        forked.part_with_children(descriptors, self._watchdog.in_child)

    def transmit(self, kind: int, flags: int, channel: int, count: int, body: bytes) -> None:
        self._outgoing.append(self._wire.pack_header(len(body), kind, flags, channel, count))
        self._outgoing.append(body)
        self._outgoing_size += 16 + len(body)
        if self._outgoing_size > 1 << 18:
            self.flush()

    def flush(self) -> None:
        if self._outgoing:
            data = b"".join(self._outgoing)
            self._outgoing.clear()
            self._outgoing_size = 0
            with self._writing:
                write_all(self._out, data)

    def begin_job(self, deployment: SlotDeployment) -> None:
        """Called before the functions of a job are loaded: these may log, too."""
        from .logs import ToProgram, install

        self._in_job = True
        self._threads = set(threading.enumerate())
        if self._log_handler is None:
            self._log_handler = ToProgram(self.send_log)
        install(self._log_handler, deployment)

    def send_log(self, record: dict[str, Any]) -> None:
        """From any thread; of the loop's own it is known which task it works for."""
        task = self.slot.current
        if task is not None and threading.current_thread() is threading.main_thread():
            record["operator"] = task.deployment["name"]
        body = self._control(record)
        data = self._wire.pack_header(len(body), self._wire.LOG, 0, 0, 0) + body
        while self._log_unanswered > _LOG_WINDOW and self._job_goes_on():  # M4
            with self._reading:
                if self._log_unanswered > _LOG_WINDOW and self._input.poll(20):
                    self._read()
            self.wake()
        with self._writing:
            self._log_unanswered += len(body)
            write_all(self._out, data)

    def _job_goes_on(self) -> bool:
        """While none is at work nobody may answer, and one that is about to end is not kept from it."""
        return self._in_job and not any(f[0] in self._ends_job for f in [*self._incoming])

    def print_lines(self, text: str, stderr: bool) -> None:
        """Whole lines of a print sink; stderr is the one that this process was started with."""
        if self._forked.is_child():
            self._forked.end_child()
        with self._printing:
            write_all(2 if stderr else self._program_out, text.encode("utf-8", "backslashreplace"))

    def wake(self) -> None:
        try:
            os.write(self._wake_out, b"\0")
        except BlockingIOError:  # It is full of wake-ups already.
            pass

    def handshake(self) -> None:
        import isthmus

        self.transmit(
            self._wire.HELLO,
            0,
            0,
            0,
            self._control(
                {
                    "protocol": PROTOCOL,
                    "isthmus": isthmus.__version__,
                    "python": ".".join(map(str, sys.version_info[:3])),
                    "pid": os.getpid(),
                    "executable": sys.executable,
                    "role": "worker",
                }
            ),
        )
        self.flush()
        from .._bridge.control import decode_control

        while not self._incoming:
            self._input.poll()
            self._read()
        kind, _flags, _channel, _count, body = self._incoming.popleft()
        if kind != self._wire.WELCOME:
            raise SystemExit(f"the runtime began with frame type {kind:#x} instead of WELCOME")
        welcome = decode_control(body)
        limit = int(welcome.get("maxFrameBytes") or self.slot.max_frame_bytes)
        self.slot.max_frame_bytes = self._decoder.max_frame_bytes = limit
        die_with(int(welcome["parentPid"]))
        threading.Thread(target=self._watch_pipe, name="isthmus-pipe-watch", daemon=True).start()

    def _control(self, value: dict[str, Any]) -> bytes:
        from .._bridge.control import encode_control

        return encode_control(value)

    def _watch_pipe(self) -> None:
        """M2, elsewhere than Linux and for children in our group: see the pipe's end although the loop is busy."""
        poller = select.poll()
        poller.register(self._in, getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR)
        while True:
            if any(event & ~select.POLLIN for _, event in poller.poll()):
                # The loop may be reading what came before the end (SHUTDOWN): it gets a moment.
                time.sleep(0.05)
                end_group()

    def _read(self) -> None:
        with self._reading:
            # Somebody else may have read what the caller was told of.
            if not self._input.poll(0):
                return
            data = os.read(self._in, _READ)
            if not data:
                end_group()
            wire = self._wire
            for frame in self._decoder.feed(data):
                if frame[0] == wire.CREDIT and frame[2] == wire.LOG_CHANNEL:
                    with self._writing:
                        self._log_unanswered = max(0, self._log_unanswered - wire.decode_credit(frame[4]))
                else:
                    self._incoming.append(frame)

    def loop(self) -> None:
        slot, collector = self.slot, self._collector
        while not self._shut_down:
            if self._forked.is_child():
                self._forked.end_child()
            # First what has come: frames may have arrived together with WELCOME.
            while self._incoming and not self._shut_down:
                self._handle(self._incoming.popleft())
            self._turn(slot.run() or self._shut_down)
            if slot.released:
                slot.released = False
                self._in_job, self._log_unanswered = False, 0
                collector.end_job()
            collector.look(time.monotonic())
        self.flush()

    def _handle(self, frame: Any) -> None:
        wire = self._wire
        if frame[0] == wire.SHUTDOWN:
            self._shut_down = True
            return
        self.slot.handle(frame)
        if frame[0] == wire.DEPLOY:
            self._collector.begin_job()

    def _turn(self, more: bool) -> None:
        """Write what there is, and read; wait for frames, time and wake-ups unless there is more to do."""
        self.flush()
        wait = 0.0 if more or self._incoming else self.slot.wait_s()
        for descriptor, _ in self._poller.poll(None if wait is None else wait * 1000):
            if descriptor == self._in:
                self._read()
            else:
                os.read(self._wake_in, 4096)
                self.slot.woken()

    def turn_until(self, done: Callable[[], bool]) -> bool:
        """Turn within a function that has given way (W6 of ``slot.py``). What ends the job is left to the loop."""
        slot, incoming = self.slot, self._incoming
        while not done():
            while incoming:
                if incoming[0][0] in self._ends_job:
                    return False
                slot.handle(incoming.popleft())
            more = slot.run()
            if slot.failed:
                return False
            self._turn(more or done())
        return True

    def let_out(self, pull: Any) -> None:
        """A function keeps the loop: called by the watchdog, with the loop's lock."""
        with self._reading:
            while self._input.poll(0):
                self._read()
            frames = [*self._incoming]
            self._incoming.clear()
            self._incoming.extend(frame for frame in frames if frame[0] != self._wire.CREDIT)
        for frame in frames:
            if frame[0] == self._wire.CREDIT:
                self.slot.handle(frame)
        pull.task.let_out(pull)
        self.slot.push()
        self.flush()


def main() -> None:
    """Entry point of a worker; started by the runtime only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The runtime decides what Ctrl-C means.
    frames_in, frames_out, program_out = claim_stdio()
    if sys.version_info < (3, 10):  # noqa: UP036 - an older Python may well be asked to run this.
        print(
            f"Isthmus needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}.",
            file=sys.stderr,
        )
        sys.exit(EXIT_CANNOT_START)
    if os.environ.get("ISTHMUS_TERMINAL"):
        from .debugger import install

        install()
    try:
        import msgspec  # noqa: F401
    except ImportError as e:
        print(
            f"{sys.executable} lacks the package {e.name!r} that Isthmus needs in its workers. "
            f"Install it there: {sys.executable} -m pip install msgspec cloudpickle",
            file=sys.stderr,
        )
        sys.exit(EXIT_CANNOT_START)
    from .._code.imports import this_process_finds_functions
    from .._pyflink.alias import install as alias_pyflink

    alias_pyflink()
    this_process_finds_functions()
    process = Process(frames_in, frames_out, program_out)
    process.handshake()
    process.loop()
    flush_user_output()
    # User code may have left threads behind; the job is over, so they go.
    os._exit(0)
