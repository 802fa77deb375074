// One outgoing channel of a subtask: batched, in order, held to its credit. Twin of python/isthmus/_worker/runtime/output.py.
//
//   S1. Elements leave in the order in which they were emitted; a control element goes behind all records before it.
//   S2. Records are sent only while the balance is positive, and one batch of any size then; control elements need
//       no credit, but never overtake records.
//   S3. At most EAGER_FRAMES batches are sent without waiting for an answer; behind them a batch grows up to its limit. Where
//       functions are slow all that is finished is pushed: it does not wait for them.
//   S4. A channel takes no more than about one batch while it may not send: it is full, and whoever emits waits.

import type { ControlElement } from './element.ts';
import { Fifo } from './fifo.ts';
import { MIN_TIMESTAMP } from './operator.ts';
import type { RecordBatch } from './batch-codec.ts';

/** Frames that may be unanswered before batches begin to grow. */
const EAGER_FRAMES = 2;
/** Records of the first batch, before the size of a record is known. */
const FIRST_BATCH_RECORDS = 64;

/** The way out: to another process, or to a subtask of this one. */
export interface ChannelPort {
  /** Sends records now; returns what that costs in credit, per frame where it had to make several. */
  send(batch: RecordBatch): number | number[];
  control(element: ControlElement): void;
}

export interface ChannelLimits {
  windowBytes: number;
  maxBatchRecords: number;
  maxBatchBytes: number;
}

/** Told when a channel has something to flush, and when one that was full has room again. */
export interface ChannelOwner {
  dirty(channel: OutputChannel): void;
  roomAgain(): void;
}

export class OutputChannel {
  readonly id: number;
  readonly #port: ChannelPort;
  readonly #owner: ChannelOwner;
  readonly #limits: ChannelLimits;
  #values: unknown[] = [];
  #timestamps: number[] | undefined;
  #keys: unknown[] | undefined;
  /** Batches closed by a control element, and control elements, waiting for credit (S1). */
  readonly #waiting = new Fifo<{ batch: RecordBatch } | { control: ControlElement }>();
  #waitingRecords = 0;
  #balance: number;
  readonly #unanswered = new Fifo<number>();
  #answered = 0;
  #limit: number;
  #bytesPerRecord = 0;
  #wasFull = false;

  constructor(id: number, port: ChannelPort, owner: ChannelOwner, limits: ChannelLimits) {
    this.id = id;
    this.#port = port;
    this.#owner = owner;
    this.#limits = limits;
    this.#balance = limits.windowBytes;
    this.#limit = Math.min(FIRST_BATCH_RECORDS, limits.maxBatchRecords);
  }

  /** Takes a record. Returns false when the channel is full now: the caller waits before it adds another (S4). */
  add(value: unknown, timestamp: number): boolean {
    const count = this.#values.push(value);
    if (this.#timestamps !== undefined) this.#timestamps.push(timestamp);
    else if (timestamp !== MIN_TIMESTAMP) this.#startTimestamps(count, timestamp);
    if (count === 1) this.#owner.dirty(this);
    return count < this.#limit || this.#hasRoomAfterFlush();
  }

  /** As `add`, on a keyed exchange; a channel is keyed or not for life. */
  addKeyed(value: unknown, timestamp: number, key: unknown): boolean {
    if (this.#keys === undefined) this.#keys = [key];
    else this.#keys.push(key);
    return this.add(value, timestamp);
  }

  control(element: ControlElement): void {
    if (this.#values.length === 0 && this.#waiting.length === 0) {
      this.#port.control(element);
      return;
    }
    if (this.#values.length > 0) {
      this.#waitingRecords += this.#values.length;
      this.#waiting.push({ batch: this.#take() });
    }
    const last = this.#waiting.last();
    if (
      element.kind === 'watermark' &&
      last !== undefined &&
      'control' in last &&
      last.control.kind === 'watermark'
    ) {
      last.control = element;
    } else {
      this.#waiting.push({ control: element });
    }
    this.flush();
  }

  /** Sends what may be sent; records that would have to wait for an answer first go on gathering (S3). */
  flush(pushed = false): void {
    for (;;) {
      const head = this.#waiting.peek();
      if (head === undefined) break;
      if ('control' in head) {
        this.#waiting.shift();
        this.#port.control(head.control);
        continue;
      }
      if (this.#balance <= 0) return; // S2
      this.#waiting.shift();
      this.#waitingRecords -= head.batch.values.length;
      this.#send(head.batch);
    }
    const eager =
      pushed || this.#unanswered.length < EAGER_FRAMES || this.#values.length >= this.#limit;
    if (this.#values.length > 0 && this.#balance > 0 && eager) this.#send(this.#take());
    if (this.#wasFull && this.hasRoom) {
      this.#wasFull = false;
      this.#owner.roomAgain();
    }
  }

  /** The consumer has taken `bytes` off the channel. */
  credit(bytes: number): void {
    this.#balance += bytes;
    this.#answered += bytes;
    for (;;) {
      const oldest = this.#unanswered.peek();
      if (oldest === undefined || oldest > this.#answered) break;
      this.#answered -= oldest;
      this.#unanswered.shift();
    }
    this.flush();
  }

  get hasRoom(): boolean {
    return this.#values.length + this.#waitingRecords < this.#limit;
  }

  /** True when nothing is left to send. */
  get empty(): boolean {
    return this.#values.length === 0 && this.#waiting.length === 0;
  }

  #hasRoomAfterFlush(): boolean {
    this.flush();
    if (this.hasRoom) return true;
    this.#wasFull = true;
    return false;
  }

  #startTimestamps(count: number, timestamp: number): void {
    this.#timestamps = Array.from({ length: count }, () => MIN_TIMESTAMP);
    this.#timestamps[count - 1] = timestamp;
  }

  #take(): RecordBatch {
    const batch: RecordBatch = { values: this.#values };
    if (this.#timestamps !== undefined) batch.timestamps = this.#timestamps;
    if (this.#keys !== undefined) batch.keys = this.#keys;
    this.#values = [];
    this.#timestamps = undefined;
    this.#keys = undefined;
    return batch;
  }

  #send(batch: RecordBatch): void {
    const cost = this.#port.send(batch);
    const frames = typeof cost === 'number' ? [cost] : cost;
    let bytes = 0;
    for (const frame of frames) {
      bytes += frame;
      this.#unanswered.push(frame);
    }
    this.#balance -= bytes;
    const perRecord = bytes / batch.values.length;
    this.#bytesPerRecord =
      this.#bytesPerRecord === 0 ? perRecord : (this.#bytesPerRecord + perRecord) / 2;
    const fits = Math.floor(this.#limits.maxBatchBytes / Math.max(1, this.#bytesPerRecord));
    // Doubling, not jumping: a first small record says little about the next.
    const grown = Math.min(fits, this.#limit * 2, this.#limits.maxBatchRecords);
    this.#limit = Math.max(1, grown);
  }
}
