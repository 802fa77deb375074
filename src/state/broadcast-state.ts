// Broadcast state: a map that every subtask has whole, because every subtask sees every broadcast record.

import { GraphError } from '../errors.ts';
import type { Changes } from './changes.ts';
import { KeyOriginals, keyIdentity } from './key-identity.ts';
import type { MapState } from './states.ts';
import type { Unit } from './views.ts';

/** Keys are told apart by what they are, as in a map state. */
export class BroadcastMap<K, V> implements MapState<K, V> {
  readonly #values = new Map<unknown, V>();
  readonly #originals = new KeyOriginals();
  /** Told of entries that change, or whose values are given out; absent where no checkpoints are taken. */
  readonly changes: Changes<unknown> | undefined;

  constructor(changes?: Changes<unknown>) {
    this.changes = changes;
  }

  get(key: K): V | undefined {
    const identity = keyIdentity(key);
    const value = this.#values.get(identity);
    this.#givenOut(identity, value);
    return value;
  }

  contains(key: K): boolean {
    return this.#values.has(keyIdentity(key));
  }

  put(key: K, value: V): void {
    const identity = this.#originals.keep(key);
    this.changes?.touch(identity, key);
    this.#values.set(identity, value);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    const identity = keyIdentity(key);
    this.changes?.touch(identity, key);
    this.#values.delete(identity);
    this.#originals.drop(identity);
  }

  clear(): void {
    for (const key of this.keys()) this.remove(key);
  }

  isEmpty(): boolean {
    return this.#values.size === 0;
  }

  keys(): K[] {
    return Array.from(this.#values.keys(), (identity) => this.#originals.key(identity) as K);
  }

  values(): V[] {
    return this.entries().map(([, value]) => value);
  }

  entries(): [K, V][] {
    return Array.from(this.#values, ([identity, value]) => {
      this.#givenOut(identity, value);
      return [this.#originals.key(identity) as K, value];
    });
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.entries()[Symbol.iterator]();
  }

  #givenOut(identity: unknown, value: V | undefined): void {
    if (this.changes === undefined || typeof value !== 'object' || value === null) return;
    this.changes.touch(identity, this.#originals.key(identity));
  }

  /** For a view of it. */
  *units(): Generator<Unit<unknown>> {
    for (const identity of this.#values.keys()) {
      yield [identity, this.#originals.key(identity), undefined];
    }
  }

  rowsOf(identity: unknown): [unknown, V][] {
    if (!this.#values.has(identity)) return [];
    return [[this.#originals.key(identity), this.#values.get(identity) as V]];
  }
}

/** The same map, for the side that only reads it. */
export class ReadOnlyBroadcastMap<K, V> implements MapState<K, V> {
  readonly #name: string;
  readonly #map: BroadcastMap<K, V>;

  constructor(name: string, map: BroadcastMap<K, V>) {
    this.#name = name;
    this.#map = map;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  contains(key: K): boolean {
    return this.#map.contains(key);
  }

  isEmpty(): boolean {
    return this.#map.isEmpty();
  }

  keys(): K[] {
    return this.#map.keys();
  }

  values(): V[] {
    return this.#map.values();
  }

  entries(): [K, V][] {
    return this.#map.entries();
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.#map[Symbol.iterator]();
  }

  put(): never {
    return this.#refuse();
  }

  putAll(): never {
    return this.#refuse();
  }

  remove(): never {
    return this.#refuse();
  }

  clear(): never {
    return this.#refuse();
  }

  #refuse(): never {
    throw new GraphError(
      `The broadcast state "${this.#name}" is read-only here, or subtasks would differ: change it in processBroadcastElement.`,
    );
  }
}
