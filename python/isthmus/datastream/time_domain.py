"""The two clocks a timer can follow."""

from __future__ import annotations

from .._interfaces.time_domain import TimeDomain

__all__ = ["TimeDomain"]
