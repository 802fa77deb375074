"""The core of a worker: one slot's subtasks of one job, driven frame by frame.

It has no thread, no clock of its own and no descriptor: frames come in through ``handle``, go out through ``transmit``,
time comes from its ``machine``. So a seeded simulation can run it in lock-step, and the process around it (``main.py``)
stays thin.

  W1. ``run`` never blocks and returns within about a time slice, user functions aside.
  W2. Tasks further downstream go first, so that what is in the slot drains before more is made.
  W4. A task whose functions have not yet shown to be fast goes after all others, record by record: a function that
      sleeps holds up its slot, so everything that can go on without it has gone on before.
  W3. After a failure no task runs any more; the failure is reported once, everything is closed.
  W5. Nothing of the user's runs between a failure and its leaving: ``close`` may wait, exit or crash.
  W6. A function that makes more for side outputs than these take is held up within its call: the loop turns there, for
      all other tasks, and in one call at a time. As graphs have no cycles, the task furthest downstream can always go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._bridge import frame as wire
from ..._bridge.control import decode_control, encode_control
from ..._code.imported import Imported
from ..._code.imports import loading
from ..._program.shape import check_of, checked
from ..._values.failure import OperatorFailure
from ..._values.keep import forget_types
from ..._values.raised import ANYTHING
from ...errors import IsthmusError
from ..machine.machine import Machine
from ..state.storage.bridge_storage import BridgeStorage
from ..state.storage.file_storage import FileStorage
from ..state.storage.storage import StateStorage
from . import forked
from .agenda import Agenda
from .deployment import SlotDeployment
from .element_frames import CONTROL, control_frame
from .failure_report import failure_report, tell_echo
from .functions import FunctionLoader
from .makers import Makers
from .program import install_program, leave_frames, uninstall_program
from .senders import LocalSender, RemoteSender
from .snapshots import AtOnce, Elsewhere, Snapshots
from .subtask import Subtask
from .subtask_metrics import metrics_of
from .subtask_wiring import wire_subtasks
from .watchdog import Watchdog
from .wire_batch import ChannelCodec

#: Seconds of work before arriving frames are looked at again.
SLICE_S = 0.005
_METRICS_EVERY_S = 1.0

Transmit = Callable[[int, int, int, int, bytes], None]


class Abandoned(BaseException):
    """Raised in a function that has given way and cannot go on, as its job is over."""


class Slot:
    def __init__(
        self,
        *,
        transmit: Transmit,
        machine: Machine,
        watchdog: Watchdog | None,
        makers: Makers,
        wake: Callable[[], None],
        max_frame_bytes: int = 64 << 20,
        program_output: Callable[[str, bool], None] | None = None,
        deploying: Callable[[SlotDeployment], None] | None = None,
        closed: Callable[[], None] | None = None,
        flush: Callable[[], None] = lambda: None,
        pump: Callable[[Callable[[], bool]], bool] | None = None,
        lingering: Callable[[], bool] = lambda: False,
        elsewhere: Elsewhere | None = None,
        left_threads: Callable[[], list[str]] = list,
    ) -> None:
        #: ``transmit(type, flags, channel, count, body)``.
        self.transmit = transmit
        self.machine = machine
        self.clock = machine.clock
        self.watchdog = watchdog
        #: Operators and sources by kind: the runtime itself knows none.
        self.makers = makers
        self._wake = wake
        self.max_frame_bytes = max_frame_bytes
        #: Writes whole lines to the program's stdout (print sinks).
        self.program_output = program_output
        #: Called with each deployment before its functions are loaded.
        self._deploying = deploying
        #: Turns the loop until what it is given is true; returns False if it ends before.
        self._pump = pump
        #: Called when all functions of a job are closed.
        self._closed = closed
        #: Whether something of the job that has closed goes on.
        self._lingering = lingering
        #: Names of threads that functions of the attempt have begun, and that go on after its end.
        self._left_threads = left_threads
        #: Lets out what was transmitted so far.
        self._flush = flush
        check_of(SlotDeployment)  # Made while nobody waits for it.
        self._blobs: dict[int, bytearray | bytes] = {}
        self._imported: Imported | None = None
        #: Where work is done that waits for a disk.
        self._elsewhere: Elsewhere = AtOnce() if elsewhere is None else elsewhere
        #: For state that comes and goes over the bridge.
        self._bridge = BridgeStorage(self._send_state)
        self.snapshots = self._snapshots_in(self._bridge, 0)
        #: Goes with every answer, so that none is taken for one of the next attempt.
        self._attempt = 0
        self._reset()
        self.released = False

    def _reset(self) -> None:
        self.tasks: list[Subtask] = []
        self.by_channel: dict[int, Subtask] = {}
        self.remote: dict[int, RemoteSender] = {}
        #: The tasks that send on channels, remote and local.
        self.sending: dict[int, Subtask] = {}
        self.local: dict[int, LocalSender] = {}
        self.codecs: dict[int, ChannelCodec] = {}
        self.current: Subtask | None = None
        self.failed = False
        self.agenda = Agenda()
        #: Tasks whose operators and sources have called ``ctx.wake``, from any thread.
        self._woken: set[Subtask] = set()
        #: The task in a function that has given way (W6).
        self._giving_way: Subtask | None = None
        self._metrics_due = self.clock.monotonic() + _METRICS_EVERY_S
        #: Whether something has been done since counts were told last: they are, although nothing more comes.
        self._untold = False

    def transmit_batch(self, channel: int, flags: int, count: int, body: bytes) -> None:
        self.transmit(wire.BATCH, flags, channel, count, body)

    def transmit_control(self, channel: int, element: tuple[Any, ...]) -> None:
        kind, body = control_frame(element)
        self.transmit(kind, 0, channel, 0, body)

    def take(self, channel: int, element: tuple[Any, ...]) -> tuple[list[Any], Any, Any]:
        """A task takes a batch off its queue."""
        local = self.local.get(channel)
        if local is not None:
            local.taken(element[4])
            self.agenda.note(self.sending[channel])
            return element[1], element[2], element[3]
        _, body, flags, count = element
        # Before decoding: the next frame may come while this one is worked on.
        self.transmit(wire.CREDIT, 0, channel, 0, wire.encode_credit(len(body)))
        return self.codecs[channel].decode(body, flags, count)

    # Frames in.

    def handle(self, frame: tuple[int, int, int, int, Any]) -> None:
        """Take one frame: (type, flags, channel, count, body)."""
        kind, flags, channel, count, body = frame
        if kind == wire.BATCH:
            task = self.by_channel.get(channel)
            if task is not None:
                task.deliver(channel, ("batch", body, flags, count))
        elif kind == wire.CREDIT:
            sender = self.remote.get(channel)
            if sender is not None:
                task = self.sending[channel]
                self.agenda.note(task)
                try:
                    sender.credit(wire.decode_credit(body))
                    task.tell_if_sent()
                except ANYTHING as e:
                    self._fail(e, task)
        elif kind in CONTROL:
            task = self.by_channel.get(channel)
            if task is not None:
                task.deliver(channel, CONTROL[kind](body))
        elif kind == wire.BLOB:
            self._blobs.setdefault(channel, bytearray()).extend(body)  # type: ignore[union-attr]
        elif kind == wire.STATE:
            self._bridge.receive(channel, flags & wire.FLAG_LAST != 0, body)
        elif kind == wire.DEPLOY:
            self._deploy(decode_control(body))
        elif kind == wire.START:
            for task in self.tasks:
                task.started = True
                if task.source is not None:
                    task.source.start()
            for task in self.tasks:
                self.agenda.worked(task)
        elif kind == wire.SPLITS:
            self._take_splits(decode_control(body))
        elif kind == wire.STOP:
            for task in self.tasks:
                if task.source is not None and not task.finished:
                    task.finish_source()
                    self.agenda.note(task)
        elif kind == wire.PING:
            self.transmit(wire.PONG, 0, 0, 0, b"")
        elif kind in (wire.CANCEL, wire.RELEASE):
            # Whoever waits for the end may know that it is not the call of a function that takes so long.
            self.transmit(wire.CLOSING, 0, 0, 0, b"")
            self._flush()
            self._release(in_order=kind == wire.RELEASE)
        elif kind == wire.TRIGGER_CHECKPOINT:
            asked = decode_control(body)
            for task in self.tasks:
                if task.id in asked["tasks"]:
                    task.request_checkpoint(asked["checkpoint"], asked["timestamp"], asked.get("kind", 0))
                    self.agenda.note(task)
        elif kind == wire.CHECKPOINT_COMPLETE:
            checkpoint = decode_control(body)["checkpoint"]
            for task in self.tasks:
                if not task.closed and not self.failed:
                    try:
                        task.notify_checkpoint_complete(checkpoint)
                        self.agenda.worked(task)
                    except ANYTHING as e:
                        self._fail(e, task)
        elif kind == wire.CHECKPOINT_ABORTED:
            checkpoint = decode_control(body)["checkpoint"]
            self.snapshots.abort(checkpoint)
            for task in self.tasks:
                task.store.aborted(checkpoint)
        else:
            raise IsthmusError(f"A worker is not sent frames of type {kind:#x}.", code="ISTHMUS_PROTOCOL")

    def _take_splits(self, message: dict[str, Any]) -> None:
        """Another subtask of a source says something."""
        for task in self.tasks:
            if task.id == message["task"] and task.source is not None and not task.finished:
                task.source.receive(message)
                self.agenda.note(task)
                self.agenda.plan(task)

    def send_splits(self, task: int, subtask: int, message: dict[str, Any]) -> None:
        self.transmit(wire.SPLITS, 0, subtask, 0, encode_control({"task": task, **message}))

    # Work.

    def run(self) -> bool:
        """Work for about a slice; returns whether there is more to do at once."""
        if self.failed or not self.tasks:
            return False
        clock, agenda = self.clock, self.agenda
        agenda.note_lookers(clock.monotonic())
        deadline = clock.monotonic() + SLICE_S  # W1
        for task in agenda.fast():  # W2
            if not self._step(task, deadline):
                return False
            # A source that is slow holds up no task that has its records already.
            if task.source is None and clock.monotonic() >= deadline:
                break
        else:
            # W4. One step of one of them: what it made, and what others can do, comes before the next.
            careful = agenda.next_careful()
            if careful is not None:
                self._flush()
                if not self._step(careful, deadline):
                    return False
        self.current = None
        self._fire_due()
        self.snapshots.step()
        if clock.monotonic() >= self._metrics_due:
            self.send_metrics()
        return not self.failed and (self.snapshots.busy or not agenda.is_empty)

    def _step(self, task: Subtask, deadline: float) -> bool:
        """Returns whether the slot goes on."""
        # What is due by now comes before records that arrived while another task kept the loop.
        self._fire_due()
        if self.failed:
            return False
        self.current = task
        self._untold = True
        try:
            task.step(deadline)
        except ANYTHING as e:
            self._fail(e, task)
            return False
        self.agenda.worked(task)
        return True

    def give_way(self, task: Subtask) -> None:
        """Called within a function of ``task``, whose outputs have no room (W6)."""
        if self._pump is None or self._giving_way is not None:
            return
        current, task.gives_way, self._giving_way = self.current, True, task
        try:
            if not self._pump(lambda: task.outputs_ready):
                raise Abandoned
        finally:
            task.gives_way, self._giving_way = False, None
            self.current = current

    def push(self) -> None:
        """Send what channels hold back: nobody comes by for a while."""
        for channel, sender in self.remote.items():
            if not sender.empty:
                sender.push()
                self.agenda.note(self.sending[channel])

    def _fire_due(self) -> None:
        # A record of this millisecond may still come: what ends with it waits until it is over (Flink does too).
        agenda = self.agenda
        first = agenda.due.first()
        if first is None or first > (now := self.clock.now_ms() - 1):
            return
        deadline = self.clock.monotonic() + SLICE_S
        for task in agenda.due_by(now):
            due = task.next_processing_time()
            if due is not None and due <= now:
                self.current = task
                try:
                    task.fire_processing_time(now, deadline)
                except ANYTHING as e:
                    self._fail(e, task)
                    return
            agenda.worked(task)
        self.current = None

    def wait_s(self) -> float | None:
        """Seconds the process may sleep if nothing arrives; None: for ever."""
        if self.failed or not self.tasks:
            return None
        due, look = self.agenda.due.first(), self.agenda.looks.first()
        waits = []
        if self._untold:
            waits.append(self._metrics_due - self.clock.monotonic())
        if due is not None:
            waits.append((due + 1 - self.clock.now_ms()) / 1000)
        if look is not None:
            waits.append(look - self.clock.monotonic())
        return max(0.0, min(waits)) if waits else None

    def wake(self, task: Subtask) -> None:
        """An operator or a source of a task has something to say; from any thread."""
        self._woken.add(task)
        self._wake()

    def woken(self) -> None:
        """Somebody called ``wake``: ask operators for results that came off the loop, and see what has been written."""
        self.snapshots.collect()
        while self._woken:
            task = self._woken.pop()
            if task.polls and not task.finished:
                task.request_poll()
            self.agenda.note(task)

    # Deployment.

    def _deploy(self, told: dict[str, Any]) -> None:
        self.released = False
        self._reset()
        self._attempt = told.get("attempt", 0)
        task_id: int | None = None
        if self._imported is None:
            self._imported = Imported()
        else:
            self._imported.look()
        try:
            deployment = checked(told, SlotDeployment, "DEPLOY")
            if self._deploying is not None:
                self._deploying(deployment)
            with loading():
                install_program(deployment["python"], self._blobs)
            folder = deployment.get("stateFolder")
            self._bridge.max_frame_bytes = self.max_frame_bytes
            storage: StateStorage = (
                self._bridge if folder is None else FileStorage(self.machine.files, folder)
            )
            self.snapshots = self._snapshots_in(storage, deployment["attempt"])
            load = FunctionLoader(self._blobs)  # type: ignore[arg-type]
            deepest = 0
            for built in wire_subtasks(self, deployment, load):
                self.tasks.append(built)
                self.agenda.add(built)
                deepest = max(deepest, len(built.operators))
            self._bridge.forget()
            leave_frames(deepest)
            self._imported.look()
        except ANYTHING as e:
            failing = getattr(e, "isthmus_task", None)
            self._fail(e, None, task_id if failing is None else failing)
            return
        self._answer(wire.DEPLOYED, {"tasks": [t.id for t in self.tasks]})

    def _answer(self, kind: int, body: dict[str, Any]) -> None:
        self.transmit(kind, 0, 0, 0, encode_control({"attempt": self._attempt, **body}))

    def task_notice(self, what: str, task: Subtask, *rest: Any) -> None:
        where = {"task": task.id, "subtask": task.subtask}
        if what == "drained":
            self._answer(wire.TASK_DRAINED, where)
        elif what == "finished":
            self._answer(wire.TASK_FINISHED, {**where, "metrics": metrics_of(task)})
        elif what == "snapshot":
            checkpoint, frozen = rest
            if frozen is None:
                self._answer_checkpoint(task, checkpoint, {"finished": True})
            else:
                self.snapshots.begin(task, frozen)

    def _answer_checkpoint(self, task: Subtask, checkpoint: int, answer: dict[str, Any]) -> None:
        body = {"checkpoint": checkpoint, "task": task.id, "subtask": task.subtask, **answer}
        self._answer(wire.SNAPSHOT, body)

    def _snapshots_in(self, storage: StateStorage, attempt: int) -> Snapshots:
        return Snapshots(
            answer=lambda task, checkpoint, answer: self._answer_checkpoint(
                task, checkpoint, {**answer, "attempt": attempt}
            ),
            storage=storage,
            attempt=attempt,
            elsewhere=self._elsewhere,
            monotonic=self.clock.monotonic,
        )

    def _send_state(self, number: int, is_last: bool, piece: bytes) -> None:
        self.transmit(wire.STATE, wire.FLAG_LAST if is_last else 0, number, 0, piece)

    def send_metrics(self) -> None:
        self._metrics_due = self.clock.monotonic() + _METRICS_EVERY_S
        self._untold = False
        if self.tasks:
            self._answer(wire.METRICS, {"tasks": [metrics_of(t) for t in self.tasks]})

    # Ends.

    def _fail(self, error: BaseException, task: Subtask | None, task_id: int | None = None) -> None:
        if forked.is_child():
            forked.end_child(error.cause if isinstance(error, OperatorFailure) else error)
        if self.failed or isinstance(getattr(error, "cause", error), Abandoned):
            return
        self.failed = True
        self.current = None
        body = failure_report(error, task, task_id)
        self.transmit(wire.FAILED, 0, 0, 0, encode_control(body))
        self._flush()  # W5
        self._close_all()

    def _close_all(self) -> None:
        self.snapshots.end()
        for task in self.tasks:
            task.stop_source()
        for task in self.tasks:
            try:
                task.close(in_order=False)
            except ANYTHING as e:  # W3: the first failure was reported, this one is its echo.
                tell_echo(e.cause if isinstance(e, OperatorFailure) else e)
        if self._closed is not None:
            self._closed()

    def _release(self, in_order: bool) -> None:
        self._close_all()
        told: dict[str, Any] = {"metrics": [metrics_of(t) for t in self.tasks]}
        if self._imported is not None:
            self._imported.look()
            told["imported"] = self._imported.files
        if self._lingering():
            told["lingering"] = True
        elif not in_order:
            # After a failure this process may serve the next attempt.
            told["threads"] = self._left_threads()
        self._reset()
        self._blobs = {}
        uninstall_program()
        forget_types()
        self.released = True
        self._answer(wire.RELEASED, told)
