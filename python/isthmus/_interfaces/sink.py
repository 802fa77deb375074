"""The interface of sinks: what a connector brings. Twin of ``src/operators/sink.ts``; docs/connectors.md has an example.

Each subtask has a writer. At a barrier the writer *prepares*: what it has written becomes committables, and what it goes on
with becomes its state. Both are saved with the checkpoint; when that is complete the committer *commits*. So:

  K1. Nothing is to be seen of what is not committed: not of records that are only written, nor of those that are prepared.
  K2. ``commit`` may be called again with committables that have been committed, in this process or in another, by a subtask
      that has not prepared them: the second time does nothing. Each has an id of its own for that.
  K3. A writer made of restored states goes on where ``prepare`` gave them; what the writer before it wrote later is gone.
  K4. Committables of a checkpoint that is given up belong to the next one. Those of a checkpoint that was restored are
      committed before the first record (``commit_queue.py``).

A sink whose writer does not prepare is *plain*: ``flush`` is called at each barrier, and after a failure the records behind
the last checkpoint come again. That is at least once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, repeat
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from .connector_place import ConnectorPlace

T = TypeVar("T")


class SinkContext(ConnectorPlace, Protocol):
    """Where a writer or a committer runs."""

    @property
    def checkpointing(self) -> bool:
        """Whether the job takes checkpoints. Where it does not, all is prepared and committed once, at the end of input."""
        ...

    @property
    def timestamp(self) -> int:
        """Event time of the record at hand, in milliseconds; -2**63 where it has none."""
        ...

    @property
    def runtime(self) -> Any:
        """A ``RuntimeContext``: metrics, parameters of the job and state of the subtask."""
        ...

    def now(self) -> int:
        """Processing time: milliseconds since the epoch. A sink looks at no other clock, so that tests can set it."""
        ...

    def random(self) -> float:
        """From 0 to below 1. A sink draws from no other source of randomness."""
        ...

    def print(self, text: str, stderr: bool = False) -> None:
        """Whole lines on the stdout of the program, or its stderr."""
        ...


class Committable(NamedTuple):
    """What a writer has prepared.

    Args:
        id: The same whenever and wherever it is committed; no other has it.
        value: As ``prepare`` has given it.
    """

    id: str
    value: Any


class Prepared(NamedTuple):
    """What ``prepare`` gives: values that can be pickled.

    Args:
        committables: What was written since it was asked last.
        states: What a writer can go on with, such as an open file and its length. Each is given to one writer, whatever the
            parallelism (K3).
    """

    committables: Sequence[Any] = ()
    states: Sequence[Any] = ()


class SinkWriter(Generic[T]):
    """Writes the records of one subtask."""

    #: False where ``write`` keeps nothing of a record when it returns, so that it need not be copied.
    keeps: ClassVar[bool] = True

    def write(self, value: T) -> None:
        """Take a record."""
        raise NotImplementedError

    def write_all(self, values: Iterator[T]) -> Iterator[Any]:
        """Take records, as the iterator that this returns is advanced; what it gives goes to the program that started the
        job, where the sink's connector leads to it. By default ``write`` is called with each.
        """
        # Lazy and in C: every result is thrown away.
        return compress(map(self.write, values), repeat(False))

    def flush(self) -> None:
        """Of a plain sink: all that was written is to be out. Called at each barrier and at the end of input."""

    def prepare(self, checkpoint: int, sealed: bool) -> Prepared:
        """What was written since this was asked last, as committables. Nothing of it may be lost when the machine goes down.

        Args:
            checkpoint: The number of the checkpoint; 0 where the job takes none.
            sealed: No writer goes on with what is open (a savepoint, the end of input): there is to be no state.
        """
        raise NotImplementedError

    def wakes_at(self) -> int | None:
        """When (ms since the epoch) ``on_time`` is to be called next, if at all."""
        return None

    def on_time(self, now: int) -> None:
        """The time of ``wakes_at`` has come."""

    def let_out(self) -> None:
        """A function of the chain keeps the loop: show what is finished, if that is not to wait. From another thread."""

    def close(self) -> None:
        """Called once, also after a failure. What no ``prepare`` has given is to be dropped; what one has is not."""


class Committer:
    """Lets be seen what writers have prepared."""

    def commit(self, committables: Sequence[Committable]) -> None:
        """Let it be seen (K1, K2). Where this raises, all of them are committed again a little later, for as long as it takes."""
        raise NotImplementedError

    def abort(self, committables: Sequence[Committable]) -> None:
        """They are not to be seen, ever: the job has failed, and takes no checkpoints."""

    def close(self) -> None:
        """Called once, also after a failure."""


class Sink(Generic[T]):
    """A sink of a program: ``stream.sink_to(sink)``. It goes to the workers by pickle, and makes there what each subtask
    writes with.
    """

    def writer(self, context: SinkContext, restored: Sequence[Any]) -> SinkWriter[T]:
        """The writer of a subtask.

        Args:
            restored: What writers gave as their states, of this subtask or of others; empty at a first start.
        """
        raise NotImplementedError

    def committer(self, context: SinkContext) -> Committer | None:
        """What commits; None: the sink is plain."""
        return None


def is_plain(writer: SinkWriter[Any]) -> bool:
    """Whether a writer does not prepare."""
    return type(writer).prepare is SinkWriter.prepare
