"""What holds for a program, twin of src/config/in-force.ts: what file, environment and command line say is stronger than code.

For the getters of an environment; a job's settings are resolved by the runtime.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from .resolve import value_of
from .table import ROWS

#: JSON of what the command line says, and of what the configuration file says; set by ``isthmus run``.
COMMAND_LINE_VARIABLE = "ISTHMUS_COMMAND_LINE"
FILE_SETTINGS_VARIABLE = "ISTHMUS_FILE_SETTINGS"


def value_in_force(code: Mapping[str, Any], key: str) -> Any:
    """A setting, wherever it is said, else its default.

    Raises:
        ConfigurationError: The value does not fit.
    """
    return value_of(code, key, (("file", _json(FILE_SETTINGS_VARIABLE)), *_environment()))


def _environment() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    said = {row.key: os.environ.get(_variable_of(row.key)) for row in ROWS} if _any_said() else {}
    named = {key: value for key, value in said.items() if value}
    return ("environment", named), ("command line", _json(COMMAND_LINE_VARIABLE))


def _any_said() -> bool:
    return any(name.startswith("ISTHMUS_") for name in os.environ)


def _variable_of(key: str) -> str:
    return "ISTHMUS_" + re.sub("[^A-Z0-9]+", "_", key.removeprefix("isthmus.").upper())


def _json(variable: str) -> dict[str, str]:
    text = os.environ.get(variable)
    return json.loads(text) if text else {}
