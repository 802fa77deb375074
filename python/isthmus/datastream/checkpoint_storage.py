"""Where checkpoints go: accepted; this release takes none yet."""

from __future__ import annotations

from typing import Any

__all__ = [
    "CheckpointStorage",
    "CustomCheckpointStorage",
    "FileSystemCheckpointStorage",
    "JobManagerCheckpointStorage",
]


class CheckpointStorage:
    """A place for checkpoints."""

    def __init__(self, checkpoint_path: Any = None, *args: Any, **kwargs: Any) -> None:
        self._path = checkpoint_path

    def get_checkpoint_path(self) -> Any:
        return self._path


class JobManagerCheckpointStorage(CheckpointStorage):
    """In the runtime's memory."""


class FileSystemCheckpointStorage(CheckpointStorage):
    """In a folder."""


class CustomCheckpointStorage(CheckpointStorage):
    """Accepted."""
