// Entries of keys as they go into a snapshot: by key group, so that a restore at another parallelism reads what is its own.

import { carryMark } from '../../bridge/codec/index.ts';
import { KeyGroups } from '../../state/keys.ts';
import { isolator } from '../../runtime/isolate.ts';
import type { OperatorContext } from '../../runtime/operator.ts';

/** Key group → pairs of key and entry. */
export type GroupedEntries = Map<number, [key: unknown, entry: unknown][]>;

/** Copies what can be changed in place: contents go on while the snapshot is stored. */
const copy = isolator(carryMark);

/** Undefined where there are none. */
export function toGroups(
  ctx: OperatorContext,
  entries: Iterable<[key: unknown, entry: unknown]>,
): GroupedEntries | undefined {
  const groups = new KeyGroups(ctx.maxParallelism, ctx.parallelism);
  const grouped: GroupedEntries = new Map();
  for (const [key, entry] of entries) {
    const group = groups.group(key);
    const pair: [unknown, unknown] = [copy(key), copy(entry)];
    const pairs = grouped.get(group);
    if (pairs === undefined) grouped.set(group, [pair]);
    else pairs.push(pair);
  }
  return grouped.size === 0 ? undefined : grouped;
}

/** The pairs of the groups that belong to this subtask. */
export function* fromGroups(
  ctx: OperatorContext,
  snapshots: readonly unknown[],
): Generator<[key: unknown, entry: unknown]> {
  const groups = new KeyGroups(ctx.maxParallelism, ctx.parallelism);
  for (const snapshot of snapshots) {
    for (const [group, pairs] of (snapshot as GroupedEntries | undefined) ?? []) {
      if (groups.owner(group) !== ctx.subtask) continue;
      for (const [key, entry] of pairs) yield [copy(key), copy(entry)];
    }
  }
}
