"""What sources and sinks have in common."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from ..._graph import ProgramGraph
from ..._lazy import absent_names

__all__ = ["DeliveryGuarantee", "Sink", "Source"]


class Source:
    """Something ``env.from_source`` takes."""

    def to_operator(self, graph: ProgramGraph) -> tuple[str, str, dict[str, Any], Any, str, Any]:
        """Kind, default name, parameters, function, language and produced type of the operator."""
        raise NotImplementedError


class Sink:
    """Something ``stream.sink_to`` takes."""

    def to_operator(self, graph: ProgramGraph) -> tuple[str, str, dict[str, Any], Any]:
        """Kind, default name, parameters and function of the operator."""
        raise NotImplementedError


class DeliveryGuarantee(Enum):
    """What a sink promises when something fails."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
    NONE = 2


if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
