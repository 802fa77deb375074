"""Pickling by value: functions and classes that a worker cannot import.

V1. Code keeps the name of the file it was written in: without it a traceback shows no line of the user's. cloudpickle
    leaves the name out from 3.1.3 on.
"""

from __future__ import annotations

import io
import sys
from types import CodeType
from typing import Any

try:
    from cloudpickle.cloudpickle import CloudPickler
except ImportError as e:
    raise ImportError(
        f"Isthmus needs cloudpickle 3.0 or newer: {sys.executable} -m pip install 'cloudpickle>=3.0' 'msgspec>=0.19'"
    ) from e

#: Where the file's name stands among the arguments of ``CodeType``.
_FILENAME = 10


def _reduce_code(code: CodeType) -> Any:
    make, arguments = CloudPickler.dispatch_table[CodeType](code)
    return make, (*arguments[:_FILENAME], code.co_filename, *arguments[_FILENAME + 1 :])  # V1


class ByValuePickler(CloudPickler):  # type: ignore[misc]
    dispatch_table = CloudPickler.dispatch_table.new_child({CodeType: _reduce_code})


def dumps_by_value(value: Any) -> bytes:
    """Pickle ``value`` with everything in it that cannot be imported; ``pickle.loads`` reads it."""
    file = io.BytesIO()
    ByValuePickler(file, protocol=5).dump(value)
    return file.getvalue()
