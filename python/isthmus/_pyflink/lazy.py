"""Names of a package that are imported on first use, and names that PyFlink has and Isthmus has not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

from ..errors import UnsupportedError


class _Absent:
    """Stands for a name that PyFlink has: it can be imported, not used."""

    def __init__(self, module: str, name: str) -> None:
        self.__dict__["_text"] = (
            f"{module.replace('isthmus', 'pyflink', 1)}.{name} exists in PyFlink, but Isthmus does not have it (yet)."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise UnsupportedError(self.__dict__["_text"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(self.__dict__["_text"])

    def __mro_entries__(self, bases: Any) -> Any:
        raise UnsupportedError(self.__dict__["_text"])


def lazy_names(
    package: str, namespace: dict[str, Any], names: Mapping[str, str], absent: Collection[str], name: str
) -> Any:
    """The ``__getattr__`` of a package.

    Args:
        package: Its name.
        namespace: Its globals; what is found is kept there.
        names: Name → submodule, relative to the package (``.x``-style parents allowed as ``..x``).
        absent: Names of PyFlink's that Isthmus has not.
        name: What is asked for.
    """
    module = names.get(name)
    if module is not None:
        # A leading dot counts from the package's parent on.
        target = module if module.startswith(".") else "." + module
        found = getattr(import_module(target, package), name)
        namespace[name] = found
        return found
    if name in absent:
        namespace[name] = placeholder = _Absent(package, name)
        return placeholder
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def absent_names(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that lacks names of PyFlink's (``_absent.NAMES``)."""

    def get(name: str) -> Any:
        from .absent import NAMES

        if name in NAMES.get(module, ()):
            return _Absent(module, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get


def no_java(owner: Any, name: str) -> Any:
    """The ``__getattr__`` of classes that wrap a Java object in PyFlink: programs reach for it now and then."""
    kind = type(owner).__name__
    if name.startswith(("_j_", "get_java_", "to_j_")):
        raise AttributeError(f"{kind}.{name} is the way to a Java object in PyFlink; Isthmus has no JVM.")
    raise AttributeError(f"{kind!r} object has no attribute {name!r}")
