"""Snapshots of a slot's tasks on their way into storage, while the tasks go on.

N1. A checkpoint is answered when what the answer names is durable; what cannot be written is answered, too.
N2. State is encoded on the loop, in steps between other work. What waits for a disk is done elsewhere, in order.
N3. Of what is encoded and not written, at most ``_PENDING_BYTES`` wait.
N4. What is aborted, be it before its barrier has come, or whose job ends, leaves nothing behind and answers nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..._values.raised import ANYTHING
from ..._values.shown import safe_str
from ..state.chunks import Chunk
from ..state.frozen import Frozen
from ..state.storage.keeping import Keeping
from ..state.storage.storage import StateStorage, StateWriter, Stored, snapshot_name
from ..state.storage.subtask_state import state_to_data

if TYPE_CHECKING:
    from .subtask import Subtask

_PENDING_BYTES = 16 << 20
#: Aborted checkpoints whose barriers may still come: there is one under way at a time.
_LATE = 64
#: Seconds of encoding between two looks at other work.
_SLICE_S = 0.002

#: ``answer(task, checkpoint, what)``: ``what`` goes into SNAPSHOT.
Answer = Callable[["Subtask", int, dict[str, Any]], None]


class Elsewhere(Protocol):
    """Where work is done that waits. Who gave it is woken when some is done."""

    def run(self, work: Callable[[], None]) -> None:
        """After what was given before."""
        ...

    def settle(self) -> None:
        """Return when all that was given is done."""
        ...


class AtOnce:
    """No other place: for tests and simulations."""

    def run(self, work: Callable[[], None]) -> None:
        work()

    def settle(self) -> None:
        pass


class _Snapshot:
    """One on its way."""

    def __init__(self, task: Subtask, frozen: Frozen, writer: StateWriter) -> None:
        self.task = task
        self.checkpoint = frozen.checkpoint
        self.steps: Iterator[Chunk | None] = frozen.steps()
        self.writer = writer
        self.encoded = False
        self.over = False
        self.keeping = Keeping(
            task.subtask,
            task.parallelism,
            task.deployment["maxParallelism"],
            task.kept_operators,
            frozen.base,
        )


class Snapshots:
    def __init__(
        self,
        *,
        answer: Answer,
        storage: StateStorage,
        attempt: int,
        elsewhere: Elsewhere,
        monotonic: Callable[[], float],
    ) -> None:
        self._answer = answer
        self.storage = storage
        self._attempt = attempt
        self._elsewhere: Elsewhere = elsewhere if storage.waits else AtOnce()
        self._monotonic = monotonic
        self._going: deque[_Snapshot] = deque()
        self._pending = 0
        #: The barriers of the last ones may be on their way.
        self._aborted: deque[int] = deque(maxlen=_LATE)
        #: What came of work done elsewhere; appended to from there.
        self._done: deque[tuple[_Snapshot, Chunk | None, Stored | list[str] | BaseException]] = deque()

    def begin(self, task: Subtask, frozen: Frozen) -> None:
        if frozen.checkpoint in self._aborted:  # N4
            task.store.aborted(frozen.checkpoint)
            return
        name = snapshot_name(self._attempt, frozen.checkpoint, task.id, task.subtask)
        self._going.append(_Snapshot(task, frozen, self.storage.writer(name)))

    @property
    def busy(self) -> bool:
        """Whether there is something to encode now."""
        return self._pending < _PENDING_BYTES and any(not one.encoded for one in self._going)

    def step(self) -> None:
        """Encode for about a slice (N2)."""
        if not self._going:
            return
        self.collect()
        until = self._monotonic() + _SLICE_S
        while self._pending < _PENDING_BYTES and self._monotonic() < until:  # N3
            one = next((one for one in self._going if not one.encoded), None)
            if one is None:
                return
            try:
                chunk = next(one.steps, _END)
            except ANYTHING as e:
                self._failed(one, e)
                continue
            if chunk is _END:
                one.encoded = True
                self._do(one, None, one.writer.commit)
            elif chunk is not None:
                self._pending += len(chunk.data)
                self._do(one, chunk, partial(one.writer.add, chunk.data))

    def _do(self, one: _Snapshot, chunk: Chunk | None, work: Callable[[], Any]) -> None:
        def there() -> None:
            try:
                outcome = work()
            except ANYTHING as e:
                outcome = e
            self._done.append((one, chunk, outcome))

        self._elsewhere.run(there)
        self.collect()

    def collect(self) -> None:
        """Take what came of work done elsewhere."""
        while self._done:
            one, chunk, outcome = self._done.popleft()
            if chunk is not None:
                self._pending -= len(chunk.data)
            if one.over:
                continue
            if isinstance(outcome, BaseException):
                self._failed(one, outcome)
            elif chunk is not None:
                one.keeping.kept(chunk, outcome)  # type: ignore[arg-type]
            else:
                self._leave(one)
                state = state_to_data(one.keeping.state(outcome))  # type: ignore[arg-type]
                self._answer(one.task, one.checkpoint, {"state": state})  # N1

    def _failed(self, one: _Snapshot, error: BaseException) -> None:
        self._drop(one)
        where = f"{one.task.deployment['name']} (subtask {one.task.subtask + 1}/{one.task.parallelism})"
        reason = getattr(error, "strerror", None) or safe_str(error)
        told = f"The state of {where} could not be kept for checkpoint {one.checkpoint}: {reason}"
        self._answer(one.task, one.checkpoint, {"failed": told})

    def _leave(self, one: _Snapshot) -> None:
        one.over = True
        self._going.remove(one)

    def _drop(self, one: _Snapshot) -> None:
        self._leave(one)
        self._elsewhere.run(one.writer.discard)

    def abort(self, checkpoint: int) -> None:
        """N4, of one checkpoint."""
        self._aborted.append(checkpoint)
        for one in [one for one in self._going if one.checkpoint == checkpoint]:
            self._drop(one)

    def end(self) -> None:
        """N4, of all of them."""
        for one in [*self._going]:
            self._drop(one)
        self._elsewhere.settle()


_END: Any = object()
