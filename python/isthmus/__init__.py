"""Isthmus: Python and TypeScript on one stream, with PyFlink's DataStream API and no JVM."""

from __future__ import annotations

# Not that of typing, whose import alone takes longer than it does to start the runtime.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._program.typescript import ts as ts

__version__ = "0.1.0"

__all__ = ["__version__", "install_as_pyflink", "ts"]


def install_as_pyflink() -> None:
    """Make ``import pyflink`` mean Isthmus in this process, before the first such import: in notebooks, in a ``conftest.py``.

    Programs run by ``python -m isthmus`` and functions in workers need no call. An installed PyFlink is hidden.
    """
    from ._pyflink.alias import install

    install()


def __getattr__(name: str) -> Any:
    # Imported on use: start-up time is a feature.
    if name == "ts":
        from ._program.typescript import ts

        return ts
    raise AttributeError(f"module 'isthmus' has no attribute {name!r}")
