"""Declared types where they bite: at an exchange and at a sink. Between chained functions they do not, as in PyFlink."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..._values.failure import OperatorFailure, safe_repr
from ..._values.raised import ANYTHING

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec

Coerce = Callable[[list[Any]], list[Any]]


def coerced(coerce: Coerce, values: list[Any], spec: OperatorSpec) -> list[Any]:
    """The batch as the declared type wants it.

    Raises:
        OperatorFailure: A record does not fit; it names the record and the operator that declares the type.
    """
    try:
        return coerce(values)
    except ANYTHING as e:
        # One by one, to find the record; the batch form does not say.
        for value in values:
            try:
                coerce([value])
            except ANYTHING as single:
                raise OperatorFailure(single, spec, record=safe_repr(value)) from single
        raise OperatorFailure(e, spec) from e
