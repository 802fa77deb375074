"""Metrics, under PyFlink's module name."""

from __future__ import annotations

from typing import TypeAlias

from .._interfaces.functions.context import MetricGroup
from .._worker.runtime.metrics import Counter, Distribution, Meter

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]

Metric: TypeAlias = Counter | Meter | Distribution
