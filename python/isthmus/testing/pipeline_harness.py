"""Drives a whole pipeline: what leaves it, and any operator of it, can be looked at. Twin of
``src/testing/pipeline-harness.ts``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from .._program.graph import Origin, Transformation
from .._program.kinds import KINDS
from .._settings.resolve import settings_of
from .._values.keep import Own, as_it_is, kept
from .._worker.runtime.operator import MIN_TIMESTAMP
from ..datastream.data_stream import DataStream
from .clock import ManualClock
from .harness import OneInputHarness
from .move_clock import move_clock
from .piece_of_program import PieceOfProgram, functions_of, key_of
from .stage import Reader, Stage, hand_on


class PipelineInput:
    """A stream that a test feeds."""

    def __init__(self, own: Own) -> None:
        #: Copies what the test may go on to change.
        self._own = own
        #: Who reads it; told by the harness.
        self.readers: list[Reader] = []

    def process(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records, one after the other, with one timestamp."""
        for value in values:
            hand_on(self._own(value), timestamp, self.readers, self._own)

    def process_timed(self, *records: tuple[Any, int]) -> None:
        """(record, timestamp) pairs."""
        for value, timestamp in records:
            hand_on(self._own(value), timestamp, self.readers, self._own)

    def watermark(self, timestamp: int) -> None:
        """Event time of this stream reaches ``timestamp``."""
        for reader in self.readers:
            reader.pass_on(timestamp)

    def idle(self, idle: bool) -> None:
        """This stream becomes idle, or active again."""
        for reader in self.readers:
            reader.pass_on(idle)

    def end(self) -> None:
        """This stream ends."""
        for reader in self.readers:
            reader.end()


class PipelineHarness:
    """Runs a whole pipeline of Python operators without a job, at parallelism 1.

    Records, watermarks and processing time go in by hand. Partitioners and declared types have nothing to do there.

    Args:
        build: From as many streams as it has parameters to a stream, or to nothing where its results go to
            ``to_output``.
        batch: BATCH execution instead of STREAMING.
        clock: The clock; one of its own at time 0 by default.
        config: Options, as ``{"pipeline.auto-watermark-interval": "50"}``.
        restore: What ``snapshot()`` of another harness of the pipeline gave.

    Raises:
        ValueError: A function of it is TypeScript.

    Example:
        >>> from isthmus.testing import PipelineHarness
        >>> def counts(lines):
        ...     words = lines.flat_map(str.split).map(lambda word: (word, 1))
        ...     return words.key_by(lambda pair: pair[0]).sum(1)
        >>> with PipelineHarness(counts) as harness:
        ...     harness.process("a b a")
        ...     harness.output
        [('a', 1), ('b', 1), ('a', 2)]
    """

    def __init__(
        self,
        build: Callable[..., Any],
        *,
        batch: bool = False,
        clock: ManualClock | None = None,
        config: Mapping[str, Any] | None = None,
        restore: list[Any] | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        own = self._own = as_it_is if settings_of(config or {}).object_reuse else kept
        #: The streams that the pipeline was made of, in order.
        self.inputs = [PipelineInput(own) for _ in inspect.signature(build).parameters]
        #: (value, timestamp) of what the stream that the pipeline gave back has emitted so far.
        self.records: list[tuple[Any, int]] = []
        self._outputs: dict[str, list[Any]] = {}
        self._stages: dict[Transformation, Stage] = {}
        self._options = {"batch": batch, "clock": self.clock, "config": config}
        piece = PieceOfProgram(build, len(self.inputs))
        self._sources = piece.sources
        for operator in piece.operators:
            self._add(operator, restore)
        if isinstance(piece.made, DataStream):
            result = _Sink(lambda value, timestamp: self.records.append((own(value), timestamp)))
            for origin in piece.made._origins:
                self._read(origin, result)

    # In.

    def process(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records of a pipeline with one input, one after the other, with one timestamp."""
        self._only.process(*values, timestamp=timestamp)

    def process_timed(self, *records: tuple[Any, int]) -> None:
        """(record, timestamp) pairs."""
        self._only.process_timed(*records)

    def watermark(self, timestamp: int) -> None:
        """Event time of all inputs reaches ``timestamp``."""
        for given in self.inputs:
            given.watermark(timestamp)

    def processing_time(self, now_ms: int) -> None:
        """The clock reaches ``now_ms``; what is due in between happens at its time."""
        move_clock(self.clock, list(self._stages.values()), now_ms)

    def wait(self, seconds: float = 5.0) -> None:
        """Wait until no async operator has a call under way."""
        for stage in self._stages.values():
            stage.wait(seconds)

    def end(self) -> None:
        """All inputs end: each operator sees the final watermark and finishes before those behind it do."""
        for given in self.inputs:
            given.end()

    # Out.

    @property
    def output(self) -> list[Any]:
        """The values that the stream which the pipeline gave back has emitted so far."""
        return [value for value, _ in self.records]

    def take(self) -> list[Any]:
        """As ``output``, and forget them."""
        values = self.output
        self.records.clear()
        return values

    def output_of(self, name: str) -> list[Any]:
        """The values that have reached ``to_output(name)``, or a ``print()`` of that name."""
        if name not in self._outputs:
            raise ValueError(f'The pipeline has no output "{name}"; it has {_listed(self._outputs)}.')
        return list(self._outputs[name])

    def operator(self, name: str) -> OneInputHarness:
        """An operator by its name or uid: its own output, side outputs, state and timers."""
        found = [stage for t, stage in self._stages.items() if name in (t.name, t.uid)]
        if len(found) != 1:
            names = _listed(t.name for t in self._stages)
            raise ValueError(
                f'The pipeline has {len(found)} operators "{name}"; its operators are {names}. '
                "Give the one meant a name()."
            )
        return found[0]

    def snapshot(self) -> list[Any]:
        """The state of all operators, for ``restore`` of another harness of the same pipeline."""
        return [stage.snapshot() for stage in self._stages.values()]

    def close(self) -> None:
        """Close the functions."""
        for stage in self._stages.values():
            stage.close()

    def __enter__(self) -> PipelineHarness:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _only(self) -> PipelineInput:
        if len(self.inputs) != 1:
            raise ValueError(
                f"The pipeline has {len(self.inputs)} inputs; say which: harness.inputs[0].process(…)."
            )
        return self.inputs[0]

    def _add(self, operator: Transformation, restore: list[Any] | None) -> None:
        origins = [origin for origin, _ in operator.inputs]
        kind = KINDS[operator.kind]
        if kind.prints or (kind.is_sink and kind.named):
            values = self._outputs.setdefault(operator.name, [])
            output = _Sink(lambda value, _: values.append(self._own(value)))
            for origin in origins:
                self._read(origin, output)
            return
        stage = Stage(
            functions_of(operator),
            [(which, key_of(origin)) for origin, which in operator.inputs],
            kind=operator.kind,
            params=operator.params,
            name=operator.name,
            restore=None if restore is None else restore[len(self._stages)],
            **self._options,
        )
        self._stages[operator] = stage
        for origin, reader in zip(origins, stage.inlets, strict=True):
            self._read(origin, reader)

    def _read(self, origin: Origin, reader: Reader) -> None:
        if origin.transformation in self._sources:
            self.inputs[self._sources.index(origin.transformation)].readers.append(reader)
        else:
            self._stages[origin.transformation].read_by(reader, origin.side_tag)


class _Sink:
    """Keeps records; time is nothing to it."""

    def __init__(self, keep: Callable[[Any, int], None]) -> None:
        self.take = keep

    def pass_on(self, control: int | bool) -> None:
        pass

    def end(self) -> None:
        pass


def _listed(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names) or "none"
