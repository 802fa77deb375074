"""Operators of several functions, or of settings besides their function, as the API and the workers see them; the others are in
``_interfaces/operations.py``.

Between the two each is plain data: ``as_data`` gives its parameters (``docs/operators.md``) and its functions by part, which
travel as references; the operator of that kind in ``_worker/operators`` puts them together again. Both sides import this
module, so it must stay light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

#: Functions by part: of the program's, or ``ts(...)``; None where there is none.
Parts = dict[str, Any]
Params = dict[str, Any]


class Operation:
    """What the API makes of an operator."""

    kind: ClassVar[str]

    def as_data(self) -> tuple[Params, Parts]:
        """Parameters, as JSON has them, and functions."""
        raise NotImplementedError


@dataclass
class TimestampsOperation(Operation):
    """Operator kind ``timestamps``."""

    kind = "timestamps"

    #: ``none`` assigns timestamps (if there is an assigner) and emits no watermark but the final one.
    generator: Literal["monotonous", "bounded", "none", "custom"]
    #: Milliseconds, for ``bounded``.
    max_out_of_orderness: int = 0
    #: A TimestampAssigner, or None to keep the timestamps there are.
    assigner: Any = None
    #: Milliseconds without a record until the output counts as idle; None: never.
    idle_timeout: int | None = None
    #: A WatermarkGenerator (on_event, on_periodic_emit), for ``custom``.
    custom: Any = None
    #: Whether each split of the source before it has a generator of its own.
    per_split: bool = False

    def as_data(self) -> tuple[Params, Parts]:
        params: Params = {"generator": self.generator}
        if self.generator == "bounded":
            params["maxOutOfOrdernessMs"] = self.max_out_of_orderness
        if self.idle_timeout is not None:
            params["idleTimeoutMs"] = self.idle_timeout
        if self.per_split:
            params["perSplit"] = True
        return params, {"timestampAssigner": self.assigner, "generator": self.custom}
