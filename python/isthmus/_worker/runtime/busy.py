"""How the time of a chain is shared among its operators: by looking, now and then, whose function has the loop.

Calls of a chain are C's, so that nobody can take the time between them. The watchdog looks once a period while the loop is in
a call, which costs the loop nothing but a few microseconds without Python's lock.

L1. The innermost frame that is an operator's counts: of its functions first, of its own code otherwise. Operators with the same
    code share it.
L2. What has no frame is the work of those whose function is a builtin, and the head's where there are none.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any

from .operator import Operator

#: Frames that are looked at: recursion goes deeper.
_DEPTH = 200


class Looks:
    """Of one chain.

    Args:
        operators: Those of the chain, a source left out.
        first: 1 where a source is the head, else 0.
    """

    def __init__(self, operators: list[Operator], first: int) -> None:
        self._operators = operators
        self._first = first
        self._seen = [0.0] * (first + len(operators))
        #: Made with the first look: functions are open then.
        self._places: dict[CodeType, list[int]] | None = None
        self._without_frames = [0]

    def look(self, frame: FrameType | None) -> None:
        """``frame``: where the loop is."""
        if self._places is None:
            self._places = self._code_places()
            builtins = [i for i, op in enumerate(self._operators, self._first) if op.calls_builtin()]
            self._without_frames = builtins or [0]
        places = self._places
        depth = _DEPTH
        while frame is not None and depth:
            found = places.get(frame.f_code)
            if found is not None:
                self._count(found)
                return
            frame = frame.f_back
            depth -= 1
        self._count(self._without_frames)  # L2

    def _count(self, places: list[int]) -> None:
        for place in places:
            self._seen[place] += 1 / len(places)

    def shares(self) -> list[float]:
        """By place in the chain; 1 in all. The head's until somebody has looked."""
        seen = list(self._seen)
        total = sum(seen)
        return [count / total for count in seen] if total else [1.0, *[0.0] * (len(seen) - 1)]

    def _code_places(self) -> dict[CodeType, list[int]]:
        places: dict[CodeType, list[int]] = {}
        for place, op in enumerate(self._operators, self._first):
            for function in op.functions:
                code = getattr(getattr(function, "__func__", function), "__code__", None)
                if isinstance(code, CodeType) and place not in places.setdefault(code, []):
                    places[code].append(place)
        of_users = set(places)
        for place, op in enumerate(self._operators, self._first):
            for owner in (op, getattr(op, "_engine", None)):
                for code in _codes_of(type(owner)) - of_users:
                    places.setdefault(code, []).append(place)  # L1
        return places


def _codes_of(cls: type[Any]) -> set[CodeType]:
    members = [
        member for each in cls.__mro__ if each not in (object, Operator) for member in vars(each).values()
    ]
    found = [getattr(member, "__code__", None) for member in members]
    return {code for code in found if isinstance(code, CodeType)}
