// What of a subtask's tables may have changed since its last completed checkpoint. Twin of python/isthmus/_worker/state/changes.py.
//
//   D1. A unit (a key, an entry of a map) is touched before it changes; what of it is to be encoded yet is set aside as it is now.
//   D2. What a checkpoint that is never completed would have had goes into the next one.
//   D3. Without checkpoints nothing is touched (state-store.ts).

/** What of a table is frozen. */
export interface BeingEncoded<U> {
  /** This is about to change: set aside what of it is not encoded yet. */
  keep(identity: unknown, unit: U): void;
}

/** Of one table: units by what tells them apart. */
export class Changes<U> {
  #now = new Map<unknown, U>();
  /** Of each checkpoint since the base, what had changed since the one before (D2). */
  #epochs: { checkpoint: number; units: Map<unknown, U> }[] = [];
  readonly #frozen = new Map<number, BeingEncoded<U>>();

  touch(identity: unknown, unit: U): void {
    this.#now.set(identity, unit);
    for (const frozen of this.#frozen.values()) frozen.keep(identity, unit); // D1
  }

  /** All that has changed since the base, for a checkpoint that is frozen now. */
  seal(checkpoint: number): ReadonlyMap<unknown, U> {
    this.#epochs.push({ checkpoint, units: this.#now });
    this.#now = new Map();
    const [first] = this.#epochs;
    if (first !== undefined && this.#epochs.length === 1) return first.units;
    return new Map(this.#epochs.flatMap(({ units }) => [...units]));
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
