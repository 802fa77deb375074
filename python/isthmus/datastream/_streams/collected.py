"""Results of a job, iterated by the program."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from ..._driver.results import Results

T = TypeVar("T")


class CloseableIterator(Results, Generic[T]):
    """Iterates records as they come; closing it early, from whatever thread, cancels the job."""

    def __iter__(self) -> Iterator[T]:
        return self

    if TYPE_CHECKING:

        def __next__(self) -> T: ...

    def next(self) -> T:
        """The next record; StopIteration at the end."""
        return next(self)

    def __enter__(self) -> CloseableIterator[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()
