"""The environment, under PyFlink's module name."""

from ._streams.environment import StreamExecutionEnvironment

__all__ = ["StreamExecutionEnvironment"]
