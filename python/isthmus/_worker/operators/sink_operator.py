"""Runs a sink (``_interfaces/sink.py``) in a chain. Twin of ``src/operators/sink-operator.ts``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain, groupby, islice
from typing import Any

from ..._bridge.frame import CHECKPOINT
from ..._interfaces.sink import Prepared, Sink, SinkWriter, is_plain
from ..._values.failure import safe_repr
from ..._values.isolate import ATOMS
from ..._values.keep import Own, as_it_is, keeper_of_inputs
from ...errors import GraphError
from ..runtime.operator import Operator, OperatorContext
from ..runtime.reach import SHARED
from ..runtime.runtime_context import runtime_context
from .commit_queue import CommitQueue

#: In place of a checkpoint, where the job takes none.
_NONE = 0


class SinkOperator(Operator):
    """Args:
    make: Gives the sink of the operator.
    """

    def __init__(self, make: Callable[[OperatorContext], Sink[Any]]) -> None:
        self._make = make
        self._writer: SinkWriter[Any] | None = None
        self.queue: CommitQueue | None = None
        self._own: Own = as_it_is
        self._finished = False

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        context = Context(ctx)
        sink = self._make(ctx)
        self._states = ctx.state.split_list("states of writers")
        committables = ctx.state.split_list("committables")
        committer = sink.committer(context)
        if committer is not None:
            self.queue = CommitQueue(ctx, committables, committer)
        elif committables:
            raise GraphError(
                f'Sink "{ctx.name}" has {len(committables)} committables of a checkpoint, and nothing to commit them with; '
                "go on with the sink that prepared them, or give this one a uid of its own."
            )
        writer = self._writer = self.works_by = sink.writer(context, list(self._states))
        self._write_all = writer.write_all
        self.is_plain = is_plain(writer)
        if self.queue is not None and self.is_plain:
            raise GraphError(
                f'Sink "{ctx.name}" has a committer, and its writer no method prepare, which says what is to be committed.'
            )
        # What the chain asks of an operator follows from its writer.
        self.functions = getattr(writer, "functions", (writer.write,))
        self.called_from_c = type(writer).write_all is SinkWriter.write_all
        self.closes_at_once = getattr(writer, "closes_at_once", False)
        self.hands_on = getattr(writer, "hands_on", False)
        self.changes_count = not self.hands_on
        self.uses_time = type(writer).wakes_at is not SinkWriter.wakes_at
        if writer.keeps:
            self._own = keeper_of_inputs(ctx)[0]
        self.asks_for_reach = self._own is not as_it_is
        # What goes to the caller waits in the runtime for the checkpoint that covers it.
        if ctx.checkpointing and ctx.subtask == 0 and self.is_plain and not self.hands_on:
            logging.getLogger("isthmus").info(
                'Sink "%s" is written at least once: records behind the last checkpoint come again after a failure.',
                ctx.name,
            )

    def reach_after(self, given: int) -> int:
        return given if self.hands_on else SHARED

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        own = self._own
        if own is as_it_is or self.ctx.reach != SHARED:
            return self._write_all(records)
        # A sink may keep what it is given, and the functions before it may go on to change what they gave. ``islice`` ends for
        # good where a function says StopIteration; ``groupby`` would ask again.
        runs = groupby(islice(records, None), type)
        return self._write_all(
            chain.from_iterable(run if kind in ATOMS else map(own, run) for kind, run in runs)
        )

    def next_processing_time(self) -> int | None:
        return None if self._writer is None else self._writer.wakes_at()

    def advance_processing_time(self, now: int) -> None:
        if self._writer is not None:
            self._writer.on_time(now)

    def let_out(self) -> None:
        if self._writer is not None:
            self._writer.let_out()

    def finish(self) -> None:
        self._finished = True
        if self.is_plain:
            self._flush()
        elif not self.ctx.checkpointing:  # Else the last checkpoint is behind the end.
            self._prepare(_NONE, True)
            if self.queue is not None:
                self.queue.commit_now()

    def before_barrier(self, checkpoint: int, of: int) -> None:
        if self.is_plain:
            self._flush()
        else:
            self._prepare(checkpoint, self._finished or of != CHECKPOINT)

    def notify_checkpoint_complete(self, checkpoint: int) -> int | None:
        return None if self.queue is None else self.queue.commit(checkpoint)

    def close(self) -> None:
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            if self.queue is not None:
                self.queue.close()

    def _flush(self) -> None:
        assert self._writer is not None
        self._writer.flush()

    def _prepare(self, checkpoint: int, sealed: bool) -> None:
        assert self._writer is not None
        prepared = self._writer.prepare(checkpoint, sealed)
        if not isinstance(prepared, Prepared):
            raise GraphError(
                f'prepare of sink "{self.ctx.name}" gives a Prepared(committables, states); it gave {safe_repr(prepared)}.'
            )
        self._states[:] = prepared.states
        if self.queue is not None:
            self.queue.add(checkpoint, prepared.committables)
        elif prepared.committables:
            raise GraphError(
                f'prepare of sink "{self.ctx.name}" gave {len(prepared.committables)} committables, and the sink has no '
                "committer."
            )


def own_sink(ctx: OperatorContext) -> Sink[Any]:
    """A sink of a program's own.

    Raises:
        GraphError: It is none.
    """
    sink = ctx.load("connector")
    if isinstance(sink, type):
        sink = sink()
    if not callable(getattr(sink, "writer", None)):
        raise GraphError(
            f'Sink "{ctx.name}" needs an isthmus.connectors.Sink, or a class of such; it was given a {type(sink).__name__}, '
            "which has no method writer."
        )
    return sink  # type: ignore[no-any-return]


class Context:
    """What a sink is told of where it runs."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self.operator_name = ctx.name
        self.job_name = ctx.job_name
        self.subtask = ctx.subtask
        self.parallelism = ctx.parallelism
        self.attempt = ctx.attempt
        self.checkpointing = ctx.checkpointing
        self.now = ctx.clock.now_ms
        self.random = ctx.machine.rng.random

    @property
    def timestamp(self) -> int:
        return self._ctx.cursor.timestamp

    @property
    def runtime(self) -> Any:
        return runtime_context(self._ctx)

    def print(self, text: str, stderr: bool = False) -> None:
        if self._ctx.program_output is not None:
            self._ctx.program_output(text, stderr)
