"""What sources and sinks have in common."""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING, Any

from ..._program.graph import ProgramGraph
from ..._pyflink.lazy import absent_names

if TYPE_CHECKING:
    from ..._program.job_graph import HostLanguage

__all__ = ["DeliveryGuarantee", "Sink", "Source"]


#: References to functions, by part.
Refs = dict[str, dict[str, Any]]


class Source:
    """Something ``env.from_source`` takes."""

    def to_operator(
        self, graph: ProgramGraph
    ) -> tuple[str, str, dict[str, Any], Refs, HostLanguage | None, Any]:
        """Kind, default name, parameters, functions by part, language and produced type of the operator."""
        raise NotImplementedError


class Sink:
    """Something ``stream.sink_to`` takes."""

    def to_operator(self, graph: ProgramGraph) -> tuple[str, str, dict[str, Any], Refs]:
        """Kind, default name, parameters and functions by part of the operator."""
        raise NotImplementedError


def check_path(path: Any) -> None:
    """
    Raises:
        TypeError: It is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"A path of files must be a str; it is {path!r}.")


def reader_of(charset: str) -> HostLanguage:
    """The language in which text in a charset can be read: what TypeScript does not know, Python reads."""
    known = (
        "utf-8",
        "iso8859-1",
        *(f"utf-{bits}{order}" for bits in (16, 32) for order in ("", "-le", "-be")),
    )
    return "any" if charset in known else "python"


class DeliveryGuarantee(Enum):
    """What a sink promises when something fails."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
    NONE = 2


if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
