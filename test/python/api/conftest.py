"""The Python API: what programs say, and what it makes of it."""

from __future__ import annotations

import pytest
from isthmus.datastream import StreamExecutionEnvironment


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    made = StreamExecutionEnvironment.get_execution_environment()
    made.set_parallelism(1)
    return made
