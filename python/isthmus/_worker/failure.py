"""What a worker says of a failure: the report of ``docs/protocol.md`` §7, with the user's frames only."""

from __future__ import annotations

import os
import pickle
import re
import traceback
from types import TracebackType
from typing import Any

from ..errors import IsthmusError

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
#: Calls that a shortened traceback shows.
_FIRST_CALLS, _LAST_CALLS = 2, 4
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOT_USERS = (f"{os.sep}cloudpickle{os.sep}", "<frozen ")


class OperatorFailure(Exception):
    """Carries a user's exception from where the record is known to where the report is made."""

    def __init__(self, cause: BaseException, spec: dict[str, Any] | None, **known: Any) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.spec = spec
        self.known = known


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


def clip(text: str, limit: int = 1000) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Text for a terminal: what would move its cursor or change its colours shows as an escape. Lines stay lines."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def safe_repr(value: Any) -> str:
    try:
        return printable(clip(repr(value)))
    except Exception as e:  # A repr of the user's may itself be broken.
        return f"<{type(value).__name__} whose repr raised {type(e).__name__}>"


def user_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of Isthmus, causes included."""
    shown = traceback.TracebackException.from_exception(error, limit=None)
    part: traceback.TracebackException | None = shown
    seen = set()
    stack = [shown]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        part.stack = traceback.StackSummary.from_list([f for f in part.stack if is_user_frame(f.filename)])
        stack.extend(p for p in (part.__cause__, part.__context__) if p is not None)
    _prune(shown, error)
    return "".join(_shortened(list(shown.format()))).rstrip("\n")


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
    return isinstance(error, TypeError) and str(error).endswith(" object is not iterable")


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
    spec: dict[str, Any] | None,
    task: int | None = None,
    subtask: int = 0,
    parallelism: int = 1,
    **known: Any,
) -> dict[str, Any]:
    """The error report as a map ready to be sent."""
    exception_type = type(error).__name__
    text = str(error)
    where = f'operator "{spec["name"]}" (subtask {subtask + 1}/{parallelism})' if spec else "the worker"
    code = getattr(error, "code", None) if isinstance(error, IsthmusError) else None
    found: dict[str, Any] = {
        "code": code or ("ISTHMUS_USER_FUNCTION" if spec else "ISTHMUS_INTERNAL"),
        "subtask": subtask,
        "parallelism": parallelism,
        "exceptionType": exception_type,
        "exceptionMessage": clip(text, 4000),
        "traceback": clip(printable(user_traceback(error)), 20_000),
        "fullTraceback": clip("".join(traceback.format_exception(error)), 40_000),
    }
    if spec is not None:
        found["operator"] = spec["name"]
        found["operatorId"] = spec["id"]
    if task is not None:
        found["task"] = task
    found.update({k: v for k, v in known.items() if v is not None})
    try:
        data = pickle.dumps(error, 5)
        if len(data) < 100_000:
            found["exception"] = data
    except Exception:  # Not every exception can be pickled; its text has crossed anyway.
        pass
    lines = [f"{exception_type} in {where}: {printable(clip(text, 2000))}"]
    if "record" in known and known["record"] is not None:
        lines.append(f"  record: {known['record']}")
    if known.get("key") is not None:
        lines.append(f"  key: {known['key']}")
    location = (spec or {}).get("location")
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


def _hint(error: BaseException) -> str | None:
    """The way out of a failure outside of the function that caused it."""
    if is_not_iterable(error):
        return "it must return an iterable of results: [] for none, [result] for one, or use yield"
    return None
