"""What every sink keeps to, tried on one of them. Twin of ``src/testing/sink-contract.ts``.

A sink is written, prepared, committed, thrown away or closed between any two steps and made again of what a checkpoint has of it,
at another parallelism, too. In the end a reader is to have every record: exactly once of a sink with two phases, at least
once of a plain one; and never one that was not committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from .._interfaces.sink import Committable, Committer, Prepared, Sink, SinkContext, SinkWriter, is_plain
from .harness import OneInputHarness


class SinkCase(NamedTuple):
    """A sink with an empty place to write to.

    Args:
        sink: It.
        read: What a reader of that place sees now, in any order; None: what the sink prints, or hands to the program.
        records: Some to write, each another: six at least.
        shown: A record as the reader sees it.
        again: Makes the sink on the same place again, as another process does. None: it is the same object after a failure, so
            that what it keeps in memory is not missed.
    """

    sink: Sink[Any]
    read: Callable[[], Iterable[Any]] | None = None
    records: Sequence[Any] = ("a", "b", "c", "d", "e", "f")
    shown: Callable[[Any], Any] = str
    again: Callable[[], Sink[Any]] | None = None


#: What a rule comes to in the fewest steps, and the rule. After ``crash`` and ``stop`` another process goes on from the last
#: checkpoint.
_RULES = (
    (
        "write, write, end, prepare, complete",
        "what is written, prepared and committed is to be seen, with what is open at the end of input (sealed)",
    ),
    (
        "write, prepare, complete, prepare, complete, end, prepare, complete",
        "what prepare has given once it is not to give again",
    ),
    (
        "write, prepare, write, prepare, end, prepare, complete",
        "what was prepared for a checkpoint that is given up is to be committed with the next one",
    ),
    (
        "write, prepare, crash, end, prepare, complete",
        "commit is to work in another process than the one that has prepared, and a writer is to go on with each of its states",
    ),
    (
        "write, prepare, write, crash, write, end, prepare, complete",
        "what a writer wrote behind the checkpoint that is gone on from is not to be seen twice",
    ),
    ("write, prepare, stop, end, prepare, complete", "close is not to drop what was prepared"),
    ("write, stop, write, end, prepare, complete", "close is not to show what was not prepared"),
    (
        "write, prepare, complete, crash, end, prepare, complete",
        "a commit that is repeated is to do nothing: the id of a committable says that it is done",
    ),
)

#: A job with its end: what is done, in order.
_SCRIPT = (
    *("write", "write", "prepare", "write", "complete", "write", "prepare"),
    *("complete", "write", "end", "prepare", "complete"),
)


def check_sink(fresh: Callable[[], SinkCase]) -> None:
    """Try a sink.

    Args:
        fresh: Makes a sink with a place of its own, each time another.

    Raises:
        AssertionError: It breaks a rule, which the message says.
    """
    plain = False
    for steps, rule in _RULES:
        run = _Run(fresh(), rule=rule)
        plain = run.plain
        for step in steps.split(", "):
            run.do(step)
        run.ends(steps)
    if not plain:
        _answers_are_lost(fresh())
        _without_checkpoints(fresh())
        _is_aborted(fresh())
    for stop in range(1, len(_SCRIPT) + 1):
        for sealed in (True, False):  # The checkpoint taken last is complete, or has been given up.
            for times in (1, 2):
                run = _Run(fresh())
                run.play(stop)
                for _ in range(times):
                    run.restore(sealed)
                run.play(len(_SCRIPT))
                run.ends(f"a crash after step {stop} ({_SCRIPT[stop - 1]}), {times} times")
    for widths in ((1, 3, 2), (3, 1, 2), (2, 2, 1)):
        run = _Run(fresh(), widths[0])
        for n, width in enumerate(widths):
            if n:
                run.restore(True, width)
            for step in ("write", "write", "prepare"):
                run.do(step)
        run.restore(True, 1)
        for step in ("end", "prepare", "complete"):
            run.do(step)
        run.ends(f"parallelism {widths}")


class _Run:
    """A job with one sink. What a crash loses is forgotten here, too: records are taken up again behind a checkpoint."""

    def __init__(self, case: SinkCase, parallelism: int = 1, rule: str = "") -> None:
        self._case = case
        self._rule = rule
        self._harnesses: list[OneInputHarness] = []
        #: Of processes that are gone. They are kept: what their buffers hold must get nowhere before the end.
        self._dead: list[OneInputHarness] = []
        self._steps: list[str] = []
        self._at = 0
        self._taken = 0
        self._checkpoint = 0
        #: Of the checkpoint that is complete, and of the one taken last: state, position in the script and in the records.
        self._complete: tuple[list[Any], int, int, bool] = ([], 0, 0, False)
        self._last = self._complete
        self._ended = False
        self._emitted: list[Any] = []
        self._failure: str | None = None
        self._open([], parallelism)

    @property
    def plain(self) -> bool:
        return self._harnesses[0].operator.is_plain  # type: ignore[attr-defined, no-any-return]

    def play(self, until: int) -> None:
        while self._at < until:
            self._at += 1
            self.do(_SCRIPT[self._at - 1])

    def do(self, step: str) -> None:
        self._steps.append(step)
        getattr(self, step)()
        self._look(step)

    def write(self) -> None:
        harness = self._harnesses[self._taken % len(self._harnesses)]
        harness.process(self._case.records[self._taken])
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

    def crash(self) -> None:
        self.restore(True)

    def stop(self) -> None:
        for harness in self._harnesses:
            harness.close()
        self._look("close")
        self.restore(True)

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

    def ends(self, after: str) -> None:
        wanted = self._shown(self._taken)
        seen = Counter(self._seen())
        missing, more = wanted - seen, seen - wanted
        if missing:
            self._broken(f"after {after}, a reader misses", missing)
        if more and not self.plain:
            self._broken(f"after {after}, a reader sees too often", more)
        for harness in self._harnesses:
            harness.close()
        now = Counter(self._seen())
        if now != seen:
            self._broken(f"after {after}, closing changes", (now - seen) + (seen - now))
        for harness in self._dead:
            harness.close()

    def _shown(self, count: int) -> Counter[Any]:
        return Counter(self._case.shown(record) for record in self._case.records[:count])

    def _seen(self) -> list[Any]:
        if self._case.read is not None:
            return list(self._case.read())
        # Without the number of a subtask that stands before its lines.
        now = [
            each
            for harness in self._harnesses
            for each in (*harness.output, *(line.rpartition("> ")[2] for line in harness.printed))
        ]
        return self._emitted + now

    def _open(self, saved: list[Any], parallelism: int) -> None:
        if self._case.read is None:
            self._emitted = self._seen()
        again = self._case.again if self._harnesses else None
        sink = self._case.sink if again is None else again()
        self._dead += self._harnesses
        self._harnesses = [
            OneInputHarness(
                _Watched(sink, self._failed, lambda: None),
                kind="sink",
                checkpointing=True,
                restore=saved,
                subtask=subtask,
                parallelism=parallelism,
            )
            for subtask in range(parallelism)
        ]

    def _failed(self, error: Exception) -> None:
        self._failure = f"commit failed after {', '.join(self._steps)}: {error!r}"

    def _look(self, step: str) -> None:
        """K1 of sink.py"""
        assert self._failure is None, f"The sink breaks a rule: {self._failure}"
        if self.plain:
            return
        committed = self._shown(self._complete[2])
        early = Counter(self._seen()) - committed
        if early:
            often = all(record in committed for record in early)
            what = "a reader sees too often" if often else "a reader sees what is not committed:"
            self._broken(f"after {step}, {what}", early)

    def _broken(self, what: str, records: Counter[Any]) -> NoReturn:
        _wrong(f"{self._rule}; {what}" if self._rule else what, records)


class _Watched(Sink[Any]):
    """The same sink, which tells what is wrong where it happens.

    Args:
        failed: Told what a commit raises.
        commits: Called before each commit.
        committed: Called behind each commit.
    """

    def __init__(
        self,
        sink: Sink[Any],
        failed: Callable[[Exception], None],
        commits: Callable[[], None],
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self._sink, self._failed, self._commits, self._committed = sink, failed, commits, committed

    def writer(self, context: SinkContext, restored: Sequence[Any]) -> SinkWriter[Any]:
        writer = self._sink.writer(context, restored)
        if not is_plain(writer):
            _prepares_well(writer)
        return writer

    def committer(self, context: SinkContext) -> Committer | None:
        committer = self._sink.committer(context)
        if committer is not None:
            commit = committer.commit

            def watched(committables: Sequence[Committable]) -> None:
                self._commits()
                try:
                    commit(committables)
                except Exception as e:
                    self._failed(e)
                    raise
                self._committed()

            committer.commit = watched  # type: ignore[method-assign]
        return committer


def _prepares_well(writer: SinkWriter[Any]) -> None:
    prepare = writer.prepare

    def watched(checkpoint: int, sealed: bool) -> Prepared:
        prepared = prepare(checkpoint, sealed)
        if sealed and isinstance(prepared, Prepared) and prepared.states:
            _wrong("prepare was told that no writer goes on (sealed), and gives states", prepared.states)
        return prepared

    writer.prepare = watched  # type: ignore[method-assign]


def _answers_are_lost(case: SinkCase) -> None:
    """K2 of sink.py: a commit whose answer is lost is repeated."""
    lost = 0

    def lose() -> None:
        nonlocal lost
        if lost < 2:
            lost += 1
            raise ConnectionError("the answer is lost")

    failures: list[Exception] = []
    sink = _Watched(case.sink, failures.append, lambda: None, lose)
    harness = OneInputHarness(sink, kind="sink", checkpointing=True)
    harness.process(*case.records)
    harness.end()
    harness.snapshot(1)
    harness.complete_checkpoint(1)
    harness.processing_time(harness.clock.now_ms() + 60_000)
    assert not failures, f"The sink breaks a rule: a commit that is repeated fails: {failures[0]!r}"
    assert lost == 2 and harness.due_at is None, "a commit that fails is not tried again until it succeeds"
    _same(
        "a commit that is repeated, as its answer was lost, is to do nothing: the id of a committable says that it is done; then",
        case,
        case.records,
    )
    harness.close()


def _without_checkpoints(case: SinkCase) -> None:
    _whole_job(case, case.records)
    _same("without checkpoints all is committed at the end of input; there", case, case.records)


def _is_aborted(case: SinkCase) -> None:
    """A job without checkpoints fails behind one that was well."""
    half = len(case.records) // 2
    _whole_job(case, case.records[:half])
    fails = False

    def fail() -> None:
        nonlocal fails
        fails = True
        raise ConnectionError("it cannot be reached")

    harness = OneInputHarness(_Watched(case.sink, lambda _: None, fail), kind="sink")
    harness.process(*case.records[half:])
    try:
        harness.end()
    except Exception:
        if not fails:
            raise
    harness.close()
    if fails:  # Else it shows what it writes as it goes, and has nothing to commit.
        rule = "abort is to take back what it is given, and nothing that was committed before; then"
        _same(rule, case, case.records[:half])


def _whole_job(case: SinkCase, records: Sequence[Any]) -> None:
    harness = OneInputHarness(case.sink, kind="sink")
    harness.process(*records)
    harness.end()
    harness.close()


def _same(rule: str, case: SinkCase, records: Sequence[Any]) -> None:
    assert case.read is not None, (
        "A sink with two phases is tried with what a reader sees: SinkCase(sink, read)."
    )
    seen, wanted = Counter(case.read()), Counter(map(case.shown, records))
    if wanted - seen:
        _wrong(f"{rule} a reader misses", wanted - seen)
    if seen - wanted:
        _wrong(f"{rule} a reader sees", seen)


def _wrong(rule: str, what: Counter[Any] | Sequence[Any]) -> NoReturn:
    records = list(what.elements()) if isinstance(what, Counter) else list(what)
    raise AssertionError(f"The sink breaks a rule: {rule} {records}.")
