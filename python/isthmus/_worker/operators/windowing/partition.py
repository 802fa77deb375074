"""Entries of keys as they go into a snapshot: pickled by key group."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any

from ...isolate import dumps
from ...operator import OperatorContext
from ...state.keys import GroupOf


def to_groups(ctx: OperatorContext, entries: Iterable[tuple[Any, Any]]) -> dict[int, bytes]:
    """Pickle ``(key, entry)`` pairs by the key's group."""
    groups = GroupOf(ctx.max_parallelism, ctx.parallelism, ctx.subtask)
    found: dict[int, list[tuple[Any, Any]]] = {}
    for key, entry in entries:
        found.setdefault(groups.group(key), []).append((key, entry))
    return {group: dumps(pairs) for group, pairs in found.items()}


def from_groups(ctx: OperatorContext, snapshots: Iterable[dict[int, bytes]]) -> Iterator[tuple[Any, Any]]:
    """The pairs of the groups that belong to this subtask."""
    groups = GroupOf(ctx.max_parallelism, ctx.parallelism, ctx.subtask)
    for snapshot in snapshots:
        for group, data in snapshot.items():
            if groups.is_mine(group):
                yield from pickle.loads(data)
