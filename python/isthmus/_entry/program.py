"""Runs a file or a module as ``__main__``, with ``pyflink`` meaning Isthmus."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any


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

    from .._pyflink.alias import install

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
    from .._pyflink.alias import install

    install()
    main = type(sys)("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    vars(main).update(attributes)
    sys.argv[:] = [path, *args]
    sys.modules["__main__"] = main
    exec(code, main.__dict__)
