"""What state is called, what it holds, how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ttl import StateTtlConfig


class StateDescriptor:
    """Name, type and time to live of a state. Equal names in one operator are one state.

    Args:
        name: Unique in the operator.
        type_info: The declared type. It says what is meant; state lives where the function runs, so values are kept
            as they are.
    """

    def __init__(self, name: str, type_info: Any = None) -> None:
        self.name = name
        self.type_info = type_info
        self._ttl_config: StateTtlConfig | None = None

    def get_name(self) -> str:
        """The name, which is one among those of its operator."""
        return self.name

    def enable_time_to_live(self, ttl_config: StateTtlConfig) -> None:
        """Let the state of a key expire (processing time)."""
        self._ttl_config = ttl_config

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class ValueStateDescriptor(StateDescriptor):
    """One value per key.

    Args:
        name: Unique in the operator.
        value_type_info: Type of the value.
        default_value: What ``value()`` gives where there is none, or a copy of it; not in PyFlink.
    """

    def __init__(self, name: str, value_type_info: Any = None, default_value: Any = None) -> None:
        super().__init__(name, value_type_info)
        self.default_value = default_value


class ListStateDescriptor(StateDescriptor):
    """A list per key; ``elem_type_info`` is the type of its elements."""

    def __init__(self, name: str, elem_type_info: Any = None) -> None:
        super().__init__(name, elem_type_info)
        self.elem_type_info = elem_type_info


class MapStateDescriptor(StateDescriptor):
    """A map per key, or of a broadcast stream."""

    def __init__(self, name: str, key_type_info: Any = None, value_type_info: Any = None) -> None:
        super().__init__(name)
        self.key_type_info = key_type_info
        self.value_type_info = value_type_info


class ReducingStateDescriptor(StateDescriptor):
    """A value per key, folded by a ReduceFunction (or class of one, or a function of two values)."""

    def __init__(self, name: str, reduce_function: Any, type_info: Any = None) -> None:
        super().__init__(name, type_info)
        if not callable(reduce_function) and not callable(getattr(reduce_function, "reduce", None)):
            raise TypeError("The input must be a ReduceFunction or a callable function!")
        self._reduce_function = reduce_function

    def get_reduce_function(self) -> Callable[[Any, Any], Any]:
        """What values are folded with."""
        return _function_of(self._reduce_function, "reduce")


class AggregatingStateDescriptor(StateDescriptor):
    """An accumulator per key; ``state_type_info`` is the type of the accumulator."""

    def __init__(self, name: str, agg_function: Any, state_type_info: Any = None) -> None:
        super().__init__(name, state_type_info)
        if isinstance(agg_function, type):
            agg_function = agg_function()
        for method in ("create_accumulator", "add", "get_result"):
            if not callable(getattr(agg_function, method, None)):
                raise TypeError(
                    "The input must be a pyflink.datastream.functions.AggregateFunction! "
                    f"That of state {name!r} has no method {method!r}."
                )
        self._agg_function = agg_function

    def get_agg_function(self) -> Any:
        """The AggregateFunction that values are folded with."""
        return self._agg_function


def _function_of(function: Any, method: str) -> Callable[..., Any]:
    if isinstance(function, type):
        function = function()
    found = getattr(function, method, function)
    if not callable(found):
        raise TypeError(
            f"The input must be a function with method {method!r} or a callable, not {function!r}."
        )
    return found  # type: ignore[no-any-return]
