"""As PyFlink names it; see ``jobs``."""

from .jobs import JobExecutionResult

__all__ = ["JobExecutionResult"]
