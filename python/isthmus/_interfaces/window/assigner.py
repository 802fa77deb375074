"""The interfaces of window assigners; user programs subclass them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from ..functions.context import RuntimeContext
    from .trigger import Trigger

T = TypeVar("T")
W = TypeVar("W")


class WindowAssigner(ABC, Generic[T, W]):
    """Says which windows a record belongs to."""

    class WindowAssignerContext(ABC):
        """What an assigner may ask."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The clock of the machine, in ms since the epoch."""

        @abstractmethod
        def get_runtime_context(self) -> RuntimeContext:
            """Gives state per key, as count windows use."""

    @abstractmethod
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[W]:
        """The windows that a record goes into."""

    @abstractmethod
    def get_default_trigger(self, env: Any) -> Trigger[T, W]:
        """The trigger of windows for which no other is said."""

    @abstractmethod
    def get_window_serializer(self) -> Any:
        """Asked by PyFlink only."""

    @abstractmethod
    def is_event_time(self) -> bool:
        """Whether the windows go by event time; by the clock otherwise."""


class MergingWindowAssigner(WindowAssigner[T, W]):
    """An assigner whose windows can merge, as sessions do."""

    class MergeCallback(ABC):
        """Told which windows merge."""

        @abstractmethod
        def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
            """These windows are to become ``merge_result``."""

    @abstractmethod
    def merge_windows(self, windows: Iterable[W], callback: MergingWindowAssigner.MergeCallback) -> None:
        """Call ``callback.merge`` for every group of windows that becomes one."""


class SessionWindowTimeGapExtractor(ABC):
    """Gives the session gap of a record."""

    @abstractmethod
    def extract(self, element: Any) -> int:
        """Milliseconds, more than 0."""
