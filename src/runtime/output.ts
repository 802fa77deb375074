// Where the records of an operator go: one exchange seen from one sending subtask. The sender partitions, and computes
// the keys of a keyed exchange (P4 of execution-plan.ts).

import { settling } from './settling.ts';
import { checkKey } from '../state/keys.ts';
import { UserFunctionError } from '../errors.ts';
import type { ControlElement } from './element.ts';
import { RecordFailure, inspectRecord } from './failure.ts';
import type { Isolate } from './isolate.ts';
import type { Cursor, MaybePromise } from './operator.ts';
import type { OutputChannel } from './output-channel.ts';

export type PartitionerKind =
  | 'forward'
  | 'rebalance'
  | 'rescale'
  | 'shuffle'
  | 'broadcast'
  | 'global'
  | 'hash'
  | 'custom';

export interface OutputOptions {
  kind: PartitionerKind;
  /** In order of the receiving subtask. */
  channels: OutputChannel[];
  /** Parallelism of the consumer. */
  receivers: number;
  cursor: Cursor;
  random: () => number;
  isolate: Isolate;
  /** Waits until `channel` has room. */
  waitForRoom: (channel: OutputChannel) => Promise<void>;
  /** Of `hash` and `custom`. */
  selectKey?: (value: unknown) => unknown;
  /** Of `hash`: the receiving subtask of a key. */
  subtaskOfKey?: (key: unknown) => number;
  /** Of `custom`. */
  partition?: (key: unknown, partitions: number) => unknown;
}

export abstract class Output {
  readonly channels: OutputChannel[];
  protected readonly cursor: Cursor;
  protected readonly isolate: Isolate;
  readonly #waitForRoom: (channel: OutputChannel) => Promise<void>;

  constructor(options: OutputOptions) {
    this.channels = options.channels;
    this.cursor = options.cursor;
    this.isolate = options.isolate;
    this.#waitForRoom = options.waitForRoom;
  }

  /** Takes a record with the cursor's timestamp; a promise where the emitter has to wait for room. */
  abstract emit(value: unknown): MaybePromise<void>;

  control(element: ControlElement): void {
    for (const channel of this.channels) channel.control(element);
  }

  protected send(channel: OutputChannel, value: unknown): MaybePromise<void> {
    if (!channel.add(value, this.cursor.timestamp)) return this.#waitForRoom(channel);
    return undefined;
  }

  protected sendKeyed(channel: OutputChannel, value: unknown, key: unknown): MaybePromise<void> {
    if (!channel.addKeyed(value, this.cursor.timestamp, key)) return this.#waitForRoom(channel);
    return undefined;
  }
}

export function createOutput(options: OutputOptions): Output {
  switch (options.kind) {
    case 'forward':
    case 'global':
      return new FirstOutput(options);
    case 'rebalance':
    case 'rescale':
      return options.channels.length === 1 ? new FirstOutput(options) : new TurnsOutput(options);
    case 'shuffle':
      return options.channels.length === 1 ? new FirstOutput(options) : new RandomOutput(options);
    case 'broadcast':
      return new BroadcastOutput(options);
    case 'hash':
      return new HashOutput(options);
    case 'custom':
      return new CustomOutput(options);
  }
}

class FirstOutput extends Output {
  readonly #channel: OutputChannel;

  constructor(options: OutputOptions) {
    super(options);
    this.#channel = options.channels[0] as OutputChannel;
  }

  emit(value: unknown): MaybePromise<void> {
    return this.send(this.#channel, this.isolate(value));
  }
}

/** Round robin from a random start, as Flink does, so that many senders of few records do not all begin at subtask 0. */
class TurnsOutput extends Output {
  #next: number;

  constructor(options: OutputOptions) {
    super(options);
    this.#next = Math.floor(options.random() * options.channels.length);
  }

  emit(value: unknown): MaybePromise<void> {
    const channel = this.channels[this.#next] as OutputChannel;
    this.#next = this.#next + 1 === this.channels.length ? 0 : this.#next + 1;
    return this.send(channel, this.isolate(value));
  }
}

class RandomOutput extends Output {
  readonly #random: () => number;

  constructor(options: OutputOptions) {
    super(options);
    this.#random = options.random;
  }

  emit(value: unknown): MaybePromise<void> {
    const index = Math.floor(this.#random() * this.channels.length);
    return this.send(this.channels[index] as OutputChannel, this.isolate(value));
  }
}

class BroadcastOutput extends Output {
  emit(value: unknown): MaybePromise<void> {
    let waiting: Promise<void>[] | undefined;
    for (const channel of this.channels) {
      // Every receiver gets a record of its own.
      const wait = this.send(channel, this.isolate(value));
      if (wait !== undefined) (waiting ??= []).push(wait);
    }
    return waiting === undefined ? undefined : Promise.all(waiting).then(nothing);
  }
}

abstract class KeyedOutput extends Output {
  protected readonly selectKey: (value: unknown) => unknown;

  constructor(options: OutputOptions) {
    super(options);
    this.selectKey = options.selectKey as (value: unknown) => unknown;
  }

  emit(value: unknown): MaybePromise<void> {
    let key: unknown;
    try {
      key = this.selectKey(value);
      if (isPromise(key)) return this.#routeLater(value, key);
    } catch (thrown) {
      throw new RecordFailure(thrown, value, undefined, 'key selector');
    }
    return this.route(this.isolate(value), key);
  }

  async #routeLater(value: unknown, key: PromiseLike<unknown>): Promise<void> {
    let settled: unknown;
    try {
      settled = await key;
    } catch (thrown) {
      throw new RecordFailure(thrown, value, undefined, 'key selector');
    }
    await this.route(this.isolate(value), settled);
  }

  protected abstract route(value: unknown, key: unknown): MaybePromise<void>;
}

class HashOutput extends KeyedOutput {
  readonly #subtaskOfKey: (key: unknown) => number;

  constructor(options: OutputOptions) {
    super(options);
    this.#subtaskOfKey =
      options.channels.length === 1
        ? onlySubtask
        : remembering(options.subtaskOfKey as KeyToSubtask);
  }

  protected route(value: unknown, key: unknown): MaybePromise<void> {
    const channel = this.channels[this.#subtaskOfKey(key)] as OutputChannel;
    return this.sendKeyed(channel, value, this.isolate(key));
  }
}

type KeyToSubtask = (key: unknown) => number;

function onlySubtask(key: unknown): number {
  checkKey(key);
  return 0;
}

const REMEMBERED_KEYS = 65_536;

/** Spares the canonical encoding of keys that come again; only of those that a Map tells apart as keys are. */
function remembering(subtaskOfKey: KeyToSubtask): KeyToSubtask {
  const known = new Map<unknown, number>();
  return (key) => {
    if (typeof key !== 'string' && typeof key !== 'number') return subtaskOfKey(key);
    let subtask = known.get(key);
    if (subtask === undefined) {
      subtask = subtaskOfKey(key);
      if (known.size >= REMEMBERED_KEYS) known.clear();
      known.set(key, subtask);
    }
    return subtask;
  };
}

/** The keys are the partitioner's alone: the stream behind it is not keyed. */
class CustomOutput extends KeyedOutput {
  readonly #partition: (key: unknown, partitions: number) => unknown;
  readonly #receivers: number;

  constructor(options: OutputOptions) {
    super(options);
    this.#partition = options.partition as (key: unknown, partitions: number) => unknown;
    this.#receivers = options.receivers;
  }

  protected route(value: unknown, key: unknown): MaybePromise<void> {
    const failed = (thrown: unknown): never => {
      throw new RecordFailure(thrown, value, { key }, 'partitioner');
    };
    let channel: OutputChannel;
    try {
      const index = this.#partition(key, this.#receivers);
      if (isPromise(index)) {
        return settling(index)
          .then((settled) => this.#channelAt(settled, key))
          .then((target) => this.send(target, value), failed);
      }
      channel = this.#channelAt(index, key);
    } catch (thrown) {
      return failed(thrown);
    }
    return this.send(channel, value);
  }

  #channelAt(index: unknown, key: unknown): OutputChannel {
    const channel = typeof index === 'number' ? this.channels[index] : undefined;
    if (channel !== undefined) return channel;
    throw new UserFunctionError(
      `the partitioner returned ${inspectRecord(index)} for key ${inspectRecord(key)}; ` +
        `it must return an integer from 0 to ${this.#receivers - 1}`,
    );
  }
}

/** True for promises and other thenables; an object record costs one property look-up. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

function nothing(): void {}
