// Where windows keep their contents: in their entry, or in the embedded store, which is told of every change.

import type { EmbeddedStore } from '../../state/embedded-store.ts';
import type { KeyedTable } from '../../state/table.ts';
import type { WindowLike } from './assigner.ts';

/** A window of a key. */
export interface WindowEntry {
  readonly key: unknown;
  readonly window: WindowLike;
  readonly windowKey: string;
  /** Of the key. */
  readonly id: unknown;
  /** Where contents are on the heap. */
  contents: unknown;
  /** False while there are no contents. */
  filled: boolean;
  /** What the trigger remembers. */
  numbers: Map<string, number> | undefined;
}

/** Contents of windows by entry. */
export interface ContentsStore {
  /** Of an entry that is filled. */
  get(entry: WindowEntry): unknown;
  /** Also where contents were changed in place. */
  set(entry: WindowEntry, contents: unknown): void;
  drop(entry: WindowEntry): void;
}

export function contentsStore(store: EmbeddedStore | undefined, operator: string): ContentsStore {
  return store === undefined ? ON_HEAP : new StoredContents(store, operator);
}

const ON_HEAP: ContentsStore = {
  get: (entry) => entry.contents,
  set(entry, contents) {
    entry.contents = contents;
    entry.filled = true;
  },
  drop(entry) {
    entry.contents = undefined;
    entry.filled = false;
  },
};

/** By `[type of the key, key, key of the window]`, as in window-state.ts. */
class StoredContents implements ContentsStore {
  readonly #at = { key: undefined as unknown };
  readonly #table: KeyedTable<{ contents: unknown }>;

  constructor(store: EmbeddedStore, operator: string) {
    this.#table = store.table(this.#at, {
      name: `windows of ${operator}`,
      freeze: ({ contents }) => contents,
      thaw: (contents) => ({ contents }),
    });
  }

  get(entry: WindowEntry): unknown {
    return this.#of(entry).get()?.contents;
  }

  set(entry: WindowEntry, contents: unknown): void {
    this.#of(entry).set({ contents });
    entry.filled = true;
  }

  drop(entry: WindowEntry): void {
    if (entry.filled) this.#of(entry).delete();
    entry.filled = false;
  }

  #of({ key, windowKey }: WindowEntry): KeyedTable<{ contents: unknown }> {
    this.#at.key = [typeof key, key, windowKey];
    return this.#table;
  }
}
