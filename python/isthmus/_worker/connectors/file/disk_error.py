"""Twin of ``src/connectors/file/disk-error.ts``."""

from __future__ import annotations

import errno

from ....errors import GraphError

#: What may be over when a job begins again: a disk that fails, is full or far away, a machine that is short of something.
_NAMES = "EIO ENOSPC EDQUOT EMFILE ENFILE ENOMEM ESTALE ETIMEDOUT EAGAIN EBUSY EINTR EREMOTEIO"
_PASSING = {getattr(errno, name, None) for name in _NAMES.split()}


def disk_error(what: str, path: str, cause: Exception) -> Exception:
    """The error that says ``what`` of a file: of the program, which no restart helps, unless the cause is one that passes."""
    if not isinstance(cause, OSError):
        return GraphError(f"{what}: {cause}.")
    if cause.errno is not None and cause.errno in _PASSING:
        return OSError(cause.errno, cause.strerror, path)
    return GraphError(f"{what}: {cause.strerror or cause}.")
