"""Names of side outputs."""

from __future__ import annotations

from .._interfaces.output_tag import OutputTag

__all__ = ["OutputTag"]
