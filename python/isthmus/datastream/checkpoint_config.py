"""Settings of checkpoints, under their keys in the configuration; what has no effect here is remembered and shown."""

from __future__ import annotations

from typing import Any

from ..common.configuration import Configuration
from ..common.time import Duration
from .checkpoint_storage import CheckpointStorage
from .checkpointing_mode import CheckpointingMode
from .externalized_checkpoint_retention import ExternalizedCheckpointRetention

__all__ = ["CheckpointConfig", "ExternalizedCheckpointCleanup"]

#: Below, checkpoints would be all that a job does.
MIN_INTERVAL_MS = 10

ExternalizedCheckpointCleanup = ExternalizedCheckpointRetention


class CheckpointConfig:
    """A view of the environment's options."""

    DEFAULT_MODE = CheckpointingMode.EXACTLY_ONCE
    DEFAULT_TIMEOUT = 600_000
    DEFAULT_MIN_PAUSE_BETWEEN_CHECKPOINTS = 0
    DEFAULT_MAX_CONCURRENT_CHECKPOINTS = 1

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._more: dict[str, Any] = {}

    def is_checkpointing_enabled(self) -> bool:
        """Whether an interval is set."""
        return self.get_checkpoint_interval() > 0

    def get_checkpoint_interval(self) -> int:
        """Milliseconds; -1: off."""
        return self._milliseconds("interval", -1)

    def _value(self, key: str) -> Any:
        from .._settings.in_force import value_in_force

        return value_in_force(self._configuration._values, key)

    def _milliseconds(self, name: str, default: int) -> int:
        found = self._value(f"execution.checkpointing.{name}")
        return default if found is None else int(found)

    def _number(self, name: str, default: int) -> int:
        found = self._value(f"execution.checkpointing.{name}")
        return default if found is None else int(found)

    def set_checkpoint_interval(self, checkpoint_interval: int) -> CheckpointConfig:
        """Milliseconds between checkpoints: remembered, this release takes none."""
        whole = isinstance(checkpoint_interval, int) and not isinstance(checkpoint_interval, bool)
        if not whole or checkpoint_interval < MIN_INTERVAL_MS:
            raise ValueError(
                f"The checkpoint interval is {checkpoint_interval!r} ms; it must be at least {MIN_INTERVAL_MS} ms."
            )
        return self._set("interval", f"{checkpoint_interval} ms")

    def get_checkpointing_mode(self) -> CheckpointingMode:
        default = "EXACTLY_ONCE" if self.is_checkpointing_enabled() else "AT_LEAST_ONCE"
        return CheckpointingMode[self._configuration.get_string("execution.checkpointing.mode", default)]

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> CheckpointConfig:
        self._configuration.set_string("execution.checkpointing.mode", checkpointing_mode.name)
        return self

    get_checkpointing_consistency_mode = get_checkpointing_mode
    set_checkpointing_consistency_mode = set_checkpointing_mode

    def _set(self, name: str, value: str) -> CheckpointConfig:
        self._configuration.set_string(f"execution.checkpointing.{name}", value)
        return self

    def _remember(self, name: str, value: Any) -> CheckpointConfig:
        self._more[name] = value
        return self

    def get_checkpoint_timeout(self) -> int:
        """Milliseconds."""
        return self._milliseconds("timeout", self.DEFAULT_TIMEOUT)

    def set_checkpoint_timeout(self, checkpoint_timeout: int) -> CheckpointConfig:
        timeout = _at_least(MIN_INTERVAL_MS, "checkpoint timeout", checkpoint_timeout)
        return self._set("timeout", f"{timeout} ms")

    def get_min_pause_between_checkpoints(self) -> int:
        return self._milliseconds("min-pause", 0)

    def set_min_pause_between_checkpoints(self, min_pause_between_checkpoints: int) -> CheckpointConfig:
        pause = _at_least(0, "pause between checkpoints", min_pause_between_checkpoints)
        return self._set("min-pause", f"{pause} ms")

    def get_max_concurrent_checkpoints(self) -> int:
        return int(self._more.get("max concurrent", self._number("max-concurrent-checkpoints", 1)))

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> CheckpointConfig:
        number = _at_least(1, "number of concurrent checkpoints", max_concurrent_checkpoints)
        return self._remember("max concurrent", number)

    def is_fail_on_checkpointing_errors(self) -> bool:
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(self, fail_on_checkpointing_errors: bool) -> CheckpointConfig:
        return self.set_tolerable_checkpoint_failure_number(0 if fail_on_checkpointing_errors else 2**31 - 1)

    def get_tolerable_checkpoint_failure_number(self) -> int:
        """As PyFlink, 0 where it is not set; a job here survives any number then."""
        return self._number("tolerable-failed-checkpoints", 0)

    def set_tolerable_checkpoint_failure_number(
        self, tolerable_checkpoint_failure_number: int
    ) -> CheckpointConfig:
        number = _at_least(0, "number of tolerable checkpoint failures", tolerable_checkpoint_failure_number)
        return self._set("tolerable-failed-checkpoints", str(number))

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention:
        default = ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        return self._more.get("retention", default)  # type: ignore[no-any-return]

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        return self._remember("retention", retention_mode)

    enable_externalized_checkpoints = set_externalized_checkpoint_retention
    set_externalized_checkpoint_cleanup = set_externalized_checkpoint_retention
    get_externalized_checkpoint_cleanup = get_externalized_checkpoint_retention

    def is_externalized_checkpoints_enabled(self) -> bool:
        return (
            self.get_externalized_checkpoint_retention()
            is not ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        )

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """As in Flink, only where checkpoints are taken exactly once."""
        exactly_once = self.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
        key = "execution.checkpointing.unaligned.enabled"
        said = self._more.get("unaligned", self._value(key))
        return exactly_once and bool(said)

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> CheckpointConfig:
        return self._remember("unaligned", enabled)

    def disable_unaligned_checkpoints(self) -> CheckpointConfig:
        return self._remember("unaligned", False)

    def set_aligned_checkpoint_timeout(self, alignment_timeout: Duration) -> CheckpointConfig:
        return self._remember("aligned timeout", alignment_timeout)

    set_alignment_timeout = set_aligned_checkpoint_timeout

    def get_aligned_checkpoint_timeout(self) -> Duration:
        return self._more.get("aligned timeout", Duration.of_seconds(0))  # type: ignore[no-any-return]

    get_alignment_timeout = get_aligned_checkpoint_timeout

    def set_force_unaligned_checkpoints(self, force_unaligned_checkpoints: bool = True) -> CheckpointConfig:
        return self._remember("force unaligned", force_unaligned_checkpoints)

    def is_force_unaligned_checkpoints(self) -> bool:
        return bool(self._more.get("force unaligned", False))

    def set_checkpoint_storage(self, storage: Any) -> CheckpointConfig:
        """A ``CheckpointStorage``; one with a path, and a path alone, is the folder of the checkpoints."""
        path = storage.get_checkpoint_path() if isinstance(storage, CheckpointStorage) else storage
        if path is not None:
            self._set("dir", str(path))
        return self._remember("storage", storage)

    set_checkpoint_storage_dir = set_checkpoint_storage

    def get_checkpoint_storage(self) -> Any:
        return self._more.get("storage")


def _at_least(least: int, what: str, value: int) -> int:
    if value < least:
        raise ValueError(f"The {what} is {value}; it must be at least {least}.")
    return value
