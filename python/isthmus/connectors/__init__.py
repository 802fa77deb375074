"""What a connector of one's own is made of: see docs/connectors.md."""

from .._interfaces.sink import Committable, Committer, Prepared, Sink, SinkContext, SinkWriter
from .._interfaces.source import (
    Batch,
    ConnectorContext,
    Listed,
    Source,
    SourceReader,
    Split,
    SplitEnumerator,
)

__all__ = [
    "Batch",
    "Committable",
    "Committer",
    "ConnectorContext",
    "Listed",
    "Prepared",
    "Sink",
    "SinkContext",
    "SinkWriter",
    "Source",
    "SourceReader",
    "Split",
    "SplitEnumerator",
]
