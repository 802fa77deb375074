"""Where checkpoints go: into a folder, whichever of these is named."""

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
    """PyFlink's name for storage in memory; here checkpoints are always files."""

    DEFAULT_MAX_STATE_SIZE = 5 << 20

    def __init__(self, checkpoint_path: Any = None, max_state_size: int | None = None) -> None:
        super().__init__(checkpoint_path)
        self._max_state_size = max_state_size or self.DEFAULT_MAX_STATE_SIZE

    def get_max_state_size(self) -> int:
        return self._max_state_size

    def get_savepoint_path(self) -> Any:
        return None


class FileSystemCheckpointStorage(CheckpointStorage):
    """In a folder."""

    MAX_FILE_STATE_THRESHOLD = 1 << 20

    def __init__(
        self,
        checkpoint_path: Any = None,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int = -1,
    ) -> None:
        super().__init__(checkpoint_path)
        self._threshold = 20 << 10 if file_state_size_threshold is None else file_state_size_threshold
        self._write_buffer_size = write_buffer_size if write_buffer_size > 0 else 4096

    def get_min_file_size_threshold(self) -> int:
        return self._threshold

    def get_write_buffer_size(self) -> int:
        return max(self._write_buffer_size, self._threshold)

    def get_savepoint_path(self) -> Any:
        return None


class CustomCheckpointStorage(CheckpointStorage):
    """Accepted."""
