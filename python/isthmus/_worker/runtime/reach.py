"""Who else can reach a record: where that is known to be nobody, no record has to be looked at (``keep.py``).

A function that gets nothing but a record, and whose instructions reach nothing but that and constants, can neither keep a
record nor give one that another call has given. This is seen once, from its bytecode, by what is known to be harmless: an
instruction, a builtin or a global name that is not listed proves nothing, and records are looked at one by one.

  R1. Of ``FIXED`` records a function of the first kind makes ``FIXED`` ones: it has no way to make what can be changed.
  R2. Of ``FIXED`` and of ``OWN`` ones any proven function makes ``OWN`` ones. They are plain: their classes are Python's and
      ours, so no instruction runs code of the user.
  R3. A global name is as good as what it is bound to, which is looked up again for every batch.
"""

from __future__ import annotations

import builtins
import operator
from opcode import opname
from types import FunctionType, MethodType
from typing import Any

from ..._values.isolate import is_immutable

#: Anybody's, or not known to be nobody's.
SHARED = 0
#: Nobody else can reach what of it can be changed.
OWN = 1
#: None of it can be changed.
FIXED = 2

_HARMLESS = frozenset(
    """
    CACHE RESUME NOP EXTENDED_ARG PRECALL PUSH_NULL NOT_TAKEN TO_BOOL
    POP_TOP COPY SWAP DUP_TOP DUP_TOP_TWO ROT_TWO ROT_THREE ROT_FOUR ROT_N
    LOAD_CONST LOAD_SMALL_INT LOAD_GLOBAL DELETE_FAST
    LOAD_FAST LOAD_FAST_CHECK LOAD_FAST_BORROW LOAD_FAST_LOAD_FAST LOAD_FAST_BORROW_LOAD_FAST_BORROW
    STORE_FAST STORE_FAST_STORE_FAST STORE_FAST_LOAD_FAST
    UNARY_POSITIVE UNARY_NEGATIVE UNARY_NOT UNARY_INVERT
    BINARY_OP BINARY_SUBSCR BINARY_SLICE COMPARE_OP IS_OP CONTAINS_OP
    BINARY_ADD BINARY_SUBTRACT BINARY_MULTIPLY BINARY_TRUE_DIVIDE BINARY_FLOOR_DIVIDE BINARY_MODULO BINARY_POWER
    BINARY_LSHIFT BINARY_RSHIFT BINARY_AND BINARY_OR BINARY_XOR
    INPLACE_ADD INPLACE_SUBTRACT INPLACE_MULTIPLY INPLACE_TRUE_DIVIDE INPLACE_FLOOR_DIVIDE INPLACE_MODULO INPLACE_POWER
    INPLACE_LSHIFT INPLACE_RSHIFT INPLACE_AND INPLACE_OR INPLACE_XOR
    FORMAT_VALUE FORMAT_SIMPLE FORMAT_WITH_SPEC CONVERT_VALUE BUILD_STRING
    BUILD_TUPLE BUILD_SLICE UNPACK_SEQUENCE GET_ITER FOR_ITER END_FOR POP_ITER
    JUMP_FORWARD JUMP_BACKWARD JUMP_ABSOLUTE POP_JUMP_IF_TRUE POP_JUMP_IF_FALSE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE
    POP_JUMP_FORWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE
    POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE
    JUMP_IF_TRUE_OR_POP JUMP_IF_FALSE_OR_POP
    CALL CALL_FUNCTION RETURN_VALUE RETURN_CONST
    """.split()  # noqa: SIM905 - a list would be a page long.
)
#: They make or change what can be changed: of the record itself, or new.
_CHANGING = frozenset(
    """
    BUILD_LIST BUILD_MAP BUILD_SET BUILD_CONST_KEY_MAP LIST_APPEND LIST_EXTEND LIST_TO_TUPLE
    SET_ADD SET_UPDATE MAP_ADD DICT_UPDATE DICT_MERGE STORE_SUBSCR DELETE_SUBSCR STORE_SLICE
    """.split()  # noqa: SIM905 - a list would be a page long.
)
#: By identity: an object of the user's may call itself equal to any.
_HARMLESS_BUILTINS = frozenset(
    map(
        id,
        (
            abs,
            bin,
            bool,
            bytes,
            chr,
            complex,
            divmod,
            float,
            hash,
            hex,
            int,
            isinstance,
            len,
            max,
            min,
            oct,
            ord,
        ),
    )
) | frozenset(map(id, (pow, range, repr, round, str, sum, tuple)))
#: They make what can be changed.
_MAKING_BUILTINS = frozenset(map(id, (dict, list, set, sorted)))
#: ``LOAD_FAST`` of two variables has one in each half of its argument.
_TWO = frozenset(("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST_LOAD_FAST"))
#: Arguments by *, by **; generators and coroutines of all kinds.
_NOT_PLAIN = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200
#: Functions that call functions.
_LEVELS = 4
_UNBOUND: Any = object()


class Proof:
    """What is known of a function's results, while its global names keep their meaning."""

    __slots__ = ("_best", "_bindings")

    def __init__(self, function: Any) -> None:
        self._bindings: list[tuple[dict[str, Any], str, Any]] = []
        if type(function) is operator.itemgetter:
            self._best = FIXED
        else:
            self._best = self._judge(function, _LEVELS)

    def after(self, given: int) -> int:
        """How far a result is known to be reachable, by that of the records given."""
        best = min(given, self._best)  # R2
        if best != SHARED and self._bindings:
            for names, name, value in self._bindings:
                if names.get(name, _UNBOUND) is not value:  # R3
                    return SHARED
        return best

    def _judge(self, function: Any, levels: int) -> int:
        is_method = type(function) is MethodType
        if is_method:
            function = function.__func__
        if type(function) is not FunctionType or function.__defaults__ or function.__kwdefaults__:
            return SHARED
        code = function.__code__
        if code.co_flags & _NOT_PLAIN or code.co_freevars or code.co_cellvars or not levels:
            return SHARED
        instructions = {opname[op] for op in code.co_code[::2]}
        if is_method and _loads_first(code.co_code):
            return SHARED
        if not instructions <= _HARMLESS | _CHANGING:
            return SHARED
        best = FIXED if instructions <= _HARMLESS else OWN  # R1
        # No instruction that is listed has a name but LOAD_GLOBAL.
        for name in code.co_names:
            best = min(best, self._judge_global(function, name, levels))
        return best

    def _judge_global(self, function: FunctionType, name: str, levels: int) -> int:
        names = function.__globals__
        value = names.get(name, _UNBOUND)
        self._bindings.append((names, name, value))
        if value is _UNBOUND:
            value = getattr(builtins, name, _UNBOUND)
            self._bindings.append((vars(builtins), name, value))
        if id(value) in _HARMLESS_BUILTINS:
            return FIXED
        if id(value) in _MAKING_BUILTINS:
            return OWN
        return FIXED if is_immutable([value]) else self._judge(value, levels - 1)


def _loads_first(code: bytes) -> bool:
    """Whether a method may use its ``self``, which outlives the call."""
    for op, arg in zip(code[::2], code[1::2]):
        name = opname[op]
        if name in _TWO:
            if arg & 15 == 0 or arg >> 4 == 0:
                return True
        elif name.startswith("LOAD_FAST") and arg == 0:
            return True
    return False
