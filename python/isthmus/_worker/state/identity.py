"""Whether what was kept under a uid is this operator's. Twin of ``src/state/identity.ts``; ``test/vectors/identity.json``
has what both refuse, word for word.

  I1. State is restored by the kind, the language and the type of keys that kept it, and in as many key groups.
  I2. Of an operator that kept nothing but its event time nothing is refused: there is nothing to take for something else.
  I3. Types of keys are compared where both are declared: of others nobody knows before the first record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import StateError
from .chunks import NO_GROUP
from .storage.subtask_state import KeptOperator, SubtaskState

#: The table of an operator's event time, which every operator has.
EVENT_TIME = "watermark"
#: A uid that was made of kind and inputs (``src/graph/uids.ts``).
_GENERATED = re.compile(r"[0-9a-f]{32}")
_LANGUAGES = {"python": "Python", "typescript": "TypeScript"}


def check_identity(
    states: Iterable[SubtaskState], chain: Iterable[KeptOperator], max_parallelism: int
) -> list[SubtaskState]:
    """The states, fit for a subtask of these operators: of others that kept nothing but their event time without that (I2).

    Args:
        states: What subtasks had, of whatever operators.
        chain: The operators as they are here; their tables do not matter.

    Raises:
        StateError: Something of them is not what its uid means here (I1).
    """
    here = {operator.uid: operator for operator in chain}
    fit = []
    for state in states:
        operators = []
        for was in state.operators:
            now = here.get(was.uid)
            refused = refusal(was, state.max_parallelism, now, max_parallelism)
            if refused is not None:
                raise StateError(refused)
            same = now is None or (was.kind, was.language) == (now.kind, now.language)
            operators.append(was if same else was._replace(tables=[]))
        fit.append(state._replace(operators=operators))
    return fit


def refusal(
    was: KeptOperator, was_max_parallelism: int, now: KeptOperator | None, max_parallelism: int
) -> str | None:
    """Why the state of an operator is not that one's, if it is not. ``now``: None where no operator has the uid."""
    kept = [table for table in was.tables if table.name != EVENT_TIME and table.chunks]
    if not kept:
        return None  # I2
    state = f'The state of operator "{was.name}" (uid "{was.uid}")'
    if now is not None and was.kind != now.kind:
        advice = (
            "The uid was made of what the operator reads from; give operators that keep state uids of their own"
            if _GENERATED.fullmatch(was.uid)
            else "Give that operator another uid"
        )
        return (
            f"{state} was kept by the kind {was.kind}; here that uid is "
            f'operator "{now.name}" of the kind {now.kind}. {advice}.'
        )
    if now is not None and was.language != now.language:
        return (
            f'{state} was kept in {_LANGUAGES[was.language]}; here operator "{now.name}" is in '
            f"{_LANGUAGES[now.language]}. Each language keeps state in its own way; leave the operator in its language, "
            "or give it another uid."
        )
    if now is not None and now.key_type is not None and was.key_type is not None:
        before, here = _type_text(was.key_type), _type_text(now.key_type)  # I3
        if before != here:
            return (
                f'{state} is of keys of the type {before}; here operator "{now.name}" has keys of the type {here}. '
                "Key by the type that it was, or give the operator another uid."
            )
    keyed = any(chunk.group != NO_GROUP for table in kept for chunk in table.chunks)
    if keyed and was_max_parallelism != max_parallelism:
        return (
            f"{state} was kept with a maximum parallelism of {was_max_parallelism}; here it is {max_parallelism}. "
            f"Its keys are in that number of groups for good; set the maximum parallelism to {was_max_parallelism}."
        )
    return None


def _type_text(spec: Mapping[str, Any]) -> str:
    """A type as ``Types`` would be called: ``TUPLE(STRING, INT)``."""
    kind: str = spec["kind"]
    if kind == "TUPLE":
        return f"TUPLE({', '.join(map(_type_text, spec['fields']))})"
    if kind == "ROW":
        fields = zip(spec["names"], spec["fields"])
        return f"ROW({', '.join(f'{name} {_type_text(field)}' for name, field in fields)})"
    if kind == "MAP":
        return f"MAP({_type_text(spec['key'])}, {_type_text(spec['value'])})"
    holds = kind in ("LIST", "PRIMITIVE_ARRAY", "BASIC_ARRAY", "OBJECT_ARRAY")
    return f"{kind}({_type_text(spec['element'])})" if holds else kind
