"""PyFlink's kafka connector: its names can be imported; using one says that it is not there yet."""

from __future__ import annotations

from ..._pyflink.lazy import absent_names

__getattr__ = absent_names(__name__)
