"""What every rich function is given in ``open``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..state.descriptors import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        ValueStateDescriptor,
    )
    from ..state.interfaces import (
        AggregatingState,
        ListState,
        MapState,
        OperatorStateStore,
        ReducingState,
        ValueState,
    )


class KeyedStateStore(ABC):
    """Creates and gives access to state that is kept per key."""

    @abstractmethod
    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        """One value per key."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """A list per key."""

    @abstractmethod
    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        """A map per key."""

    @abstractmethod
    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        """A value per key into which others are folded by a ReduceFunction."""

    @abstractmethod
    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor
    ) -> AggregatingState[Any, Any]:
        """An accumulator per key, of an AggregateFunction."""


class MetricGroup(ABC):
    """Makes metrics; groups nest."""

    @abstractmethod
    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """A group within this one; with ``extra`` two, a name and its value."""

    @abstractmethod
    def counter(self, name: str) -> Any:
        """A number that goes up and down. Asking again gives the same."""

    @abstractmethod
    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        """Asks ``obj`` for a number when metrics are told, about once a second."""

    @abstractmethod
    def meter(self, name: str, time_span_in_seconds: int = 60) -> Any:
        """Counts events, and their rate over so many seconds."""

    @abstractmethod
    def distribution(self, name: str) -> Any:
        """Sum, count, smallest and largest of what is reported."""


class RuntimeContext(KeyedStateStore):
    """Where a function runs, its state and its metrics."""

    @abstractmethod
    def get_task_name(self) -> str:
        """The name of the operator."""

    @abstractmethod
    def get_number_of_parallel_subtasks(self) -> int:
        """The parallelism of the operator."""

    @abstractmethod
    def get_max_number_of_parallel_subtasks(self) -> int:
        """The number of key groups of the operator."""

    @abstractmethod
    def get_index_of_this_subtask(self) -> int:
        """0-based."""

    @abstractmethod
    def get_attempt_number(self) -> int:
        """0 for the first run, then one more with every restart."""

    @abstractmethod
    def get_task_name_with_subtasks(self) -> str:
        """As ``name (1/4)#0``: subtask (1-based), parallelism and attempt."""

    @abstractmethod
    def get_job_parameter(self, key: str, default_value: str) -> str:
        """A global job parameter (``pipeline.global-job-parameters``)."""

    @abstractmethod
    def get_metrics_group(self) -> MetricGroup:
        """Makes metrics of the subtask; they come to the job's counts."""

    @abstractmethod
    def get_operator_state_store(self) -> OperatorStateStore:
        """State of the subtask, whatever the key, in functions of any stream; what was restored can be read in ``open``."""


class Function(ABC):  # noqa: B024 - a base without abstract methods of its own
    """Base of all functions: ``open`` before the first record, ``close`` after the last, once per subtask."""

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: B027
        """Set up: models, connections, state."""

    def close(self) -> None:  # noqa: B027
        """Release what ``open`` took; also called when the job failed."""
