"""Time to live of state, by processing time.

Cleanup strategies are accepted as PyFlink has them. What they do here: an expired value is removed when it
is met by an access, never goes into a snapshot, and (unless ``disable_cleanup_in_background``) a few other
keys are looked at with every access of the state.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class StateTtlConfig:
    """How long state lives. Made by ``StateTtlConfig.new_builder(Time.hours(1))…build()``."""

    class UpdateType(Enum):
        """What renews the time to live."""

        Disabled = 0
        OnCreateAndWrite = 1
        OnReadAndWrite = 2

    class StateVisibility(Enum):
        """Whether an expired value that has not been removed yet is still given."""

        ReturnExpiredIfNotCleanedUp = 0
        NeverReturnExpired = 1

    class TtlTimeCharacteristic(Enum):
        """The clock; there is only one."""

        ProcessingTime = 0

    def __init__(
        self,
        update_type: StateTtlConfig.UpdateType,
        state_visibility: StateTtlConfig.StateVisibility,
        ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic,
        ttl: Any,
        cleanup_strategies: dict[str, Any],
    ) -> None:
        if update_type is not StateTtlConfig.UpdateType.Disabled and milliseconds_of(ttl) <= 0:
            raise ValueError(f"TTL is expected to be positive: a millisecond or more; it is {ttl}.")
        self._update_type = update_type
        self._state_visibility = state_visibility
        self._ttl_time_characteristic = ttl_time_characteristic
        self._ttl = ttl
        self._cleanup_strategies = cleanup_strategies

    @staticmethod
    def new_builder(ttl: Any) -> StateTtlConfig.Builder:
        """Start from a ``Time`` (or ``Duration``)."""
        return StateTtlConfig.Builder(ttl)

    def get_update_type(self) -> StateTtlConfig.UpdateType:
        """What renews an entry."""
        return self._update_type

    def get_state_visibility(self) -> StateTtlConfig.StateVisibility:
        """Whether an entry may be read that has expired and is still there."""
        return self._state_visibility

    def get_ttl(self) -> Any:
        """How long an entry lives."""
        return self._ttl

    def get_ttl_time_characteristic(self) -> StateTtlConfig.TtlTimeCharacteristic:
        """By which clock entries expire: always the machine's."""
        return self._ttl_time_characteristic

    def is_enabled(self) -> bool:
        """Whether entries expire at all."""
        return self._update_type is not StateTtlConfig.UpdateType.Disabled

    def get_cleanup_strategies(self) -> dict[str, Any]:
        """The strategies asked for, by name."""
        return dict(self._cleanup_strategies)

    def ttl_ms(self) -> int:
        """The time to live in milliseconds."""
        return milliseconds_of(self._ttl)

    def __repr__(self) -> str:
        return (
            f"StateTtlConfig(update_type={self._update_type.name}, "
            f"state_visibility={self._state_visibility.name}, "
            f"ttl_time_characteristic={self._ttl_time_characteristic.name}, ttl={self._ttl})"
        )

    class Builder:
        """Collects the parts of a StateTtlConfig."""

        def __init__(self, ttl: Any) -> None:
            self._ttl = ttl
            self._update_type = StateTtlConfig.UpdateType.OnCreateAndWrite
            self._state_visibility = StateTtlConfig.StateVisibility.NeverReturnExpired
            self._ttl_time_characteristic = StateTtlConfig.TtlTimeCharacteristic.ProcessingTime
            self._cleanup: dict[str, Any] = {"background": True}

        def set_update_type(self, update_type: StateTtlConfig.UpdateType) -> StateTtlConfig.Builder:
            """What renews an entry; OnCreateAndWrite unless said."""
            self._update_type = update_type
            return self

        def update_ttl_on_create_and_write(self) -> StateTtlConfig.Builder:
            """Writing renews (default)."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)

        def update_ttl_on_read_and_write(self) -> StateTtlConfig.Builder:
            """Reading renews too."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)

        def set_state_visibility(
            self, state_visibility: StateTtlConfig.StateVisibility
        ) -> StateTtlConfig.Builder:
            """Whether an entry may be read that has expired and is still there; NeverReturnExpired unless said."""
            self._state_visibility = state_visibility
            return self

        def return_expired_if_not_cleaned_up(self) -> StateTtlConfig.Builder:
            """An entry that has expired is given once, and removed."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)

        def never_return_expired(self) -> StateTtlConfig.Builder:
            """An entry that has expired is never given."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)

        def set_ttl_time_characteristic(
            self, ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic
        ) -> StateTtlConfig.Builder:
            """Accepted: entries expire by the clock of the machine."""
            self._ttl_time_characteristic = ttl_time_characteristic
            return self

        def use_processing_time(self) -> StateTtlConfig.Builder:
            """Accepted: entries expire by the clock of the machine."""
            return self.set_ttl_time_characteristic(StateTtlConfig.TtlTimeCharacteristic.ProcessingTime)

        def cleanup_full_snapshot(self) -> StateTtlConfig.Builder:
            """Leave expired values out of snapshots (always so here)."""
            self._cleanup["full_snapshot"] = True
            return self

        def cleanup_incrementally(
            self, cleanup_size: int, run_cleanup_for_every_record: bool = False
        ) -> StateTtlConfig.Builder:
            """Look at ``cleanup_size`` other keys with every access."""
            self._cleanup["incremental"] = (cleanup_size, run_cleanup_for_every_record)
            return self

        def cleanup_in_rocksdb_compact_filter(
            self, query_time_after_num_entries: int, periodic_compaction_time: Any = None
        ) -> StateTtlConfig.Builder:
            """Accepted; there is no RocksDB here."""
            self._cleanup["compact_filter"] = (query_time_after_num_entries, periodic_compaction_time)
            return self

        def disable_cleanup_in_background(self) -> StateTtlConfig.Builder:
            """Remove expired values only where an access meets them."""
            self._cleanup["background"] = False
            return self

        def set_ttl(self, ttl: Any) -> StateTtlConfig.Builder:
            """How long an entry lives: a ``Time`` or ``Duration``."""
            self._ttl = ttl
            return self

        def build(self) -> StateTtlConfig:
            """The configuration."""
            return StateTtlConfig(
                self._update_type,
                self._state_visibility,
                self._ttl_time_characteristic,
                self._ttl,
                dict(self._cleanup),
            )


def milliseconds_of(time: Any) -> int:
    """Milliseconds of a Time, a Duration, a timedelta or a number."""
    for method in ("to_milliseconds", "to_millis"):
        if hasattr(time, method):
            return int(getattr(time, method)())
    if hasattr(time, "total_seconds"):
        milliseconds: int = round(time.total_seconds() * 1000)
        return milliseconds
    try:
        return int(time)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"A length of time is a Time, a Duration, a timedelta or a number of milliseconds; it was given {time!r}."
        ) from None
