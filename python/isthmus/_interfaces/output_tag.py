"""Names of side outputs.

Imported on use, and by nobody else: that it has not been tells a worker that no result can be for a side output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._pyflink.lazy import no_java

__all__ = ["OutputTag"]

T = TypeVar("T")


class OutputTag(Generic[T]):
    """Names a side output; a function emits to it with ``yield tag, value``.

    Two tags with the same id are the same tag.

    Args:
        tag_id: The name, not empty.
        type_info: The type of its records; a list of types means a row of them.
    """

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, tag_id: str, type_info: Any = None) -> None:
        if not tag_id:
            raise ValueError("OutputTag tag_id cannot be None or empty string")
        if not isinstance(tag_id, str):
            raise TypeError(f"The tag_id of an OutputTag must be a str; it is {tag_id!r}.")
        self.tag_id = tag_id
        from isthmus.common.typeinfo import TypeInformation, Types

        if type_info is None:
            type_info = Types.PICKLED_BYTE_ARRAY()
        elif isinstance(type_info, list):
            type_info = Types.ROW(type_info)
        elif not isinstance(type_info, TypeInformation):
            raise TypeError("OutputTag type_info must be None, list or TypeInformation")
        self.type_info = type_info

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OutputTag) and other.tag_id == self.tag_id

    def __hash__(self) -> int:
        return hash(self.tag_id)

    def __repr__(self) -> str:
        return f"OutputTag({self.tag_id!r})"
