// Maps by key on the heap that tell of their entries before these may change, so that a checkpoint writes those and not the
// map: only where a job takes checkpoints. Twin of python/isthmus/_worker/state/touching_maps.py.

import { Changes } from './changes.ts';
import { keyIdentity } from './key-identity.ts';
import type { MapEntries } from './states.ts';
import { storedKey } from './stored-rows.ts';
import { HeapTable } from './table.ts';

/** Where an entry of a map stands. */
export interface MapUnit {
  readonly key: unknown;
  readonly mapKey: unknown;
}

export class TouchingMaps extends HeapTable<MapEntries<unknown>> {
  /** Their namespaces are the maps, by the identity of a map's key. */
  readonly changes = new Changes<MapUnit>();

  /** An entry of the map of a key is about to change, or its value is given out. */
  touch(key: unknown, mapKey: unknown): void {
    this.changes.touch(keyIdentity(mapKey), { key, mapKey }, keyIdentity(key));
  }

  /** All of them are. */
  touchAll(key: unknown): void {
    const held = this.of(key);
    if (held !== undefined) this.#touchAll(keyIdentity(key), key, held);
  }

  #touchAll(mapIdentity: unknown, key: unknown, { values, originals }: MapEntries<unknown>): void {
    for (const identity of values.keys()) {
      this.changes.touch(identity, { key, mapKey: originals.key(identity) }, mapIdentity);
    }
  }

  override revise(
    identity: unknown,
    revised: (held: MapEntries<unknown>) => MapEntries<unknown> | undefined,
  ): void {
    const held = this.under(identity);
    if (held !== undefined) this.#touchAll(identity, this.keyOf(identity), held);
    super.revise(identity, revised);
  }
}

/** The same of maps in the embedded store, each of which is one row: units are keys. */
export class StoredMapsTold {
  readonly changes = new Changes<unknown>();

  touch(key: unknown): void {
    this.changes.touch(storedKey(key), key);
  }

  touchAll(key: unknown): void {
    this.touch(key);
  }
}
