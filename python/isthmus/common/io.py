"""PyFlink's input formats, which wrap Java classes: the name can be imported, not used."""

from __future__ import annotations

from .._pyflink.lazy import absent_names

__getattr__ = absent_names(__name__)
