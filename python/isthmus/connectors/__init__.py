"""What a connector of one's own is made of: see docs/connectors.md."""

from .._interfaces.sink import Committable, Committer, Prepared, Sink, SinkContext, SinkWriter

__all__ = ["Committable", "Committer", "Prepared", "Sink", "SinkContext", "SinkWriter"]
