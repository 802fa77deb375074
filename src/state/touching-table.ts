// A table on the heap that tells of its keys before what is under them may change: only where a job takes checkpoints.

import { Changes } from './changes.ts';
import { keyIdentity } from './key-identity.ts';
import { type CurrentKey, HeapTable } from './table.ts';

export class TouchingTable<T> extends HeapTable<T> {
  readonly changes = new Changes<unknown>();
  readonly #at: CurrentKey;

  constructor(at: CurrentKey) {
    super(at);
    this.#at = at;
  }

  /** What can be changed in place may be changed. */
  override get(): T | undefined {
    const entry = super.get();
    if (typeof entry === 'object' && entry !== null) this.#touch(this.#at.key);
    return entry;
  }

  override put(key: unknown, entry: T): void {
    this.#touch(key);
    super.put(key, entry);
  }

  override remove(key: unknown): void {
    this.#touch(key);
    super.remove(key);
  }

  override revise(identity: unknown, revised: (entry: T) => T | undefined): void {
    this.changes.touch(identity, this.keyOf(identity));
    super.revise(identity, revised);
  }

  #touch(key: unknown): void {
    this.changes.touch(keyIdentity(key), key);
  }
}
