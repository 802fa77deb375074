"""What every sink keeps to, tried on one of them. Twin of ``src/testing/sink-contract.ts``.

A sink is written, prepared, committed, thrown away between any two steps and made again of what a checkpoint has of it, at
another parallelism, too. In the end a reader is to have every record: exactly once of a sink with two phases, at least
once of a plain one; and never one that was not committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .._interfaces.sink import Committable, Committer, Sink
from .harness import OneInputHarness


class SinkCase(NamedTuple):
    """A sink with an empty place to write to.

    Args:
        sink: It.
        read: What a reader of that place sees now, in any order; None: what the sink prints, or hands to the program.
        records: Some to write, each another.
        shown: A record as the reader sees it.
    """

    sink: Sink[Any]
    read: Callable[[], Iterable[Any]] | None = None
    records: Sequence[Any] = ("a", "b", "c", "d", "e", "f")
    shown: Callable[[Any], Any] = str


def check_sink(fresh: Callable[[], SinkCase]) -> None:
    """Try a sink.

    Args:
        fresh: Makes a sink with a place of its own, each time another.

    Raises:
        AssertionError: It breaks a rule, which the message says.
    """
    whole = _Run(fresh())
    whole.play(len(_SCRIPT))
    plain = whole.plain
    whole.ends("no failure", at_least=plain)
    for stop in range(1, len(_SCRIPT) + 1):
        for sealed in (True, False):  # The checkpoint taken last is complete, or has been given up.
            for times in (1, 2):
                run = _Run(fresh())
                run.play(stop)
                for _ in range(times):
                    run.restore(sealed)
                run.play(len(_SCRIPT))
                run.ends(f"a crash after step {stop} ({_SCRIPT[stop - 1][0]}), {times} times", at_least=plain)
    for widths in ((1, 3, 2), (3, 1, 2), (2, 2, 1)):
        run = _Run(fresh(), widths[0])
        for n, width in enumerate(widths):
            if n:
                run.restore(True, width)
            run.write()
            run.write()
            run.prepare()
        run.restore(True, 1)
        run.end()
        run.prepare()
        run.complete()
        run.ends(f"parallelism {widths}", at_least=plain)
    if not plain:
        _answers_are_lost(fresh())
        _checkpoints_are_given_up(fresh())
        _without_checkpoints(fresh())


#: A job with its end: what is done, in order.
_SCRIPT: tuple[tuple[str], ...] = (
    *(("write",), ("write",), ("prepare",), ("write",), ("complete",), ("write",), ("prepare",)),
    *(("complete",), ("write",), ("end",), ("prepare",), ("complete",)),
)


class _Run:
    """A job with one sink. What a crash loses is forgotten here, too: records are taken up again behind a checkpoint."""

    def __init__(self, case: SinkCase, parallelism: int = 1) -> None:
        self.case = case
        self._harnesses: list[OneInputHarness] = []
        #: Of processes that are gone. They are kept: what their buffers hold must get nowhere before the end.
        self._dead: list[OneInputHarness] = []
        self._at = 0
        self._taken = 0
        self._checkpoint = 0
        #: Of the checkpoint that is complete, and of the one taken last: state, position in the script and in the records.
        self._complete: tuple[list[Any], int, int, bool] = ([], 0, 0, False)
        self._last = self._complete
        self._ended = False
        self._emitted: list[Any] = []
        self._open([], parallelism)

    @property
    def plain(self) -> bool:
        return self._harnesses[0].operator.is_plain  # type: ignore[attr-defined, no-any-return]

    def play(self, until: int) -> None:
        while self._at < until:
            (step,) = _SCRIPT[self._at]
            self._at += 1
            getattr(self, step)()
            self._look(step)

    def write(self) -> None:
        harness = self._harnesses[self._taken % len(self._harnesses)]
        harness.process(self.case.records[self._taken])
        self._taken += 1

    def prepare(self) -> None:
        self._checkpoint += 1
        saved = [harness.snapshot(self._checkpoint) for harness in self._harnesses]
        self._last = (saved, self._at, self._taken, self._ended)

    def complete(self) -> None:
        self._complete = self._last
        for harness in self._harnesses:
            harness.complete_checkpoint(self._checkpoint)

    def end(self) -> None:
        self._ended = True
        for harness in self._harnesses:
            harness.end()

    def restore(self, sealed: bool, parallelism: int = 1) -> None:
        """The process is gone; another one goes on from a checkpoint."""
        if sealed:
            self._complete = self._last
        self._last = self._complete
        saved, self._at, self._taken, self._ended = self._complete
        self._open(saved, parallelism)
        if self._ended:
            for harness in self._harnesses:
                harness.end()
        self._look("restore")

    def ends(self, after: str, *, at_least: bool) -> None:
        wanted = Counter(self.case.shown(record) for record in self.case.records[: self._taken])
        seen = Counter(self.seen())
        missing, more = wanted - seen, seen - wanted
        assert not missing, f"after {after}, a reader misses {list(missing)}"
        assert at_least or not more, f"after {after}, a reader sees too often {list(more.elements())}"
        for harness in self._harnesses:
            harness.close()
        assert Counter(self.seen()) == seen, f"after {after}, closing changes what a reader sees"
        for harness in self._dead:
            harness.close()

    def seen(self) -> list[Any]:
        if self.case.read is not None:
            return list(self.case.read())
        # Without the number of a subtask that stands before its lines.
        now = [
            each
            for harness in self._harnesses
            for each in (*harness.output, *(line.rpartition("> ")[2] for line in harness.printed))
        ]
        return self._emitted + now

    def _open(self, saved: list[Any], parallelism: int) -> None:
        if self.case.read is None:
            self._emitted = self.seen()
        self._dead += self._harnesses
        self._harnesses = [
            OneInputHarness(
                self.case.sink,
                kind="sink",
                checkpointing=True,
                restore=saved,
                subtask=subtask,
                parallelism=parallelism,
            )
            for subtask in range(parallelism)
        ]

    def _look(self, step: str) -> None:
        """K1 of sink.py"""
        if self.plain:
            return
        committed = Counter(self.case.shown(record) for record in self.case.records[: self._complete[2]])
        early = Counter(self.seen()) - committed
        assert not early, f"after {step}, a reader sees what is not committed: {list(early.elements())}"


class _LosesAnswers(Committer):
    def __init__(self, inner: Committer) -> None:
        self.inner, self.lost = inner, 0

    def commit(self, committables: Sequence[Committable]) -> None:
        self.inner.commit(committables)
        if self.lost < 2:
            self.lost += 1
            raise ConnectionError("the answer is lost")


def _answers_are_lost(case: SinkCase) -> None:
    """K2 of sink.py: a commit whose answer is lost is repeated."""
    harness = OneInputHarness(case.sink, kind="sink", checkpointing=True)
    queue = harness.operator.queue  # type: ignore[attr-defined]
    queue.committer = loses = _LosesAnswers(queue.committer)
    harness.process(*case.records)
    harness.end()
    harness.snapshot(1)
    harness.complete_checkpoint(1)
    harness.processing_time(harness.clock.now_ms() + 60_000)
    assert loses.lost == 2 and harness.due_at is None, (
        "a commit that fails is not tried again until it succeeds"
    )
    assert case.read is not None
    seen, wanted = Counter(case.read()), Counter(map(case.shown, case.records))
    assert seen == wanted, f"after a commit was repeated, a reader sees {list(seen.elements())}"
    harness.close()


def _checkpoints_are_given_up(case: SinkCase) -> None:
    """K4 of sink.py"""
    run = _Run(case)
    run.write()
    run.prepare()
    run.write()
    run.prepare()
    run.end()
    run.prepare()
    run.complete()
    run.ends("two checkpoints that were given up", at_least=False)


def _without_checkpoints(case: SinkCase) -> None:
    harness = OneInputHarness(case.sink, kind="sink")
    harness.process(*case.records)
    harness.end()
    harness.close()
    assert case.read is not None
    seen, wanted = Counter(case.read()), Counter(map(case.shown, case.records))
    assert seen == wanted, f"without checkpoints, a reader sees {list(seen.elements())}"
