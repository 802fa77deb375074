"""``python -m isthmus program.py [args…]``: run an unchanged PyFlink (or Isthmus) program.

``python -m isthmus -m package.module [args…]`` runs a module so, as ``python -m`` does: a program of a package, or ``pytest``.
``python -m isthmus run|graph|doctor …`` are the commands of the ``isthmus`` tool.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_COMMANDS = ("run", "graph", "doctor", "help", "--help", "-h", "--version")


def cli(argv: list[str] | None = None) -> int:
    """The ``isthmus`` command; returns the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args:
        print(__doc__, file=sys.stderr)
        return 2
    if args[0] in _COMMANDS:
        from ._driver.commands import command

        return command(args)
    if args[0] == "-m":
        if len(args) == 1:
            print(
                "isthmus: -m takes the name of a module: python -m isthmus -m package.module", file=sys.stderr
            )
            return 2
        from ._entry.program import run_module

        return _run(run_module, args[1], args[2:])
    if not os.path.isfile(args[0]):
        print(
            f"isthmus: there is no file {args[0]}. Use: python -m isthmus program.py [args…]", file=sys.stderr
        )
        return 2
    # What `python path` would have put there instead of the folder of `-m`.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from ._entry.program import run_program

    return _run(run_program, args[0], args[1:])


def _run(run: Callable[[str, list[str]], None], what: str, args: list[str]) -> int:
    try:
        # Before anything else is imported: the runtime gets ready meanwhile.
        from ._driver.runtime import start

        start()
        from ._driver.session import session

        session()
        run(what, args)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except SystemExit:
        raise
    except BaseException as e:
        from ._driver.uncaught import show

        return show(e)
    return 0


if __name__ == "__main__":
    # As `python file` does: the exit code of the program is that of the process.
    sys.exit(cli())
