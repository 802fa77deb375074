"""What an environment is told before it runs a job: options, dependencies, and what is only remembered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from ...common.configuration import Configuration
from ...errors import GraphError
from .checks import (
    check_buffer_timeout,
    check_configuration,
    check_instance,
    check_max_parallelism,
    check_parallelism,
    check_path,
    check_text,
)

if TYPE_CHECKING:
    from ...common.execution_config import ExecutionConfig
    from ..checkpoint_config import CheckpointConfig
    from ..execution_mode import RuntimeExecutionMode

E = TypeVar("E", bound="EnvironmentSettings")


class EnvironmentSettings:
    """What ``StreamExecutionEnvironment`` has beside sources and execution."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        check_configuration(configuration)
        self._configuration = Configuration(configuration)
        self._added_paths: list[str] = []
        #: Path and name of the folder of each.
        self._archives: list[tuple[str, str]] = []
        self._buffer_timeout: int | None = None
        self._checkpoint_config: CheckpointConfig | None = None
        self._remembered: dict[str, Any] = {}

    # Options.

    def get_config(self) -> ExecutionConfig:
        """The options of jobs, as an object that changes them."""
        from ...common.execution_config import ExecutionConfig

        return ExecutionConfig(self._configuration, default_parallelism())

    def _value(self, key: str) -> Any:
        from ..._settings.in_force import value_in_force

        return value_in_force(self._configuration._values, key)

    def configure(self, configuration: Configuration) -> None:
        """Adds options to those there are."""
        check_instance(
            "configuration",
            configuration,
            Configuration,
            "which Configuration.from_dict(...) makes of a dict",
        )
        self._configuration.add_all(configuration)

    def get_parallelism(self) -> int:
        """Of operators that say nothing else; by default the number of cores."""
        from ..._settings.in_force import is_code_alone

        if is_code_alone():
            return self._configuration.get_integer("parallelism.default", default_parallelism())
        return self._value("parallelism.default") or default_parallelism()

    def set_parallelism(self: E, parallelism: int) -> E:
        """Of operators that say nothing else."""
        if parallelism == -1:  # ExecutionConfig.PARALLELISM_DEFAULT
            self.get_config().set_parallelism(parallelism)
            return self
        self._configuration.set_integer("parallelism.default", check_parallelism(parallelism))
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups; -1: Flink's rule, at least 128."""
        return self._value("pipeline.max-parallelism") or -1

    def set_max_parallelism(self: E, max_parallelism: int) -> E:
        """The number of key groups: the most that keyed operators can be scaled to."""
        self._configuration.set_integer("pipeline.max-parallelism", check_max_parallelism(max_parallelism))
        return self

    def set_runtime_mode(self: E, execution_mode: RuntimeExecutionMode) -> E:
        """STREAMING (the default), BATCH or AUTOMATIC."""
        from ..execution_mode import RuntimeExecutionMode

        check_instance(
            "runtime mode", execution_mode, RuntimeExecutionMode, "such as RuntimeExecutionMode.BATCH"
        )
        self._configuration.set_string("execution.runtime-mode", execution_mode.name)
        return self

    def set_buffer_timeout(self: E, timeout_millis: int) -> E:
        """Accepted: batches leave as soon as their consumer is free."""
        self._buffer_timeout = check_buffer_timeout(timeout_millis)
        return self

    def get_buffer_timeout(self) -> int:
        """What ``set_buffer_timeout`` was given, in ms."""
        if self._buffer_timeout is not None:
            return self._buffer_timeout
        found = self._value("execution.buffer-timeout.interval")
        return 100 if found is None else int(found)

    def disable_operator_chaining(self: E) -> E:
        """Run every operator as a task of its own."""
        self._configuration.set_boolean("pipeline.operator-chaining.enabled", False)
        return self

    def is_chaining_enabled(self) -> bool:
        """Whether neighbouring operators run as one task."""
        return bool(self._value("pipeline.operator-chaining.enabled"))

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        """Always False."""
        return False

    def enable_checkpointing(self: E, interval: int, mode: Any = None) -> E:
        """Take a checkpoint every so many milliseconds; after a failure the job goes on from the last one.

        Args:
            interval: Milliseconds, at least 10.
            mode: As PyFlink has it; state is kept exactly once whatever it is.
        """
        config = self.get_checkpoint_config()
        config.set_checkpoint_interval(interval)
        if mode is not None:
            config.set_checkpointing_mode(mode)
        return self

    def get_checkpoint_config(self) -> CheckpointConfig:
        """Options of checkpoints: remembered, this release takes none."""
        if self._checkpoint_config is None:
            from ..checkpoint_config import CheckpointConfig

            self._checkpoint_config = CheckpointConfig(self._configuration)
        return self._checkpoint_config

    def get_checkpoint_interval(self) -> int:
        """Milliseconds; -1: off."""
        return self.get_checkpoint_config().get_checkpoint_interval()

    def get_checkpointing_mode(self) -> Any:
        """What ``enable_checkpointing`` was given."""
        return self.get_checkpoint_config().get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> Any:
        """What ``enable_checkpointing`` was given."""
        return self.get_checkpointing_mode()

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """What the checkpoint options say; they have no effect yet."""
        return self.get_checkpoint_config().is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        """What the checkpoint options say; they have no effect yet."""
        return False

    # Dependencies.

    def add_python_file(self, file_path: str) -> None:
        """Makes a module file, or the modules in a folder or a zip file, importable in functions."""
        path = os.path.abspath(check_path("Python file", file_path))
        if not os.path.exists(path):
            raise GraphError(f"There is no Python file or folder {path} to add.")
        self._added_paths.append(os.path.dirname(path) if path.endswith(".py") else path)

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """Unpacks an archive (zip, tar, tar.gz) in the working directory of functions.

        Args:
            archive_path: The archive.
            target_dir: The folder it is unpacked in; by default one with the archive's name.

        Raises:
            GraphError: There is no such file.
        """
        path = os.path.abspath(check_path("archive", archive_path))
        if not os.path.isfile(path):
            raise GraphError(f"add_python_archive: there is no file {path}.")
        self._archives.append((path, target_dir or os.path.basename(path)))

    def set_python_requirements(
        self, requirements_file_path: str, requirements_cache_dir: str | None = None
    ) -> None:
        """Accepted: functions use the packages of their interpreter."""
        from ..._pyflink.once import warn_once

        warn_once(
            "set_python_requirements has no effect: functions use the packages of their interpreter; "
            "name one that has them with set_python_executable."
        )

    def set_python_executable(self, python_exec: str) -> None:
        """The interpreter of the workers."""
        self._configuration.set_string("python.executable", check_path("Python interpreter", python_exec))

    def add_jars(self, *jars_path: str) -> None:
        """Accepted: there is no JVM."""
        from ..._pyflink.once import warn_once

        warn_once("add_jars has no effect: connectors of Isthmus need no jars.")

    add_classpaths = add_jars

    def register_cached_file(self, file_path: str, name: str, executable: bool = False) -> None:
        """Accepted."""
        self._remembered[f"cached file {check_text('name of a cached file', name)}"] = check_path(
            "cached file", file_path
        )

    def register_slot_sharing_group(self: E, slot_sharing_group: Any) -> E:
        """Accepted."""
        return self

    def get_default_local_parallelism(self) -> int:
        """What ``set_default_local_parallelism`` was given, or the number of cores."""
        return int(self._remembered.get("local parallelism", default_parallelism()))

    def set_default_local_parallelism(self, parallelism: int) -> None:
        """Accepted: say ``set_parallelism``."""
        self._remembered["local parallelism"] = check_parallelism(parallelism)

    def set_default_savepoint_directory(self: E, directory: str) -> E:
        """Accepted: there are no savepoints yet."""
        self._remembered["savepoint directory"] = check_path("savepoint directory", directory)
        return self

    def get_default_savepoint_directory(self) -> str | None:
        """What ``set_default_savepoint_directory`` was given."""
        return self._remembered.get("savepoint directory")

    # What Flink 1.x had.

    def set_restart_strategy(self: E, restart_strategy_configuration: Any) -> E:
        """What follows a failure: one of ``RestartStrategies``."""
        self.get_config().set_restart_strategy(restart_strategy_configuration)
        return self

    def get_restart_strategy(self) -> Any:
        """What follows a failure."""
        return self.get_config().get_restart_strategy()

    def set_stream_time_characteristic(self: E, characteristic: Any) -> E:
        """Accepted: event time needs no switch."""
        from ..time_characteristic import TimeCharacteristic

        check_instance(
            "time characteristic", characteristic, TimeCharacteristic, "such as TimeCharacteristic.EventTime"
        )
        if characteristic is TimeCharacteristic.ProcessingTime:
            from ..._pyflink.once import warn_once

            warn_once(
                "set_stream_time_characteristic has no effect: choose processing-time windows and timers instead."
            )
        self._remembered["time characteristic"] = characteristic
        return self

    def get_stream_time_characteristic(self) -> Any:
        """What ``set_stream_time_characteristic`` was given."""
        from ..time_characteristic import TimeCharacteristic

        return self._remembered.get("time characteristic", TimeCharacteristic.EventTime)

    def set_state_backend(self: E, state_backend: Any) -> E:
        """Where state by key is kept: in memory (``HashMapStateBackend``) or on disk
        (``EmbeddedRocksDBStateBackend``).
        """
        from ..state_backend import StateBackend

        check_instance("state backend", state_backend, StateBackend, "such as HashMapStateBackend()")
        name = type(state_backend).__name__
        kind = "rocksdb" if "RocksDB" in name else "hashmap"
        self._configuration.set_string("state.backend.type", kind)
        self._remembered["state backend"] = state_backend
        return self

    def get_state_backend(self) -> Any:
        """What ``set_state_backend`` was given."""
        return self._remembered.get("state backend")

    def enable_changelog_state_backend(self: E, enabled: bool) -> E:
        """Accepted."""
        self._remembered["changelog"] = enabled
        return self

    def is_changelog_state_backend_enabled(self) -> bool | None:
        """What ``enable_changelog_state_backend`` was given."""
        return self._remembered.get("changelog")

    def add_default_kryo_serializer(self, *args: Any) -> None:
        """Accepted: there is no JVM."""

    register_type = register_type_with_kryo_serializer = add_default_kryo_serializer


def default_parallelism() -> int:
    """PyFlink's local default: the number of cores."""
    return os.cpu_count() or 1
