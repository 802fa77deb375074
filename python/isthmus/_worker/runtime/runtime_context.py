"""What a function sees of where it runs (``open(runtime_context)``), and its operator's state behind it."""

from __future__ import annotations

from typing import Any, NoReturn

from ..._interfaces.functions.context import RuntimeContext
from ..._interfaces.state.descriptors import StateDescriptor
from ..state.asked import asked
from ..state.backend import KeyedBackend
from ..state.operator_state import OperatorStates
from .metrics import WorkerMetricGroup
from .operator import OperatorContext
from .timers import Timers


class WorkerRuntimeContext(RuntimeContext):
    """One per operator and subtask; state and timers of the operator are made on first use."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self._backend: KeyedBackend | None = None
        self._timers: Timers | None = None
        self._operator_states: OperatorStates | None = None
        self.metrics = WorkerMetricGroup("", ctx.clock)

    # Where it runs.

    def get_task_name(self) -> str:
        name, task = self._ctx.name, self._ctx.task_name
        return task if name in task else f"{name} ({task})"

    def get_number_of_parallel_subtasks(self) -> int:
        return self._ctx.parallelism

    def get_max_number_of_parallel_subtasks(self) -> int:
        return self._ctx.max_parallelism

    def get_index_of_this_subtask(self) -> int:
        return self._ctx.subtask

    def get_attempt_number(self) -> int:
        return self._ctx.attempt

    def get_task_name_with_subtasks(self) -> str:
        ctx = self._ctx
        return f"{self.get_task_name()} ({ctx.subtask + 1}/{ctx.parallelism})#{ctx.attempt}"

    def get_job_parameter(self, key: str, default_value: str) -> str:
        return self._ctx.settings.job_parameters.get(key, default_value)

    def get_metrics_group(self) -> WorkerMetricGroup:
        return self.metrics

    # State.

    def get_state(self, state_descriptor: StateDescriptor) -> Any:
        return self.backend.state("value", asked("value", state_descriptor))

    def get_list_state(self, state_descriptor: StateDescriptor) -> Any:
        return self.backend.state("list", asked("list", state_descriptor))

    def get_map_state(self, state_descriptor: StateDescriptor) -> Any:
        return self.backend.state("map", asked("map", state_descriptor))

    def get_reducing_state(self, state_descriptor: StateDescriptor) -> Any:
        return self.backend.state("reducing", asked("reducing", state_descriptor))

    def get_aggregating_state(self, state_descriptor: StateDescriptor) -> Any:
        return self.backend.state("aggregating", asked("aggregating", state_descriptor))

    def get_operator_state_store(self) -> OperatorStates:
        if self._operator_states is None:
            self._operator_states = OperatorStates(self._ctx.state)
        return self._operator_states

    @property
    def backend(self) -> KeyedBackend:
        """The operator's keyed state."""
        if self._backend is None:
            if not self._ctx.keyed:
                _not_keyed(self._ctx)
            self._backend = KeyedBackend(self._ctx)
        return self._backend

    @property
    def timers(self) -> Timers:
        """The operator's timers."""
        if self._timers is None:
            self._timers = Timers(self._ctx.state, self.backend.store)
        return self._timers

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()


def runtime_context(ctx: OperatorContext) -> WorkerRuntimeContext:
    """The runtime context of an operator, always the same one."""
    runtime: WorkerRuntimeContext | None = ctx.runtime
    if runtime is None:
        runtime = ctx.runtime = WorkerRuntimeContext(ctx)
    return runtime


def _not_keyed(ctx: OperatorContext) -> NoReturn:
    raise Exception(
        "This state is only accessible by functions executed on a KeyedStream. "
        f'Call key_by before operator "{ctx.name}".'
    )
