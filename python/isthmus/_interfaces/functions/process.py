"""Process functions: records, timers, state and side outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..time_domain import TimeDomain
from ..timerservice import TimerService
from .context import Function

if TYPE_CHECKING:
    from typing import TypeAlias

    from ..output_tag import OutputTag

IN = TypeVar("IN")
IN1 = TypeVar("IN1")
IN2 = TypeVar("IN2")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")

#: Results, and pairs of a tag and a value for side outputs.
Emitted: TypeAlias = "Iterable[OUT | tuple[OutputTag[Any], Any]] | None"


class _Context(ABC):
    @abstractmethod
    def timer_service(self) -> TimerService:
        """Time, and timers where the stream is keyed."""

    @abstractmethod
    def timestamp(self) -> int:
        """The record's (or timer's) timestamp in ms; -2^63 where none was assigned."""


class _KeyedContext(_Context):
    @abstractmethod
    def get_current_key(self) -> Any:
        """The key of the record or timer at hand."""


class _OnTimerContext(_KeyedContext):
    @abstractmethod
    def time_domain(self) -> TimeDomain:
        """Which clock the timer followed."""


class ProcessFunction(Function, Generic[IN, OUT]):
    """Any number of results for a record; ``yield tag, value`` goes to a side output."""

    class Context(_Context):
        """The record's surroundings."""

    @abstractmethod
    def process_element(self, value: IN, ctx: ProcessFunction.Context, /) -> Emitted[OUT]:
        """A generator, or returns an iterable or None."""


class KeyedProcessFunction(Function, Generic[KEY, IN, OUT]):
    """A process function with state and timers per key."""

    class Context(_KeyedContext):
        """The record's surroundings."""

    class OnTimerContext(_OnTimerContext):
        """The timer's surroundings."""

    @abstractmethod
    def process_element(self, value: IN, ctx: KeyedProcessFunction.Context, /) -> Emitted[OUT]:
        """A generator, or returns an iterable or None."""

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext, /) -> Emitted[OUT]:
        """Called when a timer of a key fires; as ``process_element``."""
        return None


class CoProcessFunction(Function, Generic[IN1, IN2, OUT]):
    """A process function of two inputs."""

    class Context(_Context):
        """The record's surroundings."""

    @abstractmethod
    def process_element1(self, value: IN1, ctx: CoProcessFunction.Context, /) -> Emitted[OUT]:
        """A record of the first input: a generator, or returns an iterable or None."""

    @abstractmethod
    def process_element2(self, value: IN2, ctx: CoProcessFunction.Context, /) -> Emitted[OUT]:
        """A record of the second input: as ``process_element1``."""


class KeyedCoProcessFunction(Function, Generic[KEY, IN1, IN2, OUT]):
    """A process function of two keyed inputs that share state and timers per key."""

    class Context(_KeyedContext):
        """The record's surroundings."""

    class OnTimerContext(_OnTimerContext):
        """The timer's surroundings."""

    @abstractmethod
    def process_element1(self, value: IN1, ctx: KeyedCoProcessFunction.Context, /) -> Emitted[OUT]:
        """A record of the first input: a generator, or returns an iterable or None."""

    @abstractmethod
    def process_element2(self, value: IN2, ctx: KeyedCoProcessFunction.Context, /) -> Emitted[OUT]:
        """A record of the second input: as ``process_element1``."""

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext, /) -> Emitted[OUT]:
        """Called when a timer of a key fires."""
        return None


class ProcessJoinFunction(Function, Generic[IN1, IN2, OUT]):
    """Called by an interval join for every pair; a side that has no match is None in outer joins."""

    class Context(ABC):
        """Timestamps of the pair."""

        @abstractmethod
        def get_left_timestamp(self) -> int:
            """That of the left record, in ms; -2^63 where there is none."""

        @abstractmethod
        def get_right_timestamp(self) -> int:
            """That of the right record, in ms; -2^63 where there is none."""

        @abstractmethod
        def timestamp(self) -> int:
            """The later of the two: that of the result."""

    @abstractmethod
    def process_element(self, left: IN1, right: IN2, ctx: ProcessJoinFunction.Context, /) -> Emitted[OUT]:
        """The results for a pair: a generator, or returns an iterable or None."""
