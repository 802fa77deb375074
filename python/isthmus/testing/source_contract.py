"""What every source keeps to, whoever has made it. Twin of ``src/testing/source-contract.ts``.

S1. Every record comes once, at every parallelism.
S2. After a restart at any record, and at another parallelism, every record comes once.
S3. What is on its way between subtasks at a checkpoint is neither lost nor read twice.
S4. A reader answers within a second, also where it has nothing, and whoever stops it gets an end.
S5. Reader and enumerator are closed once, also behind a failure.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from .._interfaces.source import Batch, ConnectorContext, Source, SourceReader, Split, SplitEnumerator
from .source_harness import SourceHarness

#: S4
_ANSWERS_WITHIN_S = _ENDS_WITHIN_S = 1.0
_RESCALES = ((1, 3, 2), (2, 1, 3), (3, 2, 1))

Make = Callable[[Any], Source[Any]]


def check_source(
    source: Source[Any] | Make,
    records: Sequence[Any],
    *,
    identify: Callable[[Any], Any] = repr,
    cuts: int = 24,
) -> None:
    """Hold a source to its contract.

    Args:
        source: Gives the same records whenever it is opened.
        records: All of them, in any order.
        identify: A value that tells records apart.
        cuts: How many restarts of S2 are tried.

    Raises:
        AssertionError: Says what is broken.
    """
    check = _Check(source, records, identify)
    check.every_record_once()
    check.resumes(cuts)
    check.rescales()
    check.survives_on_the_way()
    check.stops()
    check.closes()


class _Check:
    def __init__(
        self, source: Source[Any] | Make, records: Sequence[Any], identify: Callable[[Any], Any]
    ) -> None:
        self._make: Make = (lambda _: source) if isinstance(source, Source) else source
        self._identify = identify
        self._expected = Counter(map(identify, records))
        self._count = len(records)
        #: A source that repeats itself must not do so for ever.
        self._enough = 2 * len(records) + 100

    def every_record_once(self) -> None:
        for parallelism in (1, 2, 3):
            self._same(self._turns((parallelism,)), f"at parallelism {parallelism}")  # S1

    def resumes(self, cuts: int) -> None:
        for cut in range(0, self._count + 1, max(1, self._count // cuts)):
            self._same(self._turns((1, 1), (cut,)), f"restarted behind record {cut}")

    def rescales(self) -> None:
        for parallelisms in _RESCALES:
            for shares in ((0.1, 0.3), (0.45, 0.2), (0.6, 0.39)):
                cuts = [int(self._count * share) for share in shares]
                over = " → ".join(map(str, parallelisms))
                self._same(
                    self._turns(parallelisms, cuts),
                    f"over {over}, cut behind {cuts[0]} and {cuts[1]} records",
                )

    def survives_on_the_way(self) -> None:
        """S3: each subtask is saved before or behind what was on its way to it."""
        for behind in range(4):
            with self._harness(3) as harness:
                harness.holds = True
                records = harness.read(self._enough, piece=1_000, quiet_s=0.05)
                saved = []
                for subtask in range(3):
                    if subtask == behind:
                        harness.deliver()
                    saved.append(harness.save_of(subtask))
            with self._harness(2, saved) as again:
                records += again.read(self._enough)
            when = f"arrives before subtask {behind} is saved" if behind < 3 else "never arrives"
            self._same(records, f"when what is said between subtasks {when}")

    def stops(self) -> None:
        with self._harness(2) as harness:
            harness.read(1)
            harness.finish()
            harness.read(self._enough, quiet_s=_ENDS_WITHIN_S)
            assert harness.is_over, "S4: the source has not ended a second after it was stopped."

    def closes(self) -> None:
        closed: list[str] = []
        harness = SourceHarness(lambda ctx: _Wrapped(self._make(ctx), closed), 2)
        harness.read(1)
        harness.close()
        harness.close()
        assert sorted(closed) == ["enumerator", "reader", "reader"], (  # S5
            f"S5: each is to be closed once: {closed}."
        )

    def _harness(self, parallelism: int, restore: Any = ()) -> SourceHarness:
        return SourceHarness(lambda ctx: _Wrapped(self._make(ctx), []), parallelism, restore)

    def _turns(self, parallelisms: Sequence[int], cuts: Sequence[int] = ()) -> list[Any]:
        records: list[Any] = []
        restore: Any = ()
        for turn, parallelism in enumerate(parallelisms):
            is_last = turn + 1 == len(parallelisms)
            with self._harness(parallelism, restore) as harness:
                records += harness.read(
                    self._enough if is_last else cuts[turn], piece=1_000 if is_last else 7
                )
                restore = harness.save()
        return records

    def _same(self, records: Sequence[Any], how: str) -> None:
        got = Counter(map(self._identify, records))
        missing, surplus = self._expected - got, got - self._expected
        assert not missing and not surplus, (
            f"S1–S3, {how}: {missing.total()} records were lost ({_some(missing)}) and {surplus.total()} came without "
            f"reason ({_some(surplus)})."
        )


def _some(records: Counter[Any]) -> str:
    few = ", ".join(str(each) for each in list(records)[:3])
    return few + (", …" if len(records) > 3 else "") if few else "none"


class _Wrapped(Source[Any]):
    """Looks at how long readers take, and at what is closed."""

    def __init__(self, source: Source[Any], closed: list[str]) -> None:
        self._source = source
        self._closed = closed
        self.replays = source.replays

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> SplitEnumerator:
        enumerator = self._source.enumerator(context, saved)
        _noted(enumerator, "enumerator", self._closed)
        return enumerator

    def reader(self, context: ConnectorContext) -> SourceReader[Any]:
        return _WrappedReader(self._source.reader(context), self._closed)


class _WrappedReader(SourceReader[Any]):
    def __init__(self, reader: SourceReader[Any], closed: list[str]) -> None:
        self._reader = reader
        _noted(reader, "reader", closed)
        for optional in ("finish", "stop"):
            if hasattr(reader, optional):
                setattr(self, optional, getattr(reader, optional))

    def add(self, split: Split) -> None:
        self._reader.add(split)

    def ready(self) -> bool:
        return self._reader.ready()

    def next(self) -> Batch[Any] | None:
        began = time.monotonic()
        batch = self._reader.next()
        took = time.monotonic() - began
        assert took < _ANSWERS_WITHIN_S, (
            f"S4: next() of the reader took {took:.1f} s; it holds up the worker."
        )
        return batch

    def close(self) -> None:
        self._reader.close()


def _noted(closing: Any, name: str, closed: list[str]) -> None:
    close = closing.close

    def noting() -> None:
        closed.append(name)
        close()

    closing.close = noting
