"""As PyFlink names it; see ``jobs``."""

from .jobs import CompletableFuture

__all__ = ["CompletableFuture"]
