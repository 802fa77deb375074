"""As PyFlink names it; see ``jobs``."""

from .jobs import JobID

__all__ = ["JobID"]
