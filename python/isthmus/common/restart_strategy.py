"""What follows a failure, as Flink 1.x says it; turned into ``restart-strategy.*`` options."""

from __future__ import annotations

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]


class RestartStrategyConfiguration:
    """A strategy as options."""

    def __init__(self, options: dict[str, str]) -> None:
        self.options = options

    def get_description(self) -> str:
        """The strategy in words."""
        return ", ".join(f"{key}={value}" for key, value in self.options.items())


_Configuration = RestartStrategyConfiguration


class RestartStrategies:
    """Makes strategies."""

    RestartStrategyConfiguration = RestartStrategyConfiguration

    @staticmethod
    def no_restart() -> _Configuration:
        """A failure fails the job."""
        return RestartStrategyConfiguration({"restart-strategy.type": "none"})

    @staticmethod
    def fall_back_restart() -> _Configuration:
        """What the configuration says."""
        return RestartStrategyConfiguration({})

    @staticmethod
    def fixed_delay_restart(restart_attempts: int, delay_between_attempts: int) -> _Configuration:
        """Args:
        restart_attempts: Restarts before the job fails.
        delay_between_attempts: Milliseconds.
        """
        return RestartStrategyConfiguration(
            {
                "restart-strategy.type": "fixed-delay",
                "restart-strategy.fixed-delay.attempts": str(restart_attempts),
                "restart-strategy.fixed-delay.delay": f"{delay_between_attempts} ms",
            }
        )

    @staticmethod
    def failure_rate_restart(failure_rate: int, failure_interval: int, delay_interval: int) -> _Configuration:
        """Up to ``failure_rate`` restarts within ``failure_interval``, after pauses of ``delay_interval`` (ms)."""
        return RestartStrategyConfiguration(
            {
                "restart-strategy.type": "failure-rate",
                "restart-strategy.failure-rate.max-failures-per-interval": str(failure_rate),
                "restart-strategy.failure-rate.failure-rate-interval": f"{failure_interval} ms",
                "restart-strategy.failure-rate.delay": f"{delay_interval} ms",
            }
        )
