"""Test functions and operators without a job: no process, no real clock, milliseconds a test.

Example:
    >>> from isthmus.testing import OneInputHarness
    >>> with OneInputHarness(lambda a, b: a + b, kind="reduce", key_by=lambda v: v % 2) as harness:
    ...     harness.process(1, 3, 4)
    ...     harness.output
    [1, 4, 4]
"""

from __future__ import annotations

from .clock import ManualClock
from .harness import OneInputHarness
from .pipeline_harness import PipelineHarness
from .sink_contract import SinkCase, check_sink
from .source_contract import check_source
from .source_harness import SourceHarness
from .two_input import TwoInputHarness

__all__ = [
    "ManualClock",
    "OneInputHarness",
    "PipelineHarness",
    "SinkCase",
    "SourceHarness",
    "TwoInputHarness",
    "check_sink",
    "check_source",
]
