"""The commands of the ``isthmus`` tool. They are the runtime's (``src/cli``), with this Python as interpreter."""

from __future__ import annotations

import os
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
    """Run a command, in place of this process where that can be; returns its exit code otherwise."""
    node = find_node()
    entry = next((path for path in _ENTRIES if os.path.isfile(path)), _ENTRIES[1])
    environment = {"ISTHMUS_PYTHON": sys.executable, **os.environ, "ISTHMUS_NODE": node}
    started = [node, "--disable-warning=ExperimentalWarning", entry, *args]
    if args and args[0] in ("help", "--help", "-h", "--version") and not os.isatty(2):
        environment.setdefault("NO_COLOR", "1")
    if os.name == "posix":
        # Nobody between the command and whoever started it: signals and exit codes are its own.
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(node, started, environment)
    import subprocess

    process = subprocess.Popen(started, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told the command too; it decides what Ctrl-C means.
            continue
