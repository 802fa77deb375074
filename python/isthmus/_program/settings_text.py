"""What an operator does besides calling functions, in a few words: ``1 min of event time, late by 5 s, reduce``.

For whoever reads an error. Twin of ``src/graph/settings-text.ts``; what both say is ``test/vectors/settings-text.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Params = Mapping[str, Any]
#: A value, its text, and what it must be for that.
_Row = tuple[Any, Callable[[Any], str], Callable[[Any], bool]]


def settings_text(params: Params) -> str | None:
    """None where the parameters of an operator say nothing worth a line."""
    return ", ".join([*_times_text(params), *_limits_text(params), *_how_text(params)]) or None


def _times_text(params: Params) -> list[str]:
    """Windows, bounds and watermarks."""
    get, something = params.get, _is_something
    return _said(
        (get("assigner"), _windows_text, something),
        (get("trigger"), lambda trigger: f"fired {_trigger_text(trigger)}", something),
        (get("allowedLateness"), lambda ms: f"late by {_duration(ms)}", something),
        (get("upper"), lambda upper: f"{_duration(get('lower'))} to {_duration(upper)}", _is_number),
        (get("tolerance"), lambda ms: f"within {_duration(ms)}", something),
        (get("generator"), lambda generator: f"{_plain(generator)} watermarks", something),
        (get("maxOutOfOrdernessMs"), lambda ms: f"out of order by {_duration(ms)}", something),
        (get("idleTimeoutMs"), lambda ms: f"idle after {_duration(ms)}", something),
        (get("monitorMs"), lambda ms: f"new files each {_duration(ms)}", something),
    )


def _limits_text(params: Params) -> list[str]:
    """Sizes, and what is waited for."""
    get, something = params.get, _is_something
    return _said(
        (get("to"), lambda to: f"{_plain(get('from'))} to {_plain(to)}", _is_number),
        (get("batchSize"), lambda size: f"batches of {_plain(size)}", something),
        (get("batchBytes"), lambda size: f"batches of {_bytes(size)}", something),
        (get("latencyMs"), lambda ms: f"waiting {_duration(ms)}", something),
        (get("capacity"), lambda capacity: f"{_plain(capacity)} at a time", something),
        (get("timeout"), lambda ms: f"given up after {_duration(ms)}", something),
        (get("retry"), _retry_text, something),
        (get("cacheSize"), lambda size: f"cache of {_plain(size)}", something),
        (get("cacheTtl"), lambda ms: f"good for {_duration(ms)}", something),
        (get("rolling"), _rolling_text, something),
    )


def _how_text(params: Params) -> list[str]:
    how = params.get("how")
    return _said(
        (params.get("op"), lambda op: f"{_plain(op)} of {_plain(params.get('field'))}", _is_something),
        # A fold is said already.
        (None if how == "fold" else how, _plain, _is_something),
    )


def _said(*rows: _Row) -> list[str]:
    """The texts of values that are said: 0, None and what is empty say nothing."""
    return [text(value) for value, text, counts in rows if counts(value)]


def _windows_text(said: Any) -> str:
    assigner = _fields(said)
    kind, time, slide = assigner.get("kind"), assigner.get("time"), assigner.get("slide")
    of = "" if time is None else f" of {'event' if time == 'event' else 'processing'} time"
    if kind == "count":
        return f"{_plain(assigner.get('size'))} records" + (f" every {slide}" if _is_amount(slide) else "")
    if kind == "session":
        gap = assigner.get("gap")
        return f"sessions with a gap of {_duration(gap) if _is_amount(gap) else 'their own'}{of}"
    if kind in ("tumbling", "sliding"):
        size = assigner.get("size")
        every = f" every {_duration(slide)}" if _is_amount(slide) else ""
        return f"{_duration(size) if _is_amount(size) else ''}{every}{of}"
    return "one window" if kind == "global" else "windows of its own"


def _trigger_text(said: Any) -> str:
    given = _fields(said)
    kind, interval, nested = given.get("kind"), given.get("interval"), given.get("trigger")
    if kind == "count":
        return f"every {_plain(given.get('count'))} records"
    if kind == "continuous":
        return f"every {_duration(interval)}" if _is_amount(interval) else "again and again"
    if kind == "purging":
        return f"{'' if nested is None else _trigger_text(nested)} and emptied"
    if kind == "never":
        return "never"
    return "by a trigger of its own" if kind == "function" else "at the end"


def _retry_text(retry: Any) -> str:
    given = _fields(retry)
    if given.get("kind") == "function":
        return "tried again as it says"
    return f"tried {_plain(given.get('maxAttempts'))} times"


def _rolling_text(rolling: Any) -> str:
    given = _fields(rolling)
    if given.get("onCheckpoint") is True:
        return "a file each checkpoint"
    return f"files of {_bytes(given.get('maxPartBytes'))}"


_DURATIONS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000))
_SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def _duration(ms: Any) -> str:
    """``90 s`` of 90000: in the largest unit that leaves no rest."""
    return _amount(ms, _DURATIONS, "ms")


def _bytes(size: Any) -> str:
    return _amount(size, _SIZES, "bytes")


def _amount(amount: Any, units: Sequence[tuple[str, int]], smallest: str) -> str:
    value = amount or 0
    unit, length = next(
        ((unit, each) for unit, each in units if value != 0 and value % each == 0), (smallest, 1)
    )
    return f"{value // length if length > 1 else value} {unit}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fields(said: Any) -> Params:
    return said if isinstance(said, dict) else {}


def _is_amount(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_something(value: Any) -> bool:
    return value > 0 if _is_number(value) else value not in (None, False, "")
