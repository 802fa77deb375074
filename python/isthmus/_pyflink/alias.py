"""Lets programs that import ``pyflink`` run on Isthmus: ``pyflink.x`` is ``isthmus.x``, the same module objects.

In force in every process that Isthmus starts to run Python: a program of ``python -m isthmus``, workers, and where functions
are looked up and graphs recorded. A module that a function comes from may import ``pyflink`` as well as the program does.

An installed PyFlink is hidden. What PyFlink has and Isthmus does not fails with one sentence that says so.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: The release whose names and behaviour are followed.
_RELEASE = "2.3.0"
_MINE, _THEIRS = "isthmus", "pyflink"


# Finders and loaders without the base classes of importlib.abc, which take longer to import than all of this.


class _Finder:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != _THEIRS and not name.startswith(_THEIRS + "."):
            return None
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name == "pyflink.datastream.operations":
            return _operations()
        if spec.name == "pyflink.version":
            module = ModuleType(spec.name)
            module.__version__ = _RELEASE  # type: ignore[attr-defined]
            return module
        from importlib.util import find_spec

        own = _MINE + spec.name[len(_THEIRS) :]
        try:
            found = find_spec(own)
        except ModuleNotFoundError:
            found = None
        if found is None:
            from .absent import MODULES

            if any(spec.name == absent or spec.name.startswith(absent + ".") for absent in MODULES):
                raise ModuleNotFoundError(
                    f"{spec.name} exists in PyFlink, but Isthmus does not have it (yet).", name=spec.name
                )
            raise ModuleNotFoundError(f"No module named {spec.name!r}", name=spec.name)
        module = import_module(own)
        # The import system will write the alias's spec into the module; it keeps its own.
        module.__dict__.setdefault("__isthmus_spec__", module.__spec__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        own = module.__dict__.get("__isthmus_spec__")
        if own is not None:
            module.__spec__ = own
            module.__loader__ = own.loader
            module.__name__ = own.name
            module.__package__ = own.name if own.submodule_search_locations is not None else own.parent


class _Py4jFinder:
    """Where py4j is not installed: its errors, which programs catch around PyFlink's ``execute``."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in ("py4j", "py4j.protocol"):
            return None
        return ModuleSpec(name, self, is_package=name == "py4j")  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        if spec.name == "py4j.protocol":
            from ..errors import IsthmusError

            module.Py4JError = module.Py4JJavaError = IsthmusError  # type: ignore[attr-defined]
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


def _operations() -> ModuleType:
    """``pyflink.datastream.operations``, which never existed: programs found on the web import it all the same."""
    import warnings

    warnings.warn(
        "pyflink.datastream.operations does not exist in PyFlink; MapOperation is taken for MapFunction.",
        stacklevel=2,
    )
    module = ModuleType("pyflink.datastream.operations")
    module.MapOperation = import_module("isthmus.datastream.functions").MapFunction  # type: ignore[attr-defined]
    return module


def install() -> None:
    """Install the alias for this process; again has no effect."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        for name in [n for n in sys.modules if n == _THEIRS or n.startswith(_THEIRS + ".")]:
            del sys.modules[name]
        sys.meta_path.insert(0, _Finder())
        sys.meta_path.append(_Py4jFinder())
