"""Map states that tell of their entries before these may change, so that a checkpoint writes those and not the map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..._values.keep import fixed
from .changes import Touch
from .key_identity import freeze
from .states import KeyedMapState, pairs_of
from .ttl import Expiry, TtlMapState


class _Touching:
    """Tells of the entries that are to be changed by name. Mixed into map states."""

    __slots__ = ()

    _at: Any
    _touch: Touch

    def put_all(self, dict_value: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        pairs = list(pairs_of(dict_value))
        at = self._at.key
        self._touch([(at, freeze(key)) for key, _ in pairs])
        super().put_all(pairs)  # type: ignore[misc]

    def remove(self, key: Any) -> None:
        self._touch(((self._at.key, freeze(key)),))
        super().remove(key)  # type: ignore[misc]


class TouchingMapState(_Touching, KeyedMapState):
    """What is got out of it and can be changed in place may be changed."""

    __slots__ = ("_touch",)

    def __init__(self, table: Any, at: Any, touch: Touch) -> None:
        super().__init__(table, at)
        self._touch = touch

    def get(self, key: Any) -> Any:
        key = freeze(key)
        value = self._found().get(key)
        if not fixed(value):
            self._touch(((self._at.key, key),))
        return value

    def put(self, key: Any, value: Any) -> None:
        self._touch(((self._at.key, freeze(key)),))
        super().put(key, value)

    def items(self) -> Iterator[tuple[Any, Any]]:
        self._given_out()
        return super().items()

    def values(self) -> Iterator[Any]:
        self._given_out()
        return super().values()

    def clear(self) -> None:
        at = self._at.key
        self._touch([(at, key) for key in self._found()])
        super().clear()

    def _given_out(self) -> None:
        at = self._at.key
        self._touch([(at, key) for key, value in self._found().items() if not fixed(value)])


class TouchingTtlMapState(_Touching, TtlMapState):
    """The same; reading may renew entries, and take away those that have expired."""

    def __init__(self, table: Any, at: Any, expiry: Expiry, touch: Touch) -> None:
        super().__init__(table, at, expiry)
        self._touch = touch

    def _given(self) -> dict[Any, Any]:
        self._touch_all()
        return super()._given()

    def get(self, key: Any) -> Any:
        self._touch(((self._at.key, freeze(key)),))
        return super().get(key)

    def clear(self) -> None:
        self._touch_all()
        super().clear()

    def _touch_all(self) -> None:
        at = self._at.key
        self._touch([(at, key) for key in self._table.get(at, ())])
