// Where an operator's state is kept: on the heap unless `state.backend.type` names a store on disk.

import type { OperatorContext } from '../runtime/operator.ts';
import type { ChangedRows } from '../state/changed-rows.ts';
import { EmbeddedStore } from '../state/embedded-store.ts';
import { HeapTable, type KeyedTable } from '../state/table.ts';
import { TouchingTable } from '../state/touching-table.ts';
import { TableOfStates, type Written } from '../state/tables.ts';

const stores = new WeakMap<OperatorContext, EmbeddedStore>();

/** The store of an operator, always the same one; undefined where state is on the heap. */
export function stateStore(ctx: OperatorContext): EmbeddedStore | undefined {
  const { stateBackend, stateDirectory, stateCacheEntries } = ctx.settings;
  if (stateBackend === 'hashmap') return undefined;
  let store = stores.get(ctx);
  if (store === undefined) {
    store = new EmbeddedStore(stateDirectory, stateCacheEntries);
    stores.set(ctx, store);
    ctx.onClose?.(() => store?.close());
  }
  return store;
}

/** What an operator keeps by the key of its cursor, in a table of a name. */
export function keyedTable<T>(
  ctx: OperatorContext,
  name: string,
  written: Written<T> = asItIs as Written<T>,
): KeyedTable<T> {
  return ctx.state.keyed(name, () => {
    const { table, rows } = tableOf<T>(ctx);
    return new TableOfStates('keyed', table, written, rows);
  });
}

function tableOf<T>(ctx: OperatorContext): { table: KeyedTable<T>; rows?: ChangedRows } {
  const { cursor, state, spec } = ctx;
  const store = stateStore(ctx);
  if (store === undefined)
    // D3 of changes.ts
    return { table: state.tracks ? new TouchingTable(cursor) : new HeapTable(cursor) };
  const freezing = {
    name: spec.name,
    freeze: (entry: T): unknown => entry,
    thaw: (frozen: unknown) => frozen as T,
  };
  if (!state.tracks) return { table: store.table(cursor, freezing) };
  return store.tracked(cursor, freezing, (key) => state.groupOf(key));
}

const asItIs: Written<unknown> = {
  entry: (key, held) => [key, held],
  read: (entry) => entry as [unknown, unknown],
  keyOf: ([key]) => key,
  address: (key) => [key],
};
