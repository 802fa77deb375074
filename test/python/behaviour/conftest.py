"""Counterparts of PyFlink's own DataStream tests, as far as they are pure behaviour.

Every test runs as real jobs: on one worker, on several, and with every exchange sent through the runtime, since none
of this may change a result. PyFlink's tests compare what a Java sink prints; here the records themselves are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from isthmus.common import WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import DataStream, RuntimeExecutionMode, StreamExecutionEnvironment

_WAYS = [(1, "auto"), (2, "auto"), (3, "auto"), (2, "always")]


def environment(parallelism: int, channels: str = "auto") -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    env._configuration.set_string("isthmus.channels", channels)
    return env


@pytest.fixture(params=_WAYS, ids=[f"{p}-{channels}" for p, channels in _WAYS])
def env(request: pytest.FixtureRequest) -> StreamExecutionEnvironment:
    """A streaming environment; the test runs with each parallelism and each way of exchanging records."""
    return environment(*request.param)


@pytest.fixture
def env1() -> StreamExecutionEnvironment:
    """For what depends on the order of records of several keys."""
    return environment(1)


@pytest.fixture(params=["streaming", "batch"])
def mode_env(request: pytest.FixtureRequest) -> tuple[StreamExecutionEnvironment, str]:
    env = environment(2)
    if request.param == "batch":
        env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    return env, request.param


@pytest.fixture
def collect() -> Callable[[DataStream], list[Any]]:
    """Runs the job and gives the records of a stream, sorted by how they look."""

    def run(stream: DataStream) -> list[Any]:
        with stream.execute_and_collect() as results:
            return sorted(results, key=repr)

    return run


@pytest.fixture
def collect_each() -> Callable[..., dict[str, list[Any]]]:
    """Runs one job and gives the records of several of its streams."""

    def run(**streams: DataStream) -> dict[str, list[Any]]:
        first, *others = [
            stream.map(lambda record, name=name: (name, record)) for name, stream in streams.items()
        ]
        found: dict[str, list[Any]] = {name: [] for name in streams}
        with first.union(*others).execute_and_collect() as results:
            for name, record in results:
                found[name].append(record)
        return {name: sorted(records, key=repr) for name, records in found.items()}

    return run


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


@pytest.fixture
def by_second_field() -> WatermarkStrategy:
    """Ascending timestamps, in the second field of each record."""
    return WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
