"""Lengths of time as options spell them: ``"10 s"``, ``"1min"``, ``"200"``."""

from __future__ import annotations

import re

_LONG = re.compile(r"\s*(\d+)\s*([a-zµ]*)\s*")
_MILLISECONDS = {
    1 / 1_000_000: ("ns", "nano", "nanosecond", "nanos", "nanoseconds"),
    1 / 1000: ("us", "µs", "micro", "microsecond", "micros", "microseconds"),
    1: ("", "ms", "milli", "millisecond", "millis", "milliseconds"),
    1000: ("s", "sec", "second", "secs", "seconds"),
    60_000: ("m", "min", "minute", "mins", "minutes"),
    3_600_000: ("h", "hour", "hours"),
    86_400_000: ("d", "day", "days"),
}
_UNITS = {unit: ms for ms, units in _MILLISECONDS.items() for unit in units}


def milliseconds_of_text(key: str, text: str) -> int:
    """The milliseconds of an option's text; a number without a unit is of milliseconds.

    Raises:
        ValueError: It is no length of time; the option is named.
    """
    found = _LONG.fullmatch(text.lower())
    if found is None or found[2] not in _UNITS:
        raise ValueError(f'The option {key} is {text!r}; it must be a length of time such as "10 s".')
    return int(int(found[1]) * _UNITS[found[2]])
