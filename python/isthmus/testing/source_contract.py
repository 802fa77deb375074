"""What every source keeps to, whoever has made it. Twin of ``src/testing/source-contract.ts``.

S1. Every record comes once, at every parallelism.
S2. After a restart at any record, and at another parallelism, every record comes once.
S3. What is on its way between subtasks at a checkpoint is neither lost nor read twice.
S4. A reader answers within a second, also where it has nothing, and whoever stops it gets an end.
S5. Reader and enumerator are closed once, also behind a failure.
S6. A source that says that it is bounded comes to its end.
S7. Splits have an id each and are plain data; marks are behind the records of their batch.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .._interfaces.source import Batch, ConnectorContext, Source, SourceReader, Split, SplitEnumerator
from .source_harness import SourceHarness

#: S4, S6
_ANSWERS_WITHIN_S = _ENDS_WITHIN_S = 1.0
_STUCK = " Nothing more came, and the source had not ended: a further split is given when the last batch of one says that it ends."
#: How long one without end is watched for records that it should not give.
_WATCHED_S = 0.05
_RESCALES = ((1, 3, 2), (2, 1, 3), (3, 2, 1))

Make = Callable[[Any], Source[Any]]


def check_source(
    source: Source[Any] | Make,
    records: Sequence[Any],
    *,
    identify: Callable[[Any], Any] = repr,
    cuts: int = 24,
    patience_s: float = 10.0,
) -> None:
    """Hold a source to its contract.

    Args:
        source: Gives the same records whenever it is opened.
        records: All of them, in any order.
        identify: A value that tells records apart.
        cuts: How many restarts of S2 are tried.
        patience_s: For how long nothing may come before records count as lost.

    Raises:
        AssertionError: Says what is broken.
    """
    check = _Check(source, records, identify, patience_s)
    check.every_record_once()
    check.resumes(cuts)
    check.rescales()
    check.survives_on_the_way()
    check.stops()
    check.closes()


class _Check:
    def __init__(
        self,
        source: Source[Any] | Make,
        records: Sequence[Any],
        identify: Callable[[Any], Any],
        patience_s: float,
    ) -> None:
        self._patience_s = patience_s
        self._is_bounded = False
        #: Whether it has stopped before its end.
        self._is_stuck = False
        self._make: Make = (lambda _: source) if isinstance(source, Source) else source
        self._identify = identify
        self._expected = Counter(map(identify, records))
        self._count = len(records)
        #: A source that repeats itself must not do so for ever.
        self._enough = 2 * len(records) + 100

    def every_record_once(self) -> None:
        for parallelism in (1, 2, 3):
            self._same(self._turns((parallelism,)), f"S1, at parallelism {parallelism}")  # S1

    def resumes(self, cuts: int) -> None:
        for cut in range(0, self._count + 1, max(1, self._count // cuts)):
            self._same(self._turns((1, 1), (cut,)), f"S2, restarted behind record {cut}")

    def rescales(self) -> None:
        for parallelisms in _RESCALES:
            for shares in ((0.1, 0.3), (0.45, 0.2), (0.6, 0.39)):
                cuts = [int(self._count * share) for share in shares]
                over = " → ".join(map(str, parallelisms))
                self._same(
                    self._turns(parallelisms, cuts),
                    f"S2, over {over}, cut behind {cuts[0]} and {cuts[1]} records",
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
                records += self._rest(again, len(records))
            when = f"arrives before subtask {behind} is saved" if behind < 3 else "never arrives"
            self._same(records, f"S3, when what is said between subtasks {when}")

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
        def make(ctx: Any) -> Source[Any]:
            source = self._make(ctx)
            self._is_bounded = source.bounded
            return _Wrapped(source, [])

        return SourceHarness(make, parallelism, restore)

    def _turns(self, parallelisms: Sequence[int], cuts: Sequence[int] = ()) -> list[Any]:
        records: list[Any] = []
        restore: Any = ()
        for turn, parallelism in enumerate(parallelisms):
            with self._harness(parallelism, restore) as harness:
                if turn < len(cuts):
                    records += harness.read(cuts[turn], piece=7, quiet_s=self._patience_s)
                else:
                    records += self._rest(harness, len(records))
                restore = harness.save()
        return records

    def _rest(self, harness: SourceHarness, before: int) -> list[Any]:
        """What is still to come behind ``before`` records, and what is not."""
        left = max(0, self._count - before)
        records = harness.read(left, piece=1_000, quiet_s=self._patience_s)
        self._is_stuck = not harness.is_over and len(records) < left
        is_bounded = self._is_bounded and len(records) == left
        quiet_s = _ENDS_WITHIN_S if is_bounded else _WATCHED_S
        records += harness.read(self._enough, piece=1_000, quiet_s=quiet_s)
        assert not is_bounded or harness.is_over or len(records) > left, (
            f"S6: the source says that it is bounded, and has not ended {_ENDS_WITHIN_S:g} s behind its last record; the last "
            "batch of a split says that it ends."
        )
        return records

    def _same(self, records: Sequence[Any], how: str) -> None:
        got = Counter(map(self._identify, records))
        missing, surplus = self._expected - got, got - self._expected
        assert not missing and not surplus, (
            f"{how}: {missing.total()} records were lost ({_some(missing)}) and {surplus.total()} came without "
            f"reason ({_some(surplus)}).{_STUCK if self._is_stuck else ''}"
        )


def _some(records: Counter[Any]) -> str:
    few = ", ".join(str(each) for each in list(records)[:3])
    return few + (", …" if len(records) > 3 else "") if few else "none"


class _Wrapped(Source[Any]):
    """Looks at what is wrong by itself (S4, S7), and at what is closed."""

    def __init__(self, source: Source[Any], closed: list[str]) -> None:
        self._source = source
        self._closed = closed
        self.replays = source.replays

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> SplitEnumerator:
        enumerator = self._source.enumerator(context, saved)
        discover, snapshot = enumerator.discover, enumerator.snapshot
        enumerator.discover = lambda is_first: _well_found(discover(is_first))  # type: ignore[method-assign]
        enumerator.snapshot = lambda: _well_saved(snapshot())  # type: ignore[method-assign]
        _noted(enumerator, "enumerator", self._closed)
        return enumerator

    def reader(self, context: ConnectorContext) -> SourceReader[Any]:
        return _WrappedReader(self._source.reader(context), self._closed)


def _well_found(found: Iterable[Split]) -> list[Split]:
    """S7"""
    splits = list(found)
    known: dict[str, Any] = {}
    for split in splits:
        assert _is_plain(split.of), (
            f"S7: the split {split.id!r} is of {split.of!r}, which is no plain data: it is saved with a checkpoint."
        )
        other = known.setdefault(split.id, split.of)
        assert other == split.of, (
            f"S7: discover gives the id {split.id!r} to two splits, {other!r} and {split.of!r}; the second would be passed over "
            "as known."
        )
    return splits


def _well_saved(state: Any) -> Any:
    assert _is_plain(state), f"S7: snapshot of the enumerator is no plain data: {state!r}."
    return state


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(type(name) is str and _is_plain(each) for name, each in value.items())
    return value is None or type(value) in (bool, int, float, str)


class _WrappedReader(SourceReader[Any]):
    def __init__(self, reader: SourceReader[Any], closed: list[str]) -> None:
        self._reader = reader
        self._marks: dict[str, Any] = {}
        _noted(reader, "reader", closed)
        for optional in ("finish", "stop"):
            if hasattr(reader, optional):
                setattr(self, optional, getattr(reader, optional))

    def add(self, split: Split) -> None:
        self._marks[split.id] = split.offset
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
        if batch is not None:
            self._look_at(batch)
        return batch

    def _look_at(self, batch: Batch[Any]) -> None:
        """S7"""
        assert isinstance(batch, Batch), f"S7: next() of the reader gives a Batch or None; it gave {batch!r}."
        values, times, mark = batch.values, batch.timestamps, batch.next
        assert isinstance(values, list), f"S7: a batch has its records in a list; it has {values!r}."
        assert times is None or len(times) == len(values), (
            f"S7: a batch of {len(values)} records has {len(times or ())} timestamps; it has one for each, or none."
        )
        if mark is None:
            return
        assert isinstance(mark, (int, float, str)), (
            f"S7: a mark is a number or a text; next of a batch is {mark!r}."
        )
        assert not values or self._marks.get(batch.split) != mark, (
            f"S7: next of a batch of {len(values)} records is {mark!r}, where the batch begins; it is to be the mark behind its "
            "last record, and reading is to begin at the offset of the split that was added."
        )
        self._marks[batch.split] = mark

    def close(self) -> None:
        self._reader.close()


def _noted(closing: Any, name: str, closed: list[str]) -> None:
    close = closing.close

    def noting() -> None:
        closed.append(name)
        close()

    closing.close = noting
