"""What a process function asks for the time and for timers."""

from __future__ import annotations

from .._interfaces.timerservice import TimerService

__all__ = ["TimerService"]
