// Where chunks of state are kept: a small interface, so that operators and store know nothing of files. Twin of
// python/isthmus/_worker/state/storage/storage.py. `FileStorage` has them in files, `BridgeStorage` sends them to an engine
// that keeps them itself.
//
//   K1. What `commit` has resolved for is durable, as far as this storage goes; before, nothing of it can be taken for whole.
//   K2. No byte of a chunk is used before its size and its checksum are known to be those that were written.

import { createHash } from 'node:crypto';
import { StateError } from '../../errors.ts';
import type { ChunkHandle } from './subtask-state.ts';

/** Where a chunk has been put. */
export interface Stored {
  readonly file: number;
  readonly offset: number;
  readonly checksum: Uint8Array;
}

/** Takes the chunks of one subtask's snapshot. */
export interface StateWriter {
  add(data: Uint8Array): Promise<Stored>;
  /**
   * Makes all that was added durable (K1).
   *
   * @returns the files it is in; none where chunks have gone over the bridge
   */
  commit(): Promise<string[]>;
  /** Leaves nothing of it behind. */
  discard(): Promise<void>;
}

export interface StateReader {
  /**
   * A chunk, which is whole (K2).
   *
   * @param whose what it is of, for errors
   * @throws StateError when it is not there, or not what was written
   */
  read(handle: ChunkHandle, whose: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface StateStorage {
  /** Of a snapshot of that name, which no other has. */
  writer(name: string): StateWriter;
  reader(files: readonly string[]): StateReader;
}

export function checksumOf(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

/** No two snapshots of a job have one name: attempts count on over restarts, checkpoints over attempts. */
export function snapshotName(
  attempt: number,
  checkpoint: number,
  task: number,
  subtask: number,
): string {
  return `${String(checkpoint).padStart(10, '0')}-a${attempt}-t${task}-s${subtask}.state`;
}

export function unusable(whose: string, why: string, cause?: unknown): StateError {
  return new StateError(
    `${whose} ${why} Restore from another checkpoint: this one is not whole.`,
    cause === undefined ? {} : { cause },
  );
}

/** K2 */
export function checkWhole(
  data: Uint8Array,
  { bytes, offset, checksum }: ChunkHandle,
  whose: string,
  where: string,
): void {
  if (data.byteLength !== bytes) {
    throw unusable(
      whose,
      `is cut short in ${where}: ${data.byteLength} of ${bytes} bytes from ${offset} on.`,
    );
  }
  if (!checksumOf(data).equals(checksum)) {
    throw unusable(
      whose,
      `is damaged in ${where}: its ${bytes} bytes from ${offset} on are not those that were written, by their SHA-256.`,
    );
  }
}
