"""Every error Isthmus raises, with a stable code; twin of ``src/errors.ts``.

::

    IsthmusError
    ├── GraphError              the job graph is wrong; nothing has started
    ├── ConfigurationError      an option is wrong
    ├── UserFunctionError       user code raised; the report says which record
    ├── WorkerError             a Python worker could not start, died, hung or outgrew its limit
    ├── RuntimeDiedError        the process of the runtime, in which TypeScript functions run, has died
    ├── BridgeProtocolError     a frame was malformed
    ├── OutputError             what a print sink writes could not be written, or has no reader any more
    ├── StateError              what was kept cannot be written, or cannot be used: it is damaged, or another's
    ├── CodecError              a value cannot cross between the languages
    ├── JobCancelledError       the job was cancelled
    ├── CallError               a call has taken too long, is one too many, or came after the end
    ├── UnsupportedError        PyFlink has it, Isthmus does not (yet)
    └── InternalError           a bug of ours
"""

from __future__ import annotations

from typing import Any


class IsthmusError(Exception):
    """Base of all errors of Isthmus."""

    #: Stable code, explained in ``docs/errors.md``.
    code: str = "ISTHMUS_INTERNAL"

    def __init__(
        self, message: str, *, code: str | None = None, report: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        #: Everything known of the failure (``docs/protocol.md`` §7), for machines.
        self.report = report


class GraphError(IsthmusError):
    """The program is wrong, as the job graph shows; nothing has started."""

    code = "ISTHMUS_GRAPH"


class ConfigurationError(IsthmusError):
    """An option is wrong, or something that a job needs (an interpreter, Node, a folder) is not there."""

    code = "ISTHMUS_CONFIGURATION"


class UserFunctionError(IsthmusError):
    """A function of the program raised; ``report`` has the record, the operator and the traceback."""

    code = "ISTHMUS_USER_FUNCTION"


class WorkerError(IsthmusError):
    """Its ``code`` is one of ISTHMUS_WORKER_START, _DIED, _TIMEOUT and _MEMORY."""

    code = "ISTHMUS_WORKER_DIED"


class RuntimeDiedError(IsthmusError):
    """The process of the runtime, in which TypeScript functions run, has died."""

    code = "ISTHMUS_RUNTIME_DIED"


class BridgeProtocolError(IsthmusError):
    """A frame was malformed; the text names its field."""

    code = "ISTHMUS_PROTOCOL"


class OutputError(IsthmusError):
    """Its ``code`` is ISTHMUS_OUTPUT, or ISTHMUS_OUTPUT_CLOSED where the reader has gone."""

    code = "ISTHMUS_OUTPUT"


class CodecError(IsthmusError):
    """A value cannot cross between the languages; ``path`` says which, as in ``$.user.tags[2]``."""

    code = "ISTHMUS_CODEC"

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(message)
        self.path = path


class StateError(IsthmusError):
    """State cannot be written, or what was kept cannot be used: it is damaged, or of another operator."""

    code = "ISTHMUS_STATE"


class JobCancelledError(IsthmusError):
    """The job was cancelled."""

    code = "ISTHMUS_CANCELLED"


class CallError(IsthmusError):
    """Its ``code`` is one of ISTHMUS_CALL_TIMEOUT, _LIMIT and _CLOSED."""

    code = "ISTHMUS_CALL_CLOSED"


class UnsupportedError(IsthmusError, NotImplementedError):
    """PyFlink has it, Isthmus has not (yet)."""

    code = "ISTHMUS_UNSUPPORTED"


class InternalError(IsthmusError):
    """A bug of Isthmus: please report it."""

    code = "ISTHMUS_INTERNAL"


_BY_CODE: dict[str, type[IsthmusError]] = {
    cls.code: cls
    for cls in (
        GraphError,
        ConfigurationError,
        UserFunctionError,
        RuntimeDiedError,
        BridgeProtocolError,
        CodecError,
        StateError,
        JobCancelledError,
        UnsupportedError,
        InternalError,
    )
}


def error_from_report(report: dict[str, Any]) -> IsthmusError:
    """The error that fits a report of another process, ready to raise."""
    code = report.get("code", "ISTHMUS_INTERNAL")
    message = report.get("message", "unknown failure")
    if code.startswith("ISTHMUS_WORKER_"):
        return WorkerError(message, code=code, report=report)
    if code.startswith("ISTHMUS_CALL_"):
        return CallError(message, code=code, report=report)
    if code.startswith("ISTHMUS_OUTPUT"):
        return OutputError(message, code=code, report=report)
    cls = _BY_CODE.get(code, IsthmusError)
    error = cls(message)
    error.code = code
    error.report = report
    return error
