"""What workers need to be like the program that submitted the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job_graph import PythonEnvironmentSpec


def in_environment(said: PythonEnvironmentSpec, around: PythonEnvironmentSpec) -> PythonEnvironmentSpec:
    """What a program says of its workers, in the environment that it runs in; import paths of its own come first."""
    path = [*said.get("sysPath", []), *around.get("sysPath", [])]
    return {**around, **said, "sysPath": path}
