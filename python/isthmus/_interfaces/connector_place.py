"""Where a part of a source or of a sink runs."""

from __future__ import annotations

from typing import Protocol


class ConnectorPlace(Protocol):
    """Where a part of a connector runs."""

    @property
    def operator_name(self) -> str:
        """The name of the operator."""
        ...

    @property
    def job_name(self) -> str:
        """The name of the job."""
        ...

    @property
    def subtask(self) -> int:
        """Which subtask of the operator this is, from 0."""
        ...

    @property
    def parallelism(self) -> int:
        """How many subtasks the operator has."""
        ...

    @property
    def attempt(self) -> int:
        """0 for the first run, then one more with every restart."""
        ...
