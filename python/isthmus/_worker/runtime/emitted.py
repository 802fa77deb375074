"""What an operator emits without a record of its input: of timers, of windows, at the end."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from types import GeneratorType
from typing import Any


class Emitted:
    """Results on their way through the rest of a chain, of which none may get lost.

    A StopIteration of a function behind it would end the chain in front of it, in silence (``Feed``
    sees the same for records of the input).
    """

    __slots__ = ("behind", "iterator")

    def __init__(self, results: Iterable[Any], behind: int) -> None:
        #: Place of the operator behind it.
        self.behind = behind
        #: A generator, which knows whether it has come to its end.
        self.iterator: Generator[Any, None, None] = (
            results if type(results) is GeneratorType else (result for result in results)
        )

    @property
    def drained(self) -> bool:
        return self.iterator.gi_frame is None  # type: ignore[attr-defined]
