"""Process functions of a stream and a broadcast stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..time_domain import TimeDomain
from ..timerservice import TimerService
from .context import Function
from .process import Emitted

if TYPE_CHECKING:
    from ..state.descriptors import MapStateDescriptor
    from ..state.interfaces import BroadcastState, ReadOnlyBroadcastState

IN1 = TypeVar("IN1")
IN2 = TypeVar("IN2")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")


class BaseBroadcastProcessFunction(Function, Generic[IN1, IN2, OUT]):
    """What keyed and non-keyed broadcast process functions have in common."""

    class _BaseContext(ABC):
        @abstractmethod
        def timestamp(self) -> int:
            """The record's timestamp in ms; -2^63 where none was assigned."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """The clock of the machine, in ms since the epoch."""

        @abstractmethod
        def current_watermark(self) -> int:
            """Event time in ms; -2^63 before the first watermark."""

    class Context(_BaseContext):
        """On the broadcast side: broadcast state can be changed."""

        @abstractmethod
        def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
            """The map of a descriptor that ``broadcast`` was given."""

    class ReadOnlyContext(_BaseContext):
        """On the other side: broadcast state can be read."""

        @abstractmethod
        def get_broadcast_state(
            self, state_descriptor: MapStateDescriptor
        ) -> ReadOnlyBroadcastState[Any, Any]:
            """The map of a descriptor that ``broadcast`` was given, to be read."""


class BroadcastProcessFunction(BaseBroadcastProcessFunction[IN1, IN2, OUT]):
    """A stream beside a broadcast one, which every subtask receives whole."""

    @abstractmethod
    def process_element(self, value: IN1, ctx: BroadcastProcessFunction.ReadOnlyContext, /) -> Emitted[OUT]:
        """A record of the stream: a generator, or returns an iterable or None. Broadcast state can be read."""

    @abstractmethod
    def process_broadcast_element(self, value: IN2, ctx: BroadcastProcessFunction.Context, /) -> Emitted[OUT]:
        """A broadcast record: as ``process_element``. Broadcast state can be changed; each subtask is to do the
        same with it.
        """


class KeyedBroadcastProcessFunction(BaseBroadcastProcessFunction[IN1, IN2, OUT], Generic[KEY, IN1, IN2, OUT]):
    """A keyed stream with state and timers, beside a broadcast one."""

    class Context(BaseBroadcastProcessFunction.Context):
        """On the broadcast side, which has no key."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext):
        """On the keyed side."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Time, and timers of the key at hand."""

        @abstractmethod
        def get_current_key(self) -> Any:
            """The key of the record or timer at hand."""

    class OnTimerContext(ReadOnlyContext):
        """When a timer fires."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Which clock the timer followed."""

    @abstractmethod
    def process_element(
        self, value: IN1, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext, /
    ) -> Emitted[OUT]:
        """A record of the keyed stream: a generator, or returns an iterable or None. Broadcast state can be read."""

    @abstractmethod
    def process_broadcast_element(
        self, value: IN2, ctx: KeyedBroadcastProcessFunction.Context, /
    ) -> Emitted[OUT]:
        """A broadcast record: as ``process_element``. Broadcast state can be changed; each subtask is to do the
        same with it.
        """

    def on_timer(self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext, /) -> Emitted[OUT]:
        """Called when a timer of a key fires."""
        return None
