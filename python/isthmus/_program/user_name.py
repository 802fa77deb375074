"""What the program calls its functions: ``isthmus graph`` shows it, and a dump of a dying worker says by it whose it was."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from types import FrameType, FunctionType
from typing import Any

from .kinds import user_methods

#: Of objects that operators call by another name than their own.
_METHODS = user_methods()
_LAMBDA = "<lambda>"
#: What an interpreter calls its last results.
_LAST_RESULT = re.compile(r"_+\d*")
#: Frames that a lambda's name is looked for in.
_FRAMES = 50


def user_name(obj: Any, name: str) -> str:
    """
    Args:
        obj: The function, an object with a method, or a value such as the elements of a collection.
        name: The method that is called, or what else to say where nothing else is known.
    """
    while isinstance(obj, functools.partial):
        obj = obj.func
    qualname = getattr(obj, "__qualname__", None)
    if isinstance(qualname, str):
        return _name_of_lambda(obj, qualname) if qualname.endswith(_LAMBDA) else qualname
    made_by = type(obj).__qualname__
    if isinstance(obj, Collection) and not callable(obj):
        return made_by
    method = next((method for method in (name, *_METHODS, "__call__") if _is_written(obj, method)), None)
    if method is not None:
        return f"{made_by}.{method}"
    own = getattr(obj, "__name__", None)
    return own if isinstance(own, str) else made_by


def _is_written(obj: Any, method: str) -> bool:
    """Whether the class of an object has the method in Python: what is called is not told by those of C's."""
    return isinstance(getattr(type(obj), method, None), FunctionType)


def _name_of_lambda(obj: Any, qualname: str) -> str:
    """With the variable that holds it in the program, if one does."""
    if not isinstance(obj, FunctionType):
        return qualname
    variable = next(
        (name for names in _names_around(obj) for name, value in list(names.items()) if value is obj), None
    )
    if variable is None or _LAST_RESULT.fullmatch(variable):
        return qualname
    return qualname.removesuffix(_LAMBDA) + variable


def _names_around(function: FunctionType) -> Iterator[Mapping[str, Any]]:
    """Variables of the call that has made it, where that is still going on, and of its module."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_FRAMES):
        if frame is None:
            break
        # A parameter of somebody between is none of its names.
        if function.__code__ in frame.f_code.co_consts:
            yield frame.f_locals
        frame = frame.f_back
    yield function.__globals__
