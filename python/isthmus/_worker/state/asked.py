"""What is asked for by a descriptor is to be of its kind."""

from __future__ import annotations

from typing import Any

from ..._interfaces.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)

KINDS: dict[str, type[StateDescriptor]] = {
    "value": ValueStateDescriptor,
    "list": ListStateDescriptor,
    "map": MapStateDescriptor,
    "reducing": ReducingStateDescriptor,
    "aggregating": AggregatingStateDescriptor,
}


def asked(kind: str, given: Any) -> Any:
    """The descriptor.

    Raises:
        TypeError: It is one of another kind, or none.
    """
    wanted = KINDS[kind]
    if isinstance(given, wanted):
        return given
    way_out = (
        "; ask for that kind of state, or describe this one" if isinstance(given, StateDescriptor) else ""
    )
    raise TypeError(f"A {kind} state is asked for with a {wanted.__name__}; it was given {given!r}{way_out}.")


def kind_of(given: Any) -> str:
    """What a descriptor describes.

    Raises:
        TypeError: It is none.
    """
    for kind, described in KINDS.items():
        if isinstance(given, described):
            return kind
    raise TypeError(
        f"A state is asked for with a descriptor, as ValueStateDescriptor; it was given {given!r}."
    )
