// What of a subtask's tables may have changed since its last completed checkpoint. Twin of python/isthmus/_worker/state/changes.py.
//
// Tables are made of *units*: a key mostly, or a key with what goes with it, its namespace (a window, a side, the time of a
// timer, the key of a map).
//
//   D1. A unit is touched before it changes, comes or goes; what of it is to be encoded yet is set aside as it is now.
//   D2. What a checkpoint that is never completed would have had goes into the next one.
//   D3. Without checkpoints nothing is touched (store.ts).

/** What of a table is frozen. */
export interface BeingEncoded<U> {
  /** This is about to change: set aside what of it is not encoded yet. */
  keep(identity: unknown, unit: U, namespace: unknown): void;
}

/** Units by namespace, then by what tells their keys apart. */
export type Units<U> = ReadonlyMap<unknown, ReadonlyMap<unknown, U>>;

/** Of one table. `U`: what says where a unit stands in entries, with its namespace. */
export class Changes<U> {
  #now = new Map<unknown, Map<unknown, U>>();
  /** Those of the namespace touched last. */
  #namespace: unknown;
  #ofNamespace: Map<unknown, U> | undefined;
  /** Of each checkpoint since the base, what had changed since the one before (D2). */
  #epochs: { checkpoint: number; units: Units<U> }[] = [];
  readonly #frozen = new Map<number, BeingEncoded<U>>();

  /** `namespace`: undefined in tables that have none. */
  touch(identity: unknown, unit: U, namespace?: unknown): void {
    let units = this.#ofNamespace;
    if (units === undefined || namespace !== this.#namespace) units = this.#turnTo(namespace);
    units.set(identity, unit);
    if (this.#frozen.size === 0) return;
    for (const frozen of this.#frozen.values()) frozen.keep(identity, unit, namespace); // D1
  }

  #turnTo(namespace: unknown): Map<unknown, U> {
    let units = this.#now.get(namespace);
    if (units === undefined) {
      units = new Map();
      this.#now.set(namespace, units);
    }
    this.#namespace = namespace;
    this.#ofNamespace = units;
    return units;
  }

  /** All that has changed since the base, for a checkpoint that is frozen now: in the order of the epochs. */
  seal(checkpoint: number): Units<U>[] {
    this.#epochs.push({ checkpoint, units: this.#now });
    this.#now = new Map();
    this.#ofNamespace = undefined;
    return this.#epochs.map(({ units }) => units);
  }

  /** From now on `frozen` is told of changes. */
  encoding(checkpoint: number, frozen: BeingEncoded<U>): void {
    this.#frozen.set(checkpoint, frozen);
  }

  /** Nothing of a checkpoint is to be encoded any more. */
  encoded(checkpoint: number): void {
    this.#frozen.delete(checkpoint);
  }

  /** A checkpoint is the base. */
  completed(checkpoint: number): void {
    this.#epochs = this.#epochs.filter((epoch) => epoch.checkpoint > checkpoint);
  }
}
