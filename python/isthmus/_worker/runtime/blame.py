"""Whose failure an exception is: the operator whose function raised, and the record it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._values.failure import OperatorFailure, is_not_iterable, safe_repr, user_codes
from ..._values.shown import safe_str
from ..state.key_identity import thaw
from .feed import Feed
from .operator import Operator

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec

_STOPPED = "StopIteration was raised by the function; it would have ended the stream silently"


def in_flight(feed: Feed | None, key: Any) -> tuple[str | None, str | None]:
    """Representations of the record and the key at work; None where there is none.

    Args:
        feed: The batch at hand; None where what fails is not at a record.
        key: That of the cursor.
    """
    if feed is None:
        return None, (safe_repr(thaw(key)) if key is not None else None)
    record, of_key = feed.in_flight[:1], feed.in_flight[1:]
    return (safe_repr(record[0]) if record else None), (safe_repr(thaw(of_key[0])) if of_key else None)


def suspect(operators: list[Operator], error: BaseException) -> OperatorSpec:
    """The operator of a chain whose function raised: the innermost one with a frame in the traceback."""
    for code in reversed(user_codes(_origin(error).__traceback__)):
        for op in reversed(operators):
            if op.owns(code):
                return op.ctx.spec
    puller = _last_that_pulled(operators, error)
    # A function that takes another number of arguments was not on the stack when it was called.
    if isinstance(error, TypeError):
        text = safe_str(error)
        for op in reversed(operators[: puller + 1]):
            if op.is_named_by(text):
                return op.ctx.spec
    # Nor is a function on the stack when what it has returned turns out to be no iterable.
    if is_not_iterable(error):
        for op in reversed(operators[: puller + 1]):
            if op.flattens:
                return op.ctx.spec
    # A builtin as function leaves no frame of its own; what pulled from it does.
    for op in reversed(operators[:puller]):
        if op.calls_builtin():
            return op.ctx.spec
    return operators[puller if puller < len(operators) else 0].ctx.spec


def who_stopped(operators: list[Operator]) -> OperatorSpec | None:
    """The operator of (the rest of) a chain whose function has raised a StopIteration that C code took for an end: it has left no
    traceback. Of several that may have, the one whose function says what raises it; None where there is no operator.
    """
    called = [op for op in operators if op.called_from_c and op.functions]
    likely = [op for op in called if op.may_stop()]
    for op in likely or called or operators:
        return op.ctx.spec
    return None


def stopped(operators: list[Operator], head: OperatorSpec, record: str | None = None) -> OperatorFailure:
    """A function of (the rest of) a chain has ended the stream in front of it."""
    return OperatorFailure(RuntimeError(_STOPPED), who_stopped(operators) or head, record=record)


def _origin(error: BaseException) -> BaseException:
    """What a generator let out. Python makes a RuntimeError of a StopIteration there, which has not been in the function."""
    cause = error.__cause__
    return cause if type(error) is RuntimeError and isinstance(cause, StopIteration) else error


def _last_that_pulled(operators: list[Operator], error: BaseException) -> int:
    """Index of the innermost operator with a frame of its own in the traceback; beyond the last where there is none.

    A frame is an operator's that has it, or what works for it, among its locals, whatever it is called there.
    """
    puller = len(operators)
    places = {id(part): i for i, op in enumerate(operators) for part in (op, op.works_by)}
    places.pop(id(None), None)
    tb = error.__traceback__
    while tb is not None:
        # By identity: an object of the user's may have a ``__class__`` and an ``__eq__`` of its own.
        found = [
            place for local in tb.tb_frame.f_locals.values() if (place := places.get(id(local))) is not None
        ]
        puller = found[0] if found else puller
        tb = tb.tb_next
    return puller
