"""Metrics that functions make, by ``runtime_context.get_metrics_group()``."""

from .metricbase import Counter, Distribution, Meter, Metric, MetricGroup

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]
