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
    from types import CodeType
    from typing import Any

_COMMANDS = ("run", "graph", "doctor", "help", "--help", "-h", "--version")


def run_program(path: str, args: list[str]) -> None:
    """Run a file as ``__main__``, as ``python path args…`` would, with ``pyflink`` meaning Isthmus."""
    path = os.fspath(path)
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    folder = os.path.dirname(os.path.abspath(path))
    if not sys.path or sys.path[0] != folder:
        sys.path.insert(0, folder)
    _execute(code, path, args)


def run_module(name: str, args: list[str]) -> None:
    """Run a module, or the ``__main__`` of a package, as ``python -m name args…`` would, with ``pyflink`` meaning Isthmus.

    Raises:
        ImportError: There is no such module, or it cannot be run.
    """
    from importlib.util import find_spec

    from ._alias import install

    install()
    spec = find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        name = f"{name}.__main__"
        spec = find_spec(name)
    get_code: Any = getattr(spec and spec.loader, "get_code", None)
    code = get_code(name) if get_code is not None else None
    if spec is None or code is None:
        raise ImportError(f"There is no module {name} that can be run; looked in {', '.join(sys.path[:3])} …")
    _execute(code, spec.origin or name, args, __spec__=spec, __package__=spec.parent, __loader__=spec.loader)


def _execute(code: CodeType, path: str, args: list[str], **attributes: Any) -> None:
    from ._alias import install

    install()
    main = type(sys)("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    vars(main).update(attributes)
    sys.argv[:] = [path, *args]
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
    if args[0] == "-m":
        if len(args) == 1:
            print(
                "isthmus: -m takes the name of a module: python -m isthmus -m package.module", file=sys.stderr
            )
            return 2
        return _run(run_module, args[1], args[2:])
    if not os.path.isfile(args[0]):
        print(
            f"isthmus: there is no file {args[0]}. Use: python -m isthmus program.py [args…]", file=sys.stderr
        )
        return 2
    # What `python path` would have put there instead of the folder of `-m`.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
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
