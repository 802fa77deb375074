"""Finds the functions that a job graph refers to (``FunctionRef``)."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import sys
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from .._imports import loading
from ..errors import GraphError


class FunctionLoader:
    """Loads functions of one job; every subtask gets instances of its own."""

    def __init__(self, blobs: dict[int, bytes]) -> None:
        self._blobs = blobs

    def __call__(self, ref: dict[str, Any]) -> Any:
        with loading():
            return self._load(ref)

    def _load(self, ref: dict[str, Any]) -> Any:
        if ref["form"] == "pickle":
            return pickle.loads(self._blobs[ref["blob"]])
        module = _module_of(ref)
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


def _module_of(ref: dict[str, Any]) -> ModuleType:
    if ref.get("module"):
        return importlib.import_module(ref["module"])
    path = os.path.abspath(ref["file"])
    folder, base = os.path.split(path)
    name = os.path.splitext(base)[0]
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    # Its siblings must be importable, and records of its classes are pickled by the module's name.
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not os.path.exists(path):
        raise GraphError(f"There is no Python file {path}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module
