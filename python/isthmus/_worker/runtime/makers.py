"""What makes operators and sources of their specs: handed to the runtime, which knows none of them (``_worker/built_in.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .operator import Operator
from .split_driver import OpenSource

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec


class Makers(Protocol):
    def make_operator(self, spec: OperatorSpec, *, keyed: bool, batch: bool) -> Operator: ...

    def make_source(self, spec: OperatorSpec) -> OpenSource: ...
