"""What a worker says of a failure: the report of ``docs/protocol.md`` §7, with the user's frames only."""

from __future__ import annotations

import os
import pickle
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import IsthmusError
from .in_time import in_time
from .raised import ANYTHING
from .shown import clip, printable, safe_repr, safe_str, type_name

if TYPE_CHECKING:
    from .._program.job_graph import OperatorSpec

__all__ = ["OperatorFailure", "clip", "printable", "report", "safe_repr", "user_codes", "user_traceback"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
#: Calls that a shortened traceback shows.
_FIRST_CALLS, _LAST_CALLS = 2, 4
#: Exceptions of a chain of causes that are told.
_MAX_CAUSES = 16
#: Frames of a stack that are looked at, the last ones.
_MAX_FRAMES = 2_000
#: Seconds that a traceback, or a pickle, of the user's exceptions may take.
_PATIENCE_S = 1.0
#: Bytes of a pickled exception that are still worth sending.
_MAX_PICKLE = 100_000
#: What Isthmus says of a function while it is called; other codes are no matter of this job.
_SAID_OF_A_FUNCTION = ("ISTHMUS_GRAPH", "ISTHMUS_CONFIGURATION", "ISTHMUS_CODEC", "ISTHMUS_UNSUPPORTED")
_NOT_USERS = (f"{os.sep}cloudpickle{os.sep}", "<frozen ")


class OperatorFailure(Exception):
    """Carries a user's exception from where the record is known to where the report is made."""

    def __init__(self, cause: BaseException, spec: OperatorSpec | None, **known: Any) -> None:
        super().__init__()
        self.cause = cause
        self.spec = spec
        self.known = known

    def __str__(self) -> str:
        return safe_str(self.cause)


def is_user_frame(filename: str) -> bool:
    return not filename.startswith(_PACKAGE) and not any(part in filename for part in _NOT_USERS)


def user_codes(tb: TracebackType | None) -> list[Any]:
    """Code objects of the user's frames, outermost first."""
    codes = []
    while tb is not None:
        code = tb.tb_frame.f_code
        if is_user_frame(code.co_filename):
            codes.append(code)
        tb = tb.tb_next
    return codes


def user_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of Isthmus, causes included."""
    return _tracebacks(error)[0]


def _tracebacks(error: BaseException) -> tuple[str, str]:
    """The traceback with the user's frames only, and the whole one. Exceptions may be broken in many ways."""
    try:
        shortened, whole = in_time(lambda: _formatted(error), _PATIENCE_S)
    except ANYTHING:
        # Of the frames alone nothing of the user's is called.
        frames = traceback.extract_tb(error.__traceback__, -_MAX_FRAMES)
        users = [frame for frame in frames if is_user_frame(frame.filename)]
        head, last = "Traceback (most recent call last):\n", f"{type_name(error)}: {safe_str(error)}"
        shortened = head + "".join(_shortened(traceback.format_list(users))) + last if users else last
        whole = head + "".join(traceback.format_list(frames)) + last
    return clip(shortened, 20_000), clip(whole, 40_000)


def _formatted(error: BaseException) -> tuple[str, str]:
    shown = traceback.TracebackException.from_exception(error, limit=-_MAX_FRAMES)
    _cut(shown)
    whole = "".join(shown.format())
    for part in _parts(shown):
        part.stack = traceback.StackSummary.from_list([f for f in part.stack if is_user_frame(f.filename)])
    _prune(shown, error)
    return "".join(_shortened(list(shown.format()))).rstrip("\n"), whole


def _parts(shown: traceback.TracebackException) -> list[traceback.TracebackException]:
    """It, what caused it, and what is in groups of it."""
    found: list[traceback.TracebackException] = []
    seen: set[int] = set()
    stack: list[traceback.TracebackException | None] = [shown]
    while stack:
        part = stack.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        found.append(part)
        stack += [part.__cause__, part.__context__, *(getattr(part, "exceptions", None) or ())]
    return found


def _cut(shown: traceback.TracebackException) -> None:
    """Of a long chain of causes the last ones: each is told at length."""
    part: traceback.TracebackException | None = shown
    for _ in range(_MAX_CAUSES):
        if part is None:
            return
        part = part.__cause__ or part.__context__
    if part is not None:
        part.__cause__ = part.__context__ = None


def _shortened(entries: list[str]) -> list[str]:
    """Of deep stacks the beginning and the end: a report is to fit on a screen."""
    short: list[str] = []
    run: list[str] = []
    for entry in [*entries, ""]:
        if entry.startswith(("  File ", "  [Previous line")):
            run.append(entry)
            continue
        if len(run) > _FIRST_CALLS + _LAST_CALLS + 1:
            left_out = len(run) - _FIRST_CALLS - _LAST_CALLS
            run[_FIRST_CALLS:-_LAST_CALLS] = [f"  … {left_out} more calls …\n"]
        short += run
        run = []
        short.append(entry)
    return short


def is_not_iterable(error: BaseException) -> bool:
    return isinstance(error, TypeError) and safe_str(error).endswith(" object is not iterable")


def _prune(shown: traceback.TracebackException, error: BaseException) -> None:
    """Take away what an error of Isthmus came from inside of Isthmus: its message says what there is to know."""
    cause, context = shown.__cause__, shown.__context__
    if isinstance(error, IsthmusError) and not _has_user_frames(cause) and not _has_user_frames(context):
        shown.__cause__ = shown.__context__ = None
        return
    for part, origin in ((cause, error.__cause__), (context, error.__context__)):
        if part is not None and origin is not None:
            _prune(part, origin)


def _has_user_frames(shown: traceback.TracebackException | None) -> bool:
    while shown is not None:
        if shown.stack:
            return True
        shown = shown.__cause__ or shown.__context__
    return False


def report(
    error: BaseException,
    *,
    spec: OperatorSpec | None,
    task: int | None = None,
    subtask: int = 0,
    parallelism: int = 1,
    **known: Any,
) -> dict[str, Any]:
    """The error report as a map ready to be sent."""
    exception_type = type_name(error)
    text = safe_str(error)
    shortened, whole = _tracebacks(error)
    where = f'operator "{spec["name"]}" (subtask {subtask + 1}/{parallelism})' if spec else "the worker"
    users = bool(user_codes(error.__traceback__))
    code = error.code if isinstance(error, IsthmusError) else None
    if users and code not in _SAID_OF_A_FUNCTION:
        code = None  # Of a job that the function runs itself, say.
    found: dict[str, Any] = {
        "code": code or ("ISTHMUS_USER_FUNCTION" if spec or users else "ISTHMUS_INTERNAL"),
        "subtask": subtask,
        "parallelism": parallelism,
        "exceptionType": exception_type,
        "exceptionMessage": text,
        "traceback": printable(shortened),
        "fullTraceback": whole,
    }
    if spec is not None:
        found["operator"] = spec["name"]
        found["operatorId"] = spec["id"]
    if task is not None:
        found["task"] = task
    window, elements = known.pop("window", None), known.pop("elements", None)
    found.update({k: v for k, v in known.items() if v is not None})
    data = _pickled(error)
    if data is not None:
        found["exception"] = data
    lines = [f"{exception_type} in {where}" + (f": {printable(clip(text, 2000))}" if text else "")]
    if "record" in known and known["record"] is not None:
        lines.append(f"  record: {known['record']}")
    if known.get("key") is not None:
        lines.append(f"  key: {known['key']}")
    if window is not None:
        lines.append(f"  window: {window}")
        lines.append(f"  elements: {elements}")
    if spec is not None:
        # Here, as no worker should wait for it at its start.
        from .._program.settings_text import settings_text

        settings = settings_text(spec.get("params") or {})
        lines += [] if settings is None else [f"  settings: {settings}"]
    location = None if spec is None else spec.get("location")
    if location:
        lines.append(f"  defined at {location['file']}:{location['line']}")
    hint = _hint(error) if not found["traceback"].startswith("Traceback") else None
    if hint:
        lines.append(f"  {hint}")
    # Without a frame of the user's, what Isthmus raises would only be said again.
    if code is None or '\n  File "' in found["traceback"]:
        lines.append(found["traceback"])
    found["message"] = "\n".join(lines)
    return found


def _pickled(error: BaseException) -> bytes | None:
    """Not every exception can be pickled, or should be: its text crosses in any case."""
    try:
        data: bytes = in_time(lambda: pickle.dumps(error, 5), _PATIENCE_S)
    except ANYTHING:
        return None
    return data if len(data) < _MAX_PICKLE else None


def _hint(error: BaseException) -> str | None:
    """The way out of a failure outside of the function that caused it."""
    if is_not_iterable(error):
        return "it must return an iterable of results: [] for none, [result] for one, or use yield"
    return None
