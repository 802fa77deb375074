"""The interface of triggers; user programs subclass it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from ..functions.context import MetricGroup
    from ..state.descriptors import StateDescriptor

T = TypeVar("T")
W = TypeVar("W")


class TriggerResult(Enum):
    """What happens to a window: (fire, purge)."""

    CONTINUE = (False, False)
    FIRE_AND_PURGE = (True, True)
    FIRE = (True, False)
    PURGE = (False, True)

    def is_fire(self) -> bool:
        """The window function is called (if the window holds anything)."""
        return self.value[0]

    def is_purge(self) -> bool:
        """The window is emptied."""
        return self.value[1]


def checked_result(result: Any, method: str, trigger: Any) -> TriggerResult:
    """What a trigger said.

    Raises:
        TypeError: It said something else.
    """
    if isinstance(result, TriggerResult):
        return result
    raise TypeError(
        f"{method} of the trigger {type(trigger).__name__} returned {result!r}; it must return one of "
        "TriggerResult.CONTINUE, FIRE, PURGE and FIRE_AND_PURGE."
    )


class Trigger(ABC, Generic[T, W]):
    """Says when a window of a key is evaluated.

    A trigger is shared by all keys and windows: what it remembers goes into ``ctx.get_partitioned_state``.
    """

    class TriggerContext(ABC):
        """Timers and state of the key and window at hand."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The clock of the machine, in ms since the epoch."""

        @abstractmethod
        def get_metric_group(self) -> MetricGroup:
            """Makes metrics."""

        @abstractmethod
        def get_current_watermark(self) -> int:
            """Event time in ms."""

        @abstractmethod
        def register_processing_time_timer(self, time: int) -> None:
            """Ask for ``on_processing_time`` of this key and window when the clock reaches ``time``."""

        @abstractmethod
        def register_event_time_timer(self, time: int) -> None:
            """Ask for ``on_event_time`` of this key and window when the watermark reaches ``time``."""

        @abstractmethod
        def delete_processing_time_timer(self, time: int) -> None:
            """Forget it; nothing happens where there is none."""

        @abstractmethod
        def delete_event_time_timer(self, time: int) -> None:
            """Forget it; nothing happens where there is none."""

        @abstractmethod
        def get_partitioned_state(self, state_descriptor: StateDescriptor) -> Any:
            """State of this key and window."""

    class OnMergeContext(TriggerContext):
        """While windows merge."""

        @abstractmethod
        def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
            """Merge the state of the merged windows into that of the new one."""

    @abstractmethod
    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """A record was added."""

    @abstractmethod
    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """A processing-time timer of the trigger fired."""

    @abstractmethod
    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """An event-time timer of the trigger fired."""

    def can_merge(self) -> bool:
        """Whether it works with windows that merge (``on_merge`` then must)."""
        return False

    @abstractmethod
    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Windows have become ``window``."""

    @abstractmethod
    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """Remove timers and state of the window."""
