"""As PyFlink names it; see ``jobs``."""

from .jobs import JobClient

__all__ = ["JobClient"]
