// State of a subtask as a whole, whatever the key. Twin of python/isthmus/_worker/state/operator_state.py.
//
//   O1. After a restore at another parallelism the elements of lists are dealt out evenly, in order of the subtasks that had
//       them; at the same one each subtask has its own again.
//   O2. A union list is restored whole, by every subtask: each picks what it wants of it.
//   O3. Broadcast state is the same in all subtasks, so one snapshot is enough.

import { GraphError } from '../errors.ts';
import { BroadcastMap } from './broadcast-state.ts';
import type { ListStateDescriptor, MapStateDescriptor, StateDescriptor } from './descriptors.ts';
import type { ListState, MapState } from './states.ts';

/** State that belongs to no key; of any operator, keyed or not. */
export interface OperatorStateStore {
  /** A list whose elements are dealt out afresh when the parallelism changes. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A list that every subtask gets all of when it is restored. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A map that is to be the same in all subtasks: write to it what all of them see. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
}

type Entry =
  | { form: 'list' | 'union list'; values: unknown[] }
  | { form: 'broadcast'; map: BroadcastMap<unknown, unknown> };

/** Plain data. */
export interface SavedOperatorState {
  subtask: number;
  parallelism: number;
  states: [name: string, form: Entry['form'], held: unknown[]][];
}

export class OperatorStates implements OperatorStateStore {
  readonly #subtask: number;
  readonly #parallelism: number;
  readonly #entries = new Map<string, Entry>();

  constructor(subtask: number, parallelism: number) {
    this.#subtask = subtask;
    this.#parallelism = parallelism;
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return new OperatorList<T>(this.#list(checked(descriptor), 'list') as { values: T[] });
  }

  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return new OperatorList<T>(this.#list(checked(descriptor), 'union list') as { values: T[] });
  }

  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.broadcast(checked(descriptor)) as MapState<K, V>;
  }

  /** By its name alone. */
  broadcast(name: string): BroadcastMap<unknown, unknown> {
    const entry = this.#entry(name, 'broadcast', () => ({
      form: 'broadcast',
      map: new BroadcastMap(),
    }));
    return (entry as Extract<Entry, { form: 'broadcast' }>).map;
  }

  #list(name: string, form: 'list' | 'union list'): { values: unknown[] } {
    return this.#entry(name, form, () => ({ form, values: [] })) as { values: unknown[] };
  }

  #entry(name: string, form: Entry['form'], make: () => Entry): Entry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = make();
      this.#entries.set(name, entry);
    }
    if (entry.form === form) return entry;
    throw new GraphError(
      `The operator state "${name}" is a ${entry.form} state already; give the ${form} state another name.`,
    );
  }

  /** Undefined where there is none. */
  snapshot(): SavedOperatorState | undefined {
    if (this.#entries.size === 0) return undefined;
    return {
      subtask: this.#subtask,
      parallelism: this.#parallelism,
      states: Array.from(this.#entries, ([name, entry]) => [
        name,
        entry.form,
        entry.form === 'broadcast' ? entry.map.entries() : entry.values,
      ]),
    };
  }

  /** What all subtasks had, in any order. */
  restore(snapshots: readonly SavedOperatorState[]): void {
    const bySubtask = [...snapshots].sort((a, b) => a.subtask - b.subtask);
    const dealt = new Map<string, unknown[]>();
    for (const { subtask, parallelism, states } of bySubtask) {
      for (const [name, form, held] of states) {
        if (form === 'broadcast') this.#restoreBroadcast(name, held);
        else if (form === 'union list')
          this.#append(name, form, held); // O2
        else if (parallelism !== this.#parallelism)
          dealt.set(name, (dealt.get(name) ?? []).concat(held));
        else if (subtask === this.#subtask) this.#append(name, form, held); // O1
      }
    }
    for (const [name, all] of dealt) {
      this.#append(name, 'list', all.slice(this.#share(all), this.#share(all, 1)));
    }
  }

  /** Any number of them: as arguments of one call there may be too many. */
  #append(name: string, form: 'list' | 'union list', held: readonly unknown[]): void {
    const entry = this.#list(name, form);
    entry.values = entry.values.concat(held);
  }

  /** O3 */
  #restoreBroadcast(name: string, held: readonly unknown[]): void {
    const map = this.broadcast(name);
    if (map.isEmpty()) map.putAll(held as [unknown, unknown][]);
  }

  /** Where this subtask's part of a list begins, or that of one after it. */
  #share({ length }: readonly unknown[], after = 0): number {
    return Math.floor(((this.#subtask + after) * length) / this.#parallelism);
  }
}

class OperatorList<T> implements ListState<T> {
  readonly #entry: { values: T[] };

  constructor(entry: { values: T[] }) {
    this.#entry = entry;
  }

  get(): T[] {
    return [...this.#entry.values];
  }

  add(value: T): void {
    this.#entry.values.push(value);
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }

  update(values: Iterable<T>): void {
    this.#entry.values = [...values];
  }

  clear(): void {
    this.#entry.values = [];
  }

  [Symbol.iterator](): Iterator<T> {
    return this.get()[Symbol.iterator]();
  }
}

function checked({ name, ttl }: StateDescriptor): string {
  if (ttl === undefined) return name;
  throw new GraphError(
    `The operator state "${name}" cannot have a time to live, which goes by the key; leave its ttl out, or keep it by key.`,
  );
}
