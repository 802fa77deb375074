"""What holds for a program, twin of src/config/in-force.ts: what file, environment and command line say is stronger than code.

For the getters of an environment; a job's settings are resolved by the runtime.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

#: JSON of what the command line says, and of what the configuration file says; set by ``isthmus run``.
COMMAND_LINE_VARIABLE = "ISTHMUS_COMMAND_LINE"
FILE_SETTINGS_VARIABLE = "ISTHMUS_FILE_SETTINGS"


#: What is no setting: what the runtime and its processes are started with.
_SET_UP = ("ISTHMUS_NODE", "ISTHMUS_PYTHON", "ISTHMUS_TERMINAL")


def is_code_alone() -> bool:
    """Whether nothing is said but by code: then a program need not wait for what reads the rest."""
    return not any(name.startswith("ISTHMUS_") and name not in _SET_UP for name in os.environ)


def value_in_force(code: Mapping[str, Any], key: str) -> Any:
    """A setting, wherever it is said, else its default.

    Raises:
        ConfigurationError: The value does not fit.
    """
    from .resolve import value_of

    if is_code_alone():
        return value_of(code, key)
    return value_of(code, key, (("file", _json(FILE_SETTINGS_VARIABLE)), *_environment()))


def _environment() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    from .table import ROWS

    said = {row.key: os.environ.get(_variable_of(row.key)) for row in ROWS}
    named = {key: value for key, value in said.items() if value}
    return ("environment", named), ("command line", _json(COMMAND_LINE_VARIABLE))


def _variable_of(key: str) -> str:
    return "ISTHMUS_" + key.removeprefix("isthmus.").replace(".", "_").replace("-", "_").upper()


def _json(variable: str) -> dict[str, str]:
    text = os.environ.get(variable)
    if not text:
        return {}
    import json

    found: dict[str, str] = json.loads(text)
    return found
