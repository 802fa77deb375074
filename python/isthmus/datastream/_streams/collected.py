"""Results of a job, iterated by the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class CloseableIterator(Generic[T]):
    """Iterates records as they come; closing it early cancels the job."""

    def __init__(self, job: Any, convert: Callable[[Any], Any] | None = None) -> None:
        self._job = job
        self._results: Iterator[T] = job.results()
        self._convert = convert

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            record = next(self._results)
        except StopIteration:
            raise StopIteration("No more data.") from None
        return record if self._convert is None else self._convert(record)

    def next(self) -> T:
        return next(self)

    def __enter__(self) -> CloseableIterator[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._results.close()  # type: ignore[attr-defined]
        # Nothing has been read: the generator above has not begun, so it did not end the job.
        self._job.stop("its results are not read")
