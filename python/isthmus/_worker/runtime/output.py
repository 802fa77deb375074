"""Where the records of a task go: one exchange, partitioned over channels (``senders.py``). Twin of ``src/runtime/output.ts``."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import compress
from typing import TYPE_CHECKING, Any

from ..._values.failure import OperatorFailure, safe_repr
from ..._values.isolate import is_immutable
from ..._values.keep import Own, take
from ..._values.raised import ANYTHING
from ..._values.weight import Scale
from .coercion import Coerce, coerced
from .reach import FIXED, OWN, SHARED, Proof
from .senders import Sender

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec
    from ..state.keys import KeyGroups

#: Up to so many receivers a mask for each is cheaper than a list.
_FEW_RECEIVERS = 6
#: What makes of the receiver of each record a mask of those for one.
_MASKS = [bytes(target == receiver for target in range(256)) for receiver in range(_FEW_RECEIVERS)]


class Output:
    """One exchange of a task, seen from one sending subtask: coerces, computes keys, partitions."""

    def __init__(
        self,
        *,
        spec: OperatorSpec,
        partitioner: str,
        senders: list[Sender],
        receivers: list[int],
        coerce: Coerce | None,
        key_selector: Callable[[Any], Any] | None,
        coerce_keys: Coerce | None,
        custom: Callable[[Any, int], int] | None,
        key_groups: KeyGroups | None,
        num_receivers: int,
        rng: random.Random,
        scale: Scale,
        own: Own | None = None,
    ) -> None:
        self._spec = spec
        self.scale = scale
        #: How keys are kept: the selector may go on to change them, and they may be part of their records.
        self._own = own
        self.senders = senders
        self._by_receiver = dict(zip(receivers, senders))
        self._coerce = coerce
        self._key_selector = key_selector
        self._key_proof = Proof(key_selector)
        self._reach = SHARED
        self._coerce_keys = coerce_keys
        self._custom = custom
        self._key_groups = key_groups
        self._num_receivers = num_receivers
        self._rng = rng
        self._next = rng.randrange(len(senders)) if senders else 0
        self.records = 0
        only_one = len(senders) == 1
        self._route = {
            "broadcast": self._to_all,
            "hash": self._to_first_with_keys if only_one else self._by_key,
            "custom": self._by_custom,
            "shuffle": self._to_first if only_one else self._at_random,
            "global": self._to_first,
            "forward": self._to_first,
        }.get(partitioner, self._to_first if only_one else self._in_turn)

    @property
    def ready(self) -> bool:
        # A loop, not all(): there is one sender as a rule.
        for sender in self.senders:  # noqa: SIM110
            if not sender.ready:
                return False
        return True

    @property
    def empty(self) -> bool:
        """Whether nothing is left to send."""
        return all(sender.empty for sender in self.senders)

    def push(self) -> None:
        for sender in self.senders:
            sender.push()

    def emit(self, values: list[Any], timestamps: list[int] | None, reach: int) -> None:
        """``reach``: how far the records may be reachable by others (``reach.py``)."""
        self.scale.weigh(values)
        if self._coerce is not None:
            values = coerced(self._coerce, values, self._spec)
            # Of a tuple it may make a list.
            reach = min(reach, OWN)
        if reach != self._reach:
            self._reach = reach
            for sender in self.senders:
                sender.reach = reach
        keys = None
        if self._key_selector is not None:
            keys = self._select_keys(values, reach)
            if self._coerce_keys is not None:
                keys = coerced(self._coerce_keys, keys, self._spec)
        self.records += len(values)
        self._route(values, timestamps, keys)

    def control(self, element: tuple[Any, ...]) -> None:
        for sender in self.senders:
            sender.control(element)

    def _select_keys(self, values: list[Any], reach: int) -> list[Any]:
        keys: list[Any] = []
        try:
            selected = map(self._key_selector, values)  # type: ignore[arg-type]
            if self._own is None or (reach == FIXED and self._key_proof.after(reach) == FIXED):
                keys.extend(selected)
            else:
                take(selected, keys, len(values), self._own)
        except ANYTHING as e:
            raise OperatorFailure(e, self._spec, record=safe_repr(values[len(keys)])) from e
        if len(keys) < len(values):
            stopped = RuntimeError("the key selector raised StopIteration")
            raise OperatorFailure(stopped, self._spec, record=safe_repr(values[len(keys)]))
        return keys

    def _to_first(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        self.senders[0].send(values, timestamps, keys)

    def _to_first_with_keys(
        self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None
    ) -> None:
        """The first batch of a keyed exchange with one receiver: what several could not be told apart by is no key here."""
        if keys and not is_immutable(keys):
            from ..state.keys import encode_key

            for key in {type(key): key for key in keys}.values():
                encode_key(key)
        self._route = self._to_first
        self._to_first(values, timestamps, keys)

    def _to_all(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        for sender in self.senders:
            sender.send(values, timestamps, keys)

    def _in_turn(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        senders = self.senders
        n = len(senders)
        first = self._next
        for i in range(n):
            part = values[i::n]
            if not part:
                break
            sender = senders[(first + i) % n]
            sender.send(part, timestamps and timestamps[i::n], None if keys is None else keys[i::n])
        self._next = (first + len(values)) % n

    def _at_random(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        n = len(self.senders)
        targets = self._rng.choices(range(n), k=len(values))
        self._scatter(targets, values, timestamps, keys)

    def _by_key(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        assert self._key_groups is not None and keys is not None
        self._scatter(self._key_groups.targets(keys), values, timestamps, keys)

    def _by_custom(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        assert self._custom is not None and keys is not None
        targets = []
        n = self._num_receivers
        for value, key in zip(values, keys):
            try:
                target = self._custom(key, n)
                if not hasattr(target, "__index__") or not 0 <= target < n:
                    raise ValueError(
                        f"the partitioner returned {safe_repr(target)} for key {safe_repr(key)}; it must be in 0…{n - 1}"
                    )
            except ANYTHING as e:
                raise OperatorFailure(e, self._spec, record=safe_repr(value), key=safe_repr(key)) from e
            targets.append(int(target))
        # The keys were the partitioner's alone: the stream behind it is not keyed.
        self._scatter(targets, values, timestamps, None)

    def _scatter(
        self, targets: list[int], values: list[Any], timestamps: list[int] | None, keys: list[Any] | None
    ) -> None:
        if self._num_receivers <= _FEW_RECEIVERS:
            # A mask of bytes for each receiver: four times as fast as to sort record by record.
            where = bytes(targets)
            for target in {*where}:
                mask = where.translate(_MASKS[target])
                self._by_receiver[target].send(
                    [*compress(values, mask)],
                    None if timestamps is None else [*compress(timestamps, mask)],
                    None if keys is None else [*compress(keys, mask)],
                )
            return
        parts: dict[int, list[int]] = {}
        for i, target in enumerate(targets):
            part = parts.get(target)
            if part is None:
                parts[target] = [i]
            else:
                part.append(i)
        for target, rows in parts.items():
            self._by_receiver[target].send(
                [values[i] for i in rows],
                None if timestamps is None else [timestamps[i] for i in rows],
                None if keys is None else [keys[i] for i in rows],
            )
