// State over the bridge, for an engine that keeps it itself: each chunk in STATE frames of bounded size, before the frame
// that names it. Twin of python/isthmus/_worker/state/storage/bridge_storage.py.
//
//   B1. A chunk of a snapshot has a number of its own, by which its handle names it.
//   B2. A chunk that comes in is known by its checksum: an engine need not number those that it gives.

import {
  type StateReader,
  type StateStorage,
  type StateWriter,
  type Stored,
  checkWhole,
  checksumOf,
  unusable,
} from './storage.ts';
import type { ChunkHandle } from './subtask-state.ts';

/** Bytes of a piece, where frames may be larger. */
const PIECE_BYTES = 8 << 20;
const NUMBERS = 2 ** 32;

/** Sends a piece of a chunk; a promise: there is no room for more until it settles. */
export type SendPiece = (
  number: number,
  isLast: boolean,
  piece: Uint8Array,
) => Promise<void> | undefined | void;

export class BridgeStorage implements StateStorage, StateWriter, StateReader {
  readonly #send: SendPiece;
  readonly #pieceBytes: number;
  #number = 0;
  /** Pieces of chunks that have not come whole. */
  readonly #pieces = new Map<number, Uint8Array[]>();
  readonly #received = new Map<string, Uint8Array>();

  constructor(send: SendPiece, maxFrameBytes: number) {
    this.#send = send;
    this.#pieceBytes = Math.min(PIECE_BYTES, maxFrameBytes);
  }

  writer(): StateWriter {
    return this;
  }

  async add(data: Uint8Array): Promise<Stored> {
    const number = this.#number;
    this.#number = (number + 1) % NUMBERS;
    const size = this.#pieceBytes;
    for (let start = 0; start === 0 || start < data.byteLength; start += size) {
      const end = start + size;
      await this.#send(number, end >= data.byteLength, data.subarray(start, end));
    }
    return { file: number, offset: 0, checksum: checksumOf(data) }; // B1
  }

  async commit(): Promise<string[]> {
    return [];
  }

  /** An engine drops chunks that no SNAPSHOT names. */
  async discard(): Promise<void> {}

  /** A piece of a chunk to restore from; it must stay as it is. */
  receive(number: number, isLast: boolean, piece: Uint8Array): void {
    const pieces = this.#pieces.get(number) ?? [];
    pieces.push(piece);
    if (!isLast) {
      this.#pieces.set(number, pieces);
      return;
    }
    this.#pieces.delete(number);
    const data = Buffer.concat(pieces);
    this.#received.set(checksumOf(data).toString('hex'), data); // B2
  }

  /** What was received is restored. */
  forget(): void {
    this.#pieces.clear();
    this.#received.clear();
  }

  reader(): StateReader {
    return this;
  }

  async read(handle: ChunkHandle, whose: string): Promise<Uint8Array> {
    const data = this.#received.get(Buffer.from(handle.checksum).toString('hex'));
    if (data === undefined) {
      throw unusable(whose, 'has not come over the bridge, or not as it was written.');
    }
    checkWhole(data, handle, whose, 'what came over the bridge');
    return data;
  }

  async close(): Promise<void> {}
}
