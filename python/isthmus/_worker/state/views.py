"""Tables as they were when they were frozen: what is to be encoded, unit by unit, while the tables change.

V1. A view refers to what the table holds. What can be changed in place is copied when its unit is touched, before that
    changes, and only while it is not encoded yet.
V2. What is taken out of a view is encoded before anybody else has the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from ..._values.keep import fixed, kept

#: In place of what a unit had: it has nothing any more.
GONE: Any = object()
#: Units that are listed in a step.
_LISTED = 1_024

Rows = Callable[[Any, Any], list[Any]]


class Aside:
    """The entries of a unit that has been touched since."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows


class View:
    """Units and what they had.

    Args:
        pending: By unit; GONE where it had nothing.
        rows: The entries of a unit, of what it has.
        address: What is told of a unit that is gone; None in what is no increment.
        many: Whether a unit has several entries, all of which are void when it changes.
    """

    def __init__(
        self, pending: dict[Any, Any], rows: Rows, address: Callable[[Any], Any] | None, many: bool = False
    ) -> None:
        self._pending = pending
        self._rows = rows
        self._address = address
        self._many = many
        self._listed = list(pending)

    def keep(self, units: Collection[Any]) -> None:
        pending = self._pending
        for unit in units:
            held = pending.get(unit, GONE)
            if held is GONE or type(held) is Aside or fixed(held):
                continue
            pending[unit] = Aside([kept(row) for row in self._rows(unit, held)])  # V1

    def units(self) -> Iterator[list[Any]]:
        """All of them, in pieces."""
        listed = self._listed
        for start in range(0, len(listed), _LISTED):
            yield listed[start : start + _LISTED]

    def key_of(self, unit: Any) -> Any:
        """The key by which a unit goes to its subtask."""
        return unit

    def spread(self, units: list[Any]) -> Iterator[Any]:
        """What is taken out at once at the least, of units."""
        return iter(units)

    def take(self, units: Iterable[Any]) -> tuple[list[Any], list[Any]]:
        """What is gone and what there is of units (V2)."""
        pending, address, many = self._pending, self._address, self._many
        removed: list[Any] = []
        entries: list[Any] = []
        for unit in units:
            held = pending.pop(unit)
            rows = held.rows if type(held) is Aside else () if held is GONE else self._rows(unit, held)
            if address is not None and (many or not rows):
                removed.append(address(unit))
            entries += rows
        return removed, entries


class LiveView(View):
    """Units that are looked up when they are taken out, where they are not set aside.

    Args:
        live: All units there are, in pieces; goes on while units come and go that it is told of.
        changed: In an increment the units that have changed.
        rows: The entries of a unit as they are now; none where it is not there.
        address: What is told of a unit that is gone.
        key_of: The key by which a unit goes to its subtask.
    """

    def __init__(
        self,
        live: Callable[[], Iterator[list[Any]]],
        changed: Collection[Any] | None,
        rows: Callable[[Any], list[Any]],
        address: Callable[[Any], Any],
        key_of: Callable[[Any], Any] = lambda unit: unit,
    ) -> None:
        self._live = live
        self._changed = changed
        self._rows_of = rows
        self._address_of = address
        self._key_of = key_of
        self._asides: dict[Any, list[Any]] = {}
        self._done: set[Any] = set()

    def keep(self, units: Collection[Any]) -> None:
        changed, asides, done = self._changed, self._asides, self._done
        for unit in units:
            if unit in asides or unit in done or (changed is not None and unit not in changed):
                continue
            asides[unit] = [row if fixed(row) else kept(row) for row in self._rows_of(unit)]  # V1

    def units(self) -> Iterator[list[Any]]:
        if self._changed is None:
            yield from self._live()
            # Those that went before they were listed. Who has come since is set aside as nothing.
            yield list(self._asides)
            return
        rest = iter(self._changed)
        while part := list(islice(rest, _LISTED)):
            yield part

    def key_of(self, unit: Any) -> Any:
        return self._key_of(unit)

    def take(self, units: Iterable[Any]) -> tuple[list[Any], list[Any]]:
        asides, done = self._asides, self._done
        removed: list[Any] = []
        entries: list[Any] = []
        for unit in units:
            if unit in done:
                continue
            done.add(unit)
            rows = asides.pop(unit, None)
            if rows is None:
                rows = self._rows_of(unit)
            if not rows and self._changed is not None:
                removed.append(self._address_of(unit))
            entries += rows
        return removed, entries


class PairsView(View):
    """Units are ``(key, …)``."""

    def key_of(self, unit: Any) -> Any:
        return unit[0]


class MapsView(View):
    """All of a table of maps: by key, and taken out by entry. Touched are ``(key, map key)``."""

    def keep(self, units: Collection[Any]) -> None:
        pending = self._pending
        for key, map_key in units:
            held = pending.get(key, GONE)
            if held is GONE:
                continue
            if type(held) is not _OwnMap:
                held = pending[key] = _OwnMap(held)
            value = held.get(map_key, GONE)
            if value is not GONE and value is held.live.get(map_key, GONE) and not fixed(value):
                held[map_key] = kept(value)

    def spread(self, units: list[Any]) -> Iterator[Any]:
        pending = self._pending
        for key in units:
            held = pending[key]
            if type(held) is not _OwnMap:
                held = pending[key] = _OwnMap(held)
            for map_key in list(held):
                yield key, map_key

    def take(self, units: Iterable[Any]) -> tuple[list[Any], list[Any]]:
        pending = self._pending
        entries: list[Any] = []
        for unit in units:
            held = pending[unit[0]]
            entries += self._rows(unit, held.pop(unit[1]))
            if not held:
                del pending[unit[0]]
        return [], entries


class _OwnMap(dict[Any, Any]):
    """A map as it was, whose values are those of the live one until they are touched."""

    def __init__(self, live: dict[Any, Any]) -> None:
        super().__init__(live)
        self.live = live


class NamespacesView(View):
    """By namespace, then key. Touched are keys.

    Args:
        pending: namespace → key → what it had.
        changed: In an increment the keys that have changed: all that they had is void.
    """

    def __init__(self, pending: dict[Any, dict[Any, Any]], changed: Collection[Any] | None) -> None:
        self._namespaces = pending
        self._changed = list(changed) if changed is not None else []

    def keep(self, units: Collection[Any]) -> None:
        for held in self._namespaces.values():
            for key in units if len(units) < len(held) else held.keys() & units:
                contents = held.get(key, GONE)
                if contents is GONE or type(contents) is Aside or fixed(contents):
                    continue
                held[key] = Aside([kept(contents)])

    def units(self) -> Iterator[list[Any]]:
        changed = iter(self._changed)
        while part := list(islice(changed, _LISTED)):
            yield [(key,) for key in part]
        for namespace, held in self._namespaces.items():
            listed = list(held)
            for start in range(0, len(listed), _LISTED):
                yield [(key, namespace) for key in listed[start : start + _LISTED]]

    def key_of(self, unit: Any) -> Any:
        return unit[0]

    def take(self, units: Iterable[Any]) -> tuple[list[Any], list[Any]]:
        removed: list[Any] = []
        entries: list[Any] = []
        for unit in units:
            if len(unit) == 1:
                removed.append(unit)
                continue
            key, namespace = unit
            contents = self._namespaces[namespace].pop(key)
            entries.append((key, namespace, contents.rows[0] if type(contents) is Aside else contents))
        return removed, entries


class EntriesView(View):
    """All entries, as they are given out."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self._entries = list(entries)
        self._listed = list(range(len(self._entries)))

    def keep(self, units: Collection[Any]) -> None:
        """They are nobody else's."""

    def key_of(self, unit: Any) -> Any:
        return self._entries[unit][0]

    def take(self, units: Iterable[Any]) -> tuple[list[Any], list[Any]]:
        return [], [self._entries[unit] for unit in units]
