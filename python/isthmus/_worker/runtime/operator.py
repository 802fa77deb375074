"""The operator interface of the Python host, twin of ``src/runtime/operator.ts``.

A task is a chain of operators. It runs by *pulling*: the head's ``apply`` gets an iterator over the records
of a batch, the next operator's ``apply`` gets the iterator the head returned, and so on; the task pulls the
last one. So ``map`` is the builtin ``map`` and a chain of maps and filters runs in C.

  O1. ``apply`` is lazy: it may be pulled a few records at a time, left for a while, and pulled again.
  O2. While a record is in flight, ``cursor.timestamp`` (and ``cursor.key`` on a keyed input, as tables know it) are its own.
      An operator that emits at another time or for another key (timers, windows) sets them before it
      yields.
  O3. An operator never blocks, reads no clock but ``ctx.clock``, opens no file but by ``ctx.files``; all else that it
      asks of the machine it asks of ``ctx.machine``.
  O4. Everything that must survive a restart is in tables of ``ctx.state``, declared in ``open``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ..machine.machine import Machine
from .reach import SHARED
from .splits import SplitListener

if TYPE_CHECKING:
    from ..._program.job_graph import FunctionRef, OperatorSpec, TypeSpec
    from ..state.store import OperatorStore

from ..._settings.settings import Settings

#: No timestamp, no watermark yet (Java's Long.MIN_VALUE, as PyFlink shows it).
MIN_TIMESTAMP = -(2**63)
#: In place of the number of a checkpoint: of the one that was restored.
RESTORED = -1
#: The final watermark (Long.MAX_VALUE).
MAX_TIMESTAMP = 2**63 - 1


class Cursor:
    """The record in flight in a chain. One per subtask, shared by its operators (O2)."""

    __slots__ = ("key", "timestamp")

    def __init__(self) -> None:
        self.timestamp: int = MIN_TIMESTAMP
        self.key: Any = None


class OperatorContext:
    """What an operator knows of where it runs."""

    def __init__(
        self,
        *,
        spec: OperatorSpec,
        job_name: str,
        task_name: str,
        subtask: int,
        parallelism: int,
        max_parallelism: int,
        attempt: int,
        mode: str,
        keyed: bool,
        key_type: TypeSpec | None = None,
        cursor: Cursor,
        machine: Machine,
        settings: Settings,
        load_function: Callable[[FunctionRef], Any],
        emit_side: Callable[[str, Any], None],
        side_tags: frozenset[str],
        state: OperatorStore,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.spec = spec
        self.job_name = job_name
        self.task_name = task_name
        self.subtask = subtask
        self.parallelism = parallelism
        self.max_parallelism = max_parallelism
        self.attempt = attempt
        #: "STREAMING" or "BATCH".
        self.mode = mode
        #: Whether input 0 of this operator is partitioned by key.
        self.keyed = keyed
        #: The declared type of the keys (``docs/protocol.md`` §5), if any.
        self.key_type = key_type
        self.cursor = cursor
        self.machine = machine
        self.clock = machine.clock  # O3
        self.files = machine.files
        self.settings = settings
        #: Loads a FunctionRef of the job graph: the function, or an instance.
        self.load_function = load_function
        #: Emits a value with the cursor's timestamp to a side output: ``emit_side(tag_id, value)``.
        self.emit_side = emit_side
        #: Tags of this operator that somebody reads.
        self.side_tags = side_tags
        #: Where it declares what it keeps over a barrier (O4).
        self.state = state
        #: Writes whole lines to the program's stdout (print sinks).
        self.program_output: Callable[[str, bool], None] | None = None
        #: Whether the job takes checkpoints: sinks with two phases wait for them.
        self.checkpointing = False
        #: Makes the loop call ``poll`` soon; may be called from any thread.
        self.wake = wake
        #: The operator's event time, moved by the task before ``advance_watermark``.
        self.watermark: int = MIN_TIMESTAMP
        #: Whether its records come from another operator of its chain.
        self.follows = False
        #: Whether its records leave the chain, to outputs that keep them as they are now.
        self.last = False
        #: How far what it is given may be reachable by others (``reach.py``), while ``apply`` is called.
        self.reach = SHARED
        #: The window whose function failed, and what it was given, as texts.
        self.failed_window: dict[str, str | None] = {}
        #: The operator's RuntimeContext once somebody asked for it (``runtime_context(ctx)``).
        self.runtime: Any = None
        #: Functions by part, of those that are pickled as one.
        self._joint: dict[str, Any] | None = None

    def load(self, part: str) -> Any:
        """The function of a part of the operator (``docs/operators.md``), once for each subtask; None where it has none."""
        ref = self.spec.get("fns", {}).get(part)
        if ref is None:
            return None
        if ref["form"] != "pickle" or "part" not in ref:
            return self.load_function(ref)
        # What several functions share in the program, they share here.
        if self._joint is None:
            self._joint = self.load_function(ref)
        return self._joint[ref["part"]]

    @property
    def params(self) -> dict[str, Any]:
        return self.spec["params"]

    @property
    def name(self) -> str:
        return self.spec["name"]


class SplitWatcher(SplitListener, Protocol):
    """Told of the splits of a source."""

    def split_is(self, split: str) -> None:
        """Records that come are of this one."""


class Operator:
    """Base of all operators. Subclasses override what they need; every default does nothing or passes on."""

    ctx: OperatorContext

    #: False where every record makes exactly one (saves a counter in the chain).
    changes_count = True
    #: Whether any record may make a watermark of the operator's own, which then comes before the next record.
    punctuates = False
    #: True where records get timestamps of this operator's.
    assigns_timestamps = False
    #: Whether records may wait for others that are at hand already.
    gathers = False
    #: Whether it does less with records that nobody else can reach (``ctx.reach``).
    asks_for_reach = False
    #: False where idleness of the input says nothing of the output (watermark generators watch their own records).
    follows_idleness = True
    #: True where the user's functions return iterables, which nothing of theirs is on the stack for.
    flattens = False
    #: True where ``close`` calls nothing of the user's, and is to have been called whatever theirs do.
    closes_at_once = False
    #: True where C code calls the functions record by record: a StopIteration of theirs is taken for the end of the stream.
    called_from_c = False
    #: Whether ``next_processing_time`` may give one. Asked when it is open.
    uses_time = True
    #: An object that does its work, as the writer of a sink does: its frames are the operator's.
    works_by: Any = None
    #: The user's functions, to name the operator when one of them raises.
    functions: tuple[Any, ...] = ()

    def owns(self, code: Any) -> bool:
        """Whether a code object of a traceback belongs to one of ``functions``."""
        for function in self.functions:
            target = getattr(function, "__func__", function)
            if getattr(target, "__code__", None) is code:
                return True
        return False

    def may_stop(self) -> bool:
        """Whether one of ``functions`` says in its own code what raises a StopIteration."""
        return any(_mentions_stopping(function) for function in self.functions)

    def is_named_by(self, text: str) -> bool:
        """Whether an error's text begins with the call of one of ``functions``."""
        names = (
            getattr(getattr(function, "__func__", function), "__qualname__", "")
            for function in self.functions
        )
        return any(name and text.startswith(f"{name}() ") for name in names)

    def calls_builtin(self) -> bool:
        """Whether a function of this operator is a builtin or a class, which leaves no frame in a
        traceback.
        """
        return any(
            not hasattr(getattr(function, "__func__", function), "__code__") for function in self.functions
        )

    def open(self, ctx: OperatorContext) -> None:
        """Load functions, declare tables, open functions. Called once."""
        self.ctx = ctx

    def reach_after(self, given: int) -> int:
        """How far its results may be reachable by others, by how far what it is given is (``reach.py``)."""
        return SHARED

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        """Transform the records of input 0, as they are pulled (O1)."""
        raise NotImplementedError

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        """Transform ``(key, record)`` pairs of a keyed input 0 (only the head of a chain is keyed).

        Keys are those of tables, here and in ``cursor.key``: what a user is to see is ``thaw(key)`` (K2 of ``key_identity.py``).
        """
        return self.apply(_follow_keys(self.ctx.cursor, pairs))

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        """Transform the records of input 1 of a two-input operator."""
        raise NotImplementedError

    def apply_second_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        """As ``apply_keyed``, for input 1."""
        return self.apply_second(_follow_keys(self.ctx.cursor, pairs))

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        """Event time has reached ``watermark`` (``ctx.watermark`` says so too): fire what is due, lazily."""
        return None

    def forward_watermark(self, watermark: int) -> int | None:
        """What the next operator is told; None to hold it back (a watermark generator does)."""
        return watermark

    def next_processing_time(self) -> int | None:
        """When (ms since the epoch) ``advance_processing_time`` wants to be called next, if at all."""
        return None

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        """Processing time has reached ``now``: fire what is due, lazily."""
        return None

    def poll_watermark(self) -> int | None:
        """A watermark this operator wants to emit now (asked after ``advance_processing_time``)."""
        return None

    def poll_idle(self) -> bool | None:
        """Whether the operator's own output became idle (True) or active (False); None: no change of
        its own.
        """
        return None

    def room(self) -> int | None:
        """How many more records ``apply`` may be fed now; None: no limit. Asked of a chain's head only
        (async).
        """
        return None

    def poll(self) -> Iterable[Any] | None:
        """Results that became ready off the loop since the last call (asked after ``ctx.wake`` and
        before ``finish``).
        """
        return None

    def let_go(self) -> Iterable[Any] | None:
        """The input at hand is used up (asked of those that ``gather``): emit what waited for more of it."""
        return None

    def let_out(self) -> None:
        """A function of the chain keeps the loop: show what is finished (sinks that gather). From another thread."""

    def pending(self) -> bool:
        """Whether results are still on their way: ``finish`` waits until it is False."""
        return False

    def before_barrier(self, checkpoint: int, of: int) -> Iterable[Any] | None:
        """A barrier (of one of the kinds of ``frame``) is about to pass: emit what was gathered, write what was held back. Asked from head to tail of the
        chain, each behind what those before it have emitted, and before anything of the chain is saved.
        """
        return None

    @property
    def splits(self) -> SplitWatcher | None:
        """Who is to be told of the splits of the source that the operator stands directly behind."""
        return None

    def finish(self) -> Iterable[Any] | None:
        """All input has ended and the final watermark has passed: emit what is left (BATCH results,
        async).
        """
        return None

    def notify_checkpoint_complete(self, checkpoint: int) -> int | None:
        """The checkpoint is durable: sinks commit. The last one comes after ``finish``; ``RESTORED`` before the first record,
        where the task goes on from one.

        Returns:
            When (ms since the epoch) this is to be called again, where not all could be committed.
        """
        return None

    def close(self) -> None:
        """Release everything; called once, also after a failure."""


def _follow_keys(cursor: Cursor, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
    for key, value in pairs:
        cursor.key = key
        yield value


#: What a function has in it that raises a StopIteration.
_STOPPING = frozenset(("next", "anext", "__next__", "send", "throw", "StopIteration"))


def _mentions_stopping(function: Any, levels: int = 2) -> bool:
    """Looks at the function, and at those of its module that it names."""
    target = getattr(function, "__func__", function)
    code = getattr(target, "__code__", None)
    if code is None:  # A builtin such as ``next``, or a class: nobody knows.
        return True
    names = {name for one in _with_inner(code) for name in one.co_names}
    if _STOPPING & names:
        return True
    found = [target.__globals__.get(name) for name in names] if levels else []
    return any(_mentions_stopping(one, levels - 1) for one in found if hasattr(one, "__code__"))


def _with_inner(code: Any) -> Iterator[Any]:
    """A code object and those of the lambdas and comprehensions in it."""
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            yield from _with_inner(constant)
