"""Settings of the jobs of an environment."""

from __future__ import annotations

from typing import Any

from .._settings.texts import map_text
from .configuration import Configuration
from .execution_mode import ExecutionMode
from .input_dependency_constraint import InputDependencyConstraint
from .restart_strategy import RestartStrategies, RestartStrategyConfiguration

__all__ = ["ExecutionConfig"]

#: As many key groups as there are.
_MAX_PARALLELISM = 32768


class ExecutionConfig:
    """A view of the environment's options."""

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration, default_parallelism: int) -> None:
        self._configuration = configuration
        self._default_parallelism = default_parallelism
        self._remembered: dict[str, Any] = {}

    def _value(self, key: str) -> Any:
        from .._settings.in_force import value_in_force

        return value_in_force(self._configuration._values, key)

    def get_parallelism(self) -> int:
        """Of operators that say nothing else."""
        return self._value("parallelism.default") or self._default_parallelism

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        """Of operators that say nothing else; -1: the default again."""
        if parallelism == self.PARALLELISM_DEFAULT:
            self._configuration.remove_config("parallelism.default")
            return self
        if parallelism < 1:
            raise ValueError(f"The parallelism is {parallelism}; it must be at least 1.")
        if parallelism > _MAX_PARALLELISM:
            raise ValueError(f"The parallelism is {parallelism}; it must be at most {_MAX_PARALLELISM}.")
        self._configuration.set_integer("parallelism.default", parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups; -1: Flink's rule, at least 128."""
        return self._value("pipeline.max-parallelism") or -1

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        """The number of key groups: the most that keyed operators can be scaled to."""
        if max_parallelism < 1:
            raise ValueError(f"The maximum parallelism is {max_parallelism}; it must be greater than 0.")
        if max_parallelism > _MAX_PARALLELISM:
            raise ValueError(
                f"The maximum parallelism is {max_parallelism}; it must be at most {_MAX_PARALLELISM}."
            )
        self._configuration.set_integer("pipeline.max-parallelism", max_parallelism)
        return self

    def get_auto_watermark_interval(self) -> int:
        """Milliseconds."""
        return int(self._value("pipeline.auto-watermark-interval"))

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Args:
        interval: Milliseconds; 0 turns periodic watermarks off.
        """
        if interval < 0:
            raise ValueError(f"The auto watermark interval is {interval} ms; it must not be negative.")
        self._configuration.set_string("pipeline.auto-watermark-interval", f"{interval} ms")
        return self

    def get_global_job_parameters(self) -> dict[str, str]:
        """What functions read by ``get_job_parameter``."""
        found: dict[str, str] = self._value("pipeline.global-job-parameters")
        return found

    def set_global_job_parameters(self, global_job_parameters_dict: dict[str, str]) -> ExecutionConfig:
        """What functions read by ``get_job_parameter``."""
        text = map_text({str(key): str(value) for key, value in global_job_parameters_dict.items()})
        self._configuration.set_string("pipeline.global-job-parameters", text)
        return self

    def enable_object_reuse(self) -> ExecutionConfig:
        """Share records that can be changed, instead of copying them where they are kept: for functions that change
        nothing they were given or have emitted.
        """
        self._configuration.set_boolean("pipeline.object-reuse", True)
        return self

    def disable_object_reuse(self) -> ExecutionConfig:
        """Copy records that can be changed where they are kept, which is the default."""
        self._configuration.set_boolean("pipeline.object-reuse", False)
        return self

    def is_object_reuse_enabled(self) -> bool:
        """Whether records are shared."""
        return bool(self._value("pipeline.object-reuse"))

    def set_restart_strategy(self, strategy: RestartStrategyConfiguration) -> ExecutionConfig:
        """What follows a failure: one of ``RestartStrategies``."""
        if not isinstance(strategy, RestartStrategyConfiguration):
            raise TypeError(
                f"The restart strategy must be one of RestartStrategies, such as RestartStrategies.no_restart(); "
                f"it was given {strategy!r}."
            )
        for key, value in strategy.options.items():
            self._configuration.set_string(key, value)
        return self

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """What follows a failure."""
        options = {
            k: v for k, v in self._configuration.to_dict().items() if k.startswith("restart-strategy.")
        }
        return RestartStrategyConfiguration(options) if options else RestartStrategies.no_restart()

    def set_execution_mode(self, execution_mode: ExecutionMode) -> ExecutionConfig:
        return self._remember("execution_mode", execution_mode)

    def get_execution_mode(self) -> ExecutionMode:
        mode: ExecutionMode = self._remembered.get("execution_mode", ExecutionMode.PIPELINED)
        return mode

    def set_default_input_dependency_constraint(
        self, constraint: InputDependencyConstraint
    ) -> ExecutionConfig:
        return self._remember("constraint", constraint)

    def get_default_input_dependency_constraint(self) -> InputDependencyConstraint:
        constraint: InputDependencyConstraint = self._remembered.get(
            "constraint", InputDependencyConstraint.ANY
        )
        return constraint

    # Settings of the JVM: remembered, without effect.

    def _remember(self, name: str, value: Any) -> ExecutionConfig:
        self._remembered[name] = value
        return self

    def enable_closure_cleaner(self) -> ExecutionConfig:
        return self._remember("closure_cleaner", True)

    def disable_closure_cleaner(self) -> ExecutionConfig:
        return self._remember("closure_cleaner", False)

    def is_closure_cleaner_enabled(self) -> bool:
        return bool(self._remembered.get("closure_cleaner", True))

    def enable_force_kryo(self) -> ExecutionConfig:
        return self._remember("force_kryo", True)

    def disable_force_kryo(self) -> ExecutionConfig:
        return self._remember("force_kryo", False)

    def is_force_kryo_enabled(self) -> bool:
        return bool(self._remembered.get("force_kryo", False))

    def enable_generic_types(self) -> ExecutionConfig:
        return self._remember("generic_types", True)

    def disable_generic_types(self) -> ExecutionConfig:
        return self._remember("generic_types", False)

    def has_generic_types_disabled(self) -> bool:
        return not self._remembered.get("generic_types", True)

    def enable_force_avro(self) -> ExecutionConfig:
        return self._remember("force_avro", True)

    def disable_force_avro(self) -> ExecutionConfig:
        return self._remember("force_avro", False)

    def is_force_avro_enabled(self) -> bool:
        return bool(self._remembered.get("force_avro", False))

    def enable_auto_generated_uids(self) -> ExecutionConfig:
        return self._remember("auto_uids", True)

    def disable_auto_generated_uids(self) -> ExecutionConfig:
        return self._remember("auto_uids", False)

    def has_auto_generated_uids_enabled(self) -> bool:
        return bool(self._remembered.get("auto_uids", True))

    def set_task_cancellation_interval(self, interval: int) -> ExecutionConfig:
        return self._remember("cancellation_interval", interval)

    def get_task_cancellation_interval(self) -> int:
        return int(self._remembered.get("cancellation_interval", 30_000))

    def set_task_cancellation_timeout(self, timeout: int) -> ExecutionConfig:
        return self._remember("cancellation_timeout", timeout)

    def get_task_cancellation_timeout(self) -> int:
        return int(self._remembered.get("cancellation_timeout", 180_000))

    def set_latency_tracking_interval(self, interval: int) -> ExecutionConfig:
        return self._remember("latency_tracking_interval", interval)

    def get_latency_tracking_interval(self) -> int:
        return int(self._remembered.get("latency_tracking_interval", 0))

    def set_use_snapshot_compression(self, use_snapshot_compression: bool) -> ExecutionConfig:
        return self._remember("snapshot_compression", use_snapshot_compression)

    def is_use_snapshot_compression(self) -> bool:
        return bool(self._remembered.get("snapshot_compression", False))

    def add_default_kryo_serializer(self, *args: Any) -> ExecutionConfig:
        return self

    register_type_with_kryo_serializer = register_pojo_type = register_kryo_type = add_default_kryo_serializer
    enable_auto_type_registration = disable_auto_type_registration = add_default_kryo_serializer
