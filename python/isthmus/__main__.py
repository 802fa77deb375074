"""``python -m isthmus program.py [args…]``: run an unchanged PyFlink (or Isthmus) program.

``python -m isthmus run|graph|doctor …`` are the commands of the ``isthmus`` tool.
"""

from __future__ import annotations

import os
import sys

_COMMANDS = ("run", "graph", "doctor", "help", "--help", "-h", "--version")


def run_program(path: str, args: list[str]) -> None:
    """Run a file as ``__main__``, as ``python path args…`` would, with ``pyflink`` meaning Isthmus."""
    from ._alias import install

    install()
    path = os.fspath(path)
    main = type(sys)("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    sys.argv[:] = [path, *args]
    folder = os.path.dirname(os.path.abspath(path))
    if not sys.path or sys.path[0] != folder:
        sys.path.insert(0, folder)
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def cli(argv: list[str] | None = None) -> int:
    """The ``isthmus`` command; returns the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args:
        print(__doc__, file=sys.stderr)
        return 2
    if args[0] in _COMMANDS:
        from ._driver.commands import command

        return command(args)
    return _run(args[0], args[1:])


def _run(path: str, args: list[str]) -> int:
    if not os.path.isfile(path):
        print(f"isthmus: there is no file {path}. Use: python -m isthmus program.py [args…]", file=sys.stderr)
        return 2
    # The runtime starts while the program is still importing.
    from ._driver.session import session

    session()
    # What `python path` would have put there instead of the folder of `-m`.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    try:
        run_program(path, args)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except SystemExit:
        raise
    except BaseException as e:
        from ._driver.uncaught import show

        show(e)
        return 1
    return 0


if __name__ == "__main__":
    # As `python file` does: the exit code of the program is that of the process.
    sys.exit(cli())
