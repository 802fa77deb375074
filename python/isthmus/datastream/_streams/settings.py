"""Settings of the operator that made a stream or a sink: name, uid, parallelism, chaining."""

from __future__ import annotations

from typing import Any, TypeVar

from ..._program.graph import Transformation
from .checks import check_max_parallelism, check_parallelism, check_text, check_uid

S = TypeVar("S", bound="OperatorSettings")


class OperatorSettings:
    """Mixed into streams and sinks."""

    def _operator(self) -> Transformation:
        raise NotImplementedError

    def name(self: S, name: str) -> S:
        """Name the operator, for people: in progress, pictures and errors."""
        self._operator().name = check_text("name", name)
        return self

    def uid(self: S, uid: str) -> S:
        """Name the operator for its state: a restored job finds it by this."""
        self._operator().uid = check_uid(uid)
        return self

    def set_uid_hash(self: S, uid_hash: str) -> S:
        """Accepted."""
        self._operator().uid = check_uid(uid_hash)
        return self

    def set_parallelism(self: S, parallelism: int) -> S:
        """How many subtasks the operator has, from 1."""
        operator = self._operator()
        if operator.non_parallel and parallelism != 1:
            raise ValueError(f'The parallelism of the non-parallel operator "{operator.name}" must be 1.')
        operator.set_parallelism(check_parallelism(parallelism))
        return self

    def set_max_parallelism(self: S, max_parallelism: int) -> S:
        """The number of key groups: the most that the operator can be scaled to."""
        self._operator().set_max_parallelism(check_max_parallelism(max_parallelism))
        return self

    def set_description(self: S, description: str) -> S:
        """What the plan says of the operator."""
        self._operator().description = description
        return self

    def disable_chaining(self: S) -> S:
        """Run the operator in a task of its own."""
        self._operator().chaining = "never"
        return self

    def slot_sharing_group(self: S, slot_sharing_group: Any) -> S:
        """Accepted: a slot holds one subtask of every task."""
        return self
