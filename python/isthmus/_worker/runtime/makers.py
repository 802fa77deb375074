"""What makes operators and sources of their specs: handed to the runtime, which knows none of them (``_worker/built_in.py``)."""

from __future__ import annotations

from typing import Any, Protocol

from .operator import Operator
from .split_driver import OpenSource


class Makers(Protocol):
    def make_operator(self, spec: dict[str, Any], *, keyed: bool, batch: bool) -> Operator: ...

    def make_source(self, spec: dict[str, Any]) -> OpenSource: ...
