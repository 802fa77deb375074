"""Results of a job, iterated by the program."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class CloseableIterator(Generic[T]):
    """Iterates records as they come; closing it early cancels the job."""

    def __init__(self, job: Any) -> None:
        self._job = job
        self._results: Iterator[T] = job.results()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._results)

    def next(self) -> T:
        return next(self._results)

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
