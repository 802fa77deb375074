"""Sources and sinks. Imported on use."""

from __future__ import annotations

from typing import Any

from ..._pyflink.absent import NAMES
from ..._pyflink.lazy import lazy_names

_NAMES = {
    "Sink": "base",
    "Source": "base",
    "DeliveryGuarantee": "base",
    "NumberSequenceSource": "number_seq",
    **dict.fromkeys(
        (
            "BucketAssigner",
            "FileEnumeratorProvider",
            "FileSink",
            "FileSource",
            "FileSourceBuilder",
            "FileSplitAssignerProvider",
            "OutputFileConfig",
            "RollingPolicy",
            "StreamFormat",
            "StreamingFileSink",
        ),
        "file_system",
    ),
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), _NAMES, NAMES[__name__], name)
