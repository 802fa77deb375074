"""Metrics, under PyFlink's module name."""

from __future__ import annotations

from typing import TypeAlias

from .._worker.metrics import Counter, Distribution, Meter
from ..datastream._functions.context import MetricGroup

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]

Metric: TypeAlias = Counter | Meter | Distribution
