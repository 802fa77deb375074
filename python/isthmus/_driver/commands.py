"""The commands of the ``isthmus`` tool. They are the runtime's (``src/cli``), with this Python as interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

from .runtime import PACKAGE, PACKAGE_DIR, find_node

_AROUND = os.path.dirname(PACKAGE_DIR)
#: In a checkout, a wheel, the npm package.
_ENTRIES = (
    os.path.join(_AROUND, "src", "cli", "main.ts"),
    os.path.join(PACKAGE, "_runtime", "cli.mjs"),
    os.path.join(_AROUND, "dist", "cli", "main.js"),
)


def command(args: list[str]) -> int:
    """Run a command; returns its exit code."""
    node = find_node()
    entry = next((path for path in _ENTRIES if os.path.isfile(path)), _ENTRIES[1])
    environment = {"ISTHMUS_PYTHON": sys.executable, **os.environ, "ISTHMUS_NODE": node}
    started = [node, "--disable-warning=ExperimentalWarning", entry, *args]
    if args and args[0] in ("help", "--help", "-h", "--version") and not os.isatty(2):
        environment.setdefault("NO_COLOR", "1")
    process = subprocess.Popen(started, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told the command too; it decides what Ctrl-C means.
            continue
