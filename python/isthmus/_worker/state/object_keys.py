"""Keys that are objects of the user's own: they go by what they are made of, which is what pickle would write of them.

The pickle itself will not do. It says which parts are one object, so equal objects may have several; it keeps the order
in which attributes were set; and it writes each NaN as it is. So the parts that pickle asks an object for
(``__reduce_ex__``) are encoded as keys are.
"""

from __future__ import annotations

import copyreg
import pickle
import threading
from types import BuiltinFunctionType, FunctionType
from typing import Any

#: Pickle's protocol, which objects may make their parts depend on; from 5 on arrays give no parts but a buffer.
_PROTOCOL = 4


class _UnderWay(threading.local):
    def __init__(self) -> None:
        #: ids of the objects being encoded.
        self.objects: set[int] = set()


_under_way = _UnderWay()


class RefersToItself(Exception):
    """An object is a part of itself."""


def encoded(key: Any) -> bytes:
    """The bytes of a key that is of no type with an encoding of its own.

    Raises:
        Exception: It has no parts: whatever pickle or ``__reduce_ex__`` raises.
    """
    objects = _under_way.objects
    if objects:
        return _parts(key, objects)
    try:
        return _parts(key, objects)
    except (RefersToItself, RecursionError):
        # From the outermost object alone, or the bytes would depend on where the circle was entered.
        return pickle.dumps(key, _PROTOCOL)
    finally:
        objects.clear()


def _parts(key: Any, objects: set[int]) -> bytes:
    from .keys import encode_key

    if isinstance(key, (type, FunctionType, BuiltinFunctionType)):
        if "<lambda>" in key.__qualname__:
            raise TypeError("a lambda has no name to be found by")
        return encode_key(("name", f"{key.__module__}.{key.__qualname__}"))
    if id(key) in objects:
        raise RefersToItself
    objects.add(id(key))
    try:
        return encode_key(_reduced(key))
    finally:
        objects.discard(id(key))


def _reduced(key: Any) -> Any:
    reducer = copyreg.dispatch_table.get(type(key))
    reduced = key.__reduce_ex__(_PROTOCOL) if reducer is None else reducer(key)
    if isinstance(reduced, str):
        return ("global", type(key), reduced)
    make, arguments, *rest = reduced
    state = rest[0] if rest else None
    items = list(rest[1]) if len(rest) > 1 and rest[1] is not None else None
    pairs = dict(rest[2]) if len(rest) > 2 and rest[2] is not None else None
    return make, arguments, state, items, pairs
