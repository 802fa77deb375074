"""A worker as the program that submitted its job: path, folder, environment, and the definitions of its ``__main__``."""

from __future__ import annotations

import importlib
import os
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..._program.job_graph import PythonEnvironmentSpec


#: Of integers that become texts; the first Python 3.10s know no limit.
_INT_DIGITS: int | None = getattr(sys, "get_int_max_str_digits", lambda: None)()


def install_program(python: PythonEnvironmentSpec, blobs: dict[int, Any]) -> None:
    """Be like the program that submitted: its path, folder, environment and the definitions of its ``__main__``."""
    if python.get("cwd") and python["cwd"] != os.getcwd():
        os.chdir(python["cwd"])
    if _INT_DIGITS is not None:
        sys.set_int_max_str_digits(python.get("intDigits", _INT_DIGITS))
    if python.get("archives"):
        from . import archives

        archives.enter(python["archives"])
    if python.get("sysPath"):
        own = [p for p in sys.path if p not in python["sysPath"]]
        sys.path[:] = [*python["sysPath"], *own]
    sys.path.extend(p for p in python.get("sysPathEnd") or () if p not in sys.path)
    # A module that was written since the job before is found.
    importlib.invalidate_caches()
    if python.get("env"):
        _set_environment(python["env"])
    if python.get("sources"):
        from ..._code.source_lines import remember

        remember(python["sources"])
    bundles = python.get("mainBundles") or []
    if bundles or python.get("mainFile"):
        _own_main.setdefault("__main__", sys.modules["__main__"])
        main = ModuleType("__main__")
        if python.get("mainFile"):
            main.__file__ = python["mainFile"]
        main.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = main
    if bundles:
        from ..._code.pickling import install_bundle

        for bundle in bundles:
            install_bundle(bytes(blobs[bundle]))
    if python.get("moduleState"):
        from ..._code.module_state import restore_state

        restore_state(python["moduleState"])


def _set_environment(env: dict[str, str | None]) -> None:
    for name, value in env.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "TZ" in env and hasattr(time, "tzset"):
        time.tzset()  # The C library has read it before.


#: The worker's own ``__main__`` while a program's is installed.
_own_main: dict[str, ModuleType] = {}


def uninstall_program() -> None:
    """Forget the program's ``__main__`` and all that its classes hold; what it imported stays, for the next job."""
    sys.modules.update(_own_main)
    _own_main.clear()


_OWN_LIMIT = sys.getrecursionlimit()
#: Frames of an operator: its generator, what takes its results apart, a counter.
_FRAMES = 3
#: More levels of generators than the stack of C is sure to hold.
_DEEPEST = 3_000


def leave_frames(operators: int) -> None:
    """A chain is generators within generators; their frames are not to be taken from those of the user's functions."""
    sys.setrecursionlimit(_OWN_LIMIT + _FRAMES * min(operators, _DEEPEST))
