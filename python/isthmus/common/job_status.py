"""As PyFlink names it; see ``jobs``."""

from .jobs import JobStatus

__all__ = ["JobStatus"]
