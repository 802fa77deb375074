"""Functions called with the content of a window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .context import Function, KeyedStateStore

if TYPE_CHECKING:
    from ..output_tag import OutputTag

IN = TypeVar("IN")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")
W = TypeVar("W")
W2 = TypeVar("W2")


class WindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Called with a key, a window and its records."""

    @abstractmethod
    def apply(self, key: KEY, window: W, inputs: Iterable[IN], /) -> Iterable[OUT]:
        """The results for a window of a key; None: there are none."""


class AllWindowFunction(Function, Generic[IN, OUT, W]):
    """Called with a window over a whole stream and its records."""

    @abstractmethod
    def apply(self, window: W, inputs: Iterable[IN], /) -> Iterable[OUT]:
        """The results for a window; None: there are none."""


class _WindowContext(ABC, Generic[W2]):
    """The window's surroundings."""

    @abstractmethod
    def window(self) -> W2:
        """The window that is evaluated."""

    @abstractmethod
    def current_processing_time(self) -> int:
        """The clock of the machine, in ms since the epoch."""

    @abstractmethod
    def current_watermark(self) -> int:
        """Event time in ms."""

    @abstractmethod
    def window_state(self) -> KeyedStateStore:
        """State of this key and this window; not with windows that merge. Clear it in ``clear``."""

    @abstractmethod
    def global_state(self) -> KeyedStateStore:
        """State of this key, shared by all its windows."""


class ProcessWindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Called with a key, the window's context and its records."""

    class Context(_WindowContext[W2]):
        """The window's surroundings."""

    @abstractmethod
    def process(
        self, key: KEY, context: ProcessWindowFunction.Context[W], elements: Iterable[IN], /
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """``elements`` is a list: it can be gone through again."""

    def clear(self, context: ProcessWindowFunction.Context[W], /) -> None:
        """The window is over: clear what was put into ``window_state``."""


class ProcessAllWindowFunction(Function, Generic[IN, OUT, W]):
    """Called with the context of a window over a whole stream and its records."""

    class Context(_WindowContext[W2]):
        """The window's surroundings."""

    @abstractmethod
    def process(
        self, context: ProcessAllWindowFunction.Context[W], elements: Iterable[IN], /
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """The results for a window; None: there are none."""

    def clear(self, context: ProcessAllWindowFunction.Context[W], /) -> None:
        """The window is over: clear what was put into ``window_state``."""
