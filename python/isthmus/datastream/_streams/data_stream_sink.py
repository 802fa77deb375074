"""The end of a stream."""

from __future__ import annotations

from ..._program.graph import Transformation
from .settings import OperatorSettings


class DataStreamSink(OperatorSettings):
    """A sink of the program, to be named and set up."""

    def __init__(self, transformation: Transformation) -> None:
        self._transformation = transformation

    def _operator(self) -> Transformation:
        return self._transformation
