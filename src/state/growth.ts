// How large the increments since the last whole checkpoint have become. Twin of python/isthmus/_worker/state/growth.py.
//
//   G1. When they are larger than it, and not small, the next one is whole: what is kept and read again is never much more than
//       twice what there is, and what is written, over time, never more than twice what changes.

/** What a chunk costs beside its bytes: its handle in each manifest since, its part of a file. */
const OF_CHUNK = 256;
/** Bytes of increments that are always worth less than writing all anew. */
const LEAST = 64 << 10;

export class Growth {
  readonly #open = new Map<number, { isWhole: boolean; bytes: number }>();
  #whole = 0;
  #since = 0;

  /** G1 */
  get isDue(): boolean {
    return this.#since > Math.max(this.#whole, LEAST);
  }

  begin(checkpoint: number, isWhole: boolean): void {
    this.#open.set(checkpoint, { isWhole, bytes: 0 });
  }

  /** A chunk of so many bytes is part of a checkpoint. */
  add(checkpoint: number, bytes: number): void {
    const size = this.#open.get(checkpoint);
    if (size !== undefined) size.bytes += bytes + OF_CHUNK;
  }

  completed(checkpoint: number): void {
    const size = this.#open.get(checkpoint);
    if (size?.isWhole === true) {
      this.#whole = size.bytes;
      this.#since = 0;
    } else {
      this.#since += size?.bytes ?? 0;
    }
    for (const older of this.#open.keys()) if (older <= checkpoint) this.#open.delete(older);
  }

  aborted(checkpoint: number): void {
    this.#open.delete(checkpoint);
  }
}
