"""Where a part of a source or of a sink runs."""

from __future__ import annotations

from typing import Protocol


class ConnectorPlace(Protocol):
    @property
    def operator_name(self) -> str: ...
    @property
    def job_name(self) -> str: ...
    @property
    def subtask(self) -> int: ...
    @property
    def parallelism(self) -> int: ...
    @property
    def attempt(self) -> int: ...
