"""Finds the functions that a job graph refers to (``FunctionRef``)."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..._code.imports import loading
from ...errors import GraphError

if TYPE_CHECKING:
    from ..._program.job_graph import FunctionRef


class FunctionLoader:
    """Loads functions of one job; every subtask gets instances of its own."""

    def __init__(self, blobs: dict[int, bytes]) -> None:
        self._blobs = blobs

    def __call__(self, ref: FunctionRef) -> Any:
        with loading():
            return self._load(ref)

    def _load(self, ref: FunctionRef) -> Any:
        if ref["form"] == "pickle":
            return pickle.loads(self._blobs[ref["blob"]])
        if ref["form"] != "import":
            raise GraphError(f"{ref['name']!r} is a function of TypeScript; Python cannot call it.")
        module = module_of(ref.get("module"), ref.get("file"))
        found: Any = module
        for part in ref["name"].split("."):
            try:
                found = getattr(found, part)
            except AttributeError:
                close = get_close_matches(part, dir(found), 1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                where = ref.get("file") or ref.get("module")
                raise GraphError(f"{where} has no {ref['name']!r}.{hint}") from None
        if isinstance(found, type):
            return found(*ref.get("args") or (), **ref.get("kwargs") or {})
        if ref.get("args") or ref.get("kwargs"):
            raise GraphError(
                f"{ref['name']!r} takes no args here: they are for the constructor of a class, and it is a function."
            )
        return found


#: Modules of functions' files, by path: two may have one name.
_BY_PATH: dict[str, ModuleType] = {}
#: Folders of those files.
_FOLDERS: set[str] = set()


def module_of(name: str | None, file: str | None) -> ModuleType:
    """A module by its name, or by the path of its file."""
    if name:
        return importlib.import_module(name)
    if not file:
        raise GraphError("A function to import needs a module or a file.")
    path = os.path.abspath(file)
    folder, base = os.path.split(path)
    name = os.path.splitext(base)[0]
    loaded = _BY_PATH.get(path) or sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not os.path.exists(path):
        raise GraphError(f"There is no Python file {path}.")
    _put_aside_namesakes(folder)
    _FOLDERS.add(folder)
    module = importlib.util.module_from_spec(spec)
    # Records of its classes are pickled by the module's name.
    sys.modules[name] = module
    try:
        with _siblings_first(folder):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    _BY_PATH[path] = module
    return module


@contextmanager
def _siblings_first(folder: str) -> Iterator[None]:
    """What a file imports is looked for next to it, as if Python had been started with that file."""
    place = sys.path.index(folder) if folder in sys.path else 0
    sys.path[:] = [folder, *(p for p in sys.path if p != folder)]
    try:
        yield
    finally:
        if place > 0 and folder in sys.path:
            sys.path.remove(folder)
            sys.path.insert(place, folder)


def _put_aside_namesakes(folder: str) -> None:
    """Forget modules that were found next to another function's file where this folder has one of that name, too.

    Who has imported them keeps them; an import within a call finds those of the folder that was loaded last.
    """
    others = _FOLDERS - {folder}
    if not others:
        return
    aside = {
        name
        for name, module in list(sys.modules.items())
        if "." not in name and _home_of(module) in others and _offers(folder, name)
    }
    for name in [name for name in sys.modules if name.partition(".")[0] in aside]:
        del sys.modules[name]


def _home_of(module: ModuleType) -> str | None:
    """The folder in which a module or a package was found."""
    file = getattr(module, "__dict__", {}).get("__file__")
    if not isinstance(file, str):
        return None
    folder, base = os.path.split(file)
    return os.path.dirname(folder) if base == "__init__.py" else folder


def _offers(folder: str, name: str) -> bool:
    at = os.path.join(folder, name)
    return os.path.exists(f"{at}.py") or os.path.exists(os.path.join(at, "__init__.py"))
