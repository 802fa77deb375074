// The subtasks of a source without a job: what they read, how far, and what goes over a restart.

import type { JsonValue } from '../graph/job-graph.ts';
import { settingsOf } from '../config/resolve.ts';
import type { OperatorContext } from '../runtime/operator.ts';
import type { Source, SourceBatch } from '../runtime/source.ts';
import { type OpenSource, SplitDriver } from '../runtime/split-driver.ts';
import type { SplitMessage } from '../runtime/split-dealer.ts';
import type { SavedSplits } from '../runtime/splits.ts';
import { systemMachine } from '../machine/system-machine.ts';

/** What is saved of a source: one entry per subtask, plain data. */
export type SavedSource = readonly JsonValue[];

/** How a harness runs a source. */
export interface SourceHarnessOptions {
  /** How many subtasks read the source; 1 by default. */
  parallelism?: number;
  /** What another harness has `saved`, at whatever parallelism. */
  restore?: SavedSource;
}

/** A source with so many subtasks, which read as far as they are told to. */
export class SourceHarness<T = unknown> {
  readonly #subtasks: SourceSubtask<T>[] = [];
  readonly #abort = new AbortController();
  /** What subtasks have said to each other and is still on its way, where it is held. */
  readonly #held: (() => void)[] = [];
  /** Whether messages between subtasks stay on their way until `deliver`. */
  holds = false;

  /** Opens the source in each subtask, and starts it. */
  static async open<T>(
    source: Source<T> | OpenSource,
    { parallelism = 1, restore = [] }: SourceHarnessOptions = {},
  ): Promise<SourceHarness<T>> {
    const harness = new SourceHarness<T>();
    const open: OpenSource = typeof source === 'function' ? source : () => source;
    for (let subtask = 0; subtask < parallelism; subtask++) {
      harness.#subtasks.push(new SourceSubtask<T>(new SplitDriver(open), harness.#abort.signal));
    }
    try {
      for (const [subtask, each] of harness.#subtasks.entries()) {
        const send = (to: number, message: SplitMessage) => harness.#send(to, message);
        await each.open(subtask, parallelism, structuredClone(restore) as never, send);
      }
    } catch (thrown) {
      await harness.close();
      throw thrown;
    }
    for (const { driver } of harness.#subtasks) driver.start();
    return harness;
  }

  /** Whether all subtasks have come to their end. */
  get isOver(): boolean {
    return this.#subtasks.every(({ hasEnded }) => hasEnded);
  }

  /** How many records each subtask has given. */
  get counts(): number[] {
    return this.#subtasks.map(({ count }) => count);
  }

  /**
   * Reads by turns until so many records have come, or the source is over.
   *
   * @param options `piece`: records of a turn; `quietMs`: ends also when nothing has come for so long
   * @throws what the source throws
   */
  async read(
    count = Infinity,
    { piece = 64, quietMs = 10_000 }: { piece?: number; quietMs?: number } = {},
  ): Promise<T[]> {
    const records: T[] = [];
    let last = performance.now();
    while (records.length < count && !this.isOver) {
      const before = records.length;
      for (const subtask of this.#subtasks) {
        records.push(...subtask.step(Math.min(piece, count - records.length)));
      }
      if (records.length > before) last = performance.now();
      else if (performance.now() - last > quietMs) break;
      else await new Promise((resolve) => setImmediate(resolve));
    }
    return records;
  }

  /** Lets what is held arrive. */
  deliver(): void {
    for (const arrive of this.#held.splice(0)) arrive();
  }

  /** What a checkpoint holds of it. */
  save(): SavedSource {
    return structuredClone(this.#subtasks.map((subtask) => subtask.saved()));
  }

  /** What a checkpoint holds of one subtask: they are saved at different moments. */
  saveOf(subtask: number): JsonValue {
    return structuredClone((this.#subtasks[subtask] as SourceSubtask<T>).saved());
  }

  /** The job is stopped in order: `read` gives what is still to come. */
  finish(): void {
    for (const subtask of this.#subtasks) subtask.finish();
  }

  /** Closes readers and enumerator. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#subtasks.map(({ driver }) => driver.close()));
  }

  #send(to: number, message: SplitMessage): void {
    const arrive = () => this.#subtasks[to]?.driver.receive(structuredClone(message));
    if (this.holds) this.#held.push(arrive);
    else arrive();
  }
}

class SourceSubtask<T> {
  readonly driver: SplitDriver;
  readonly #signal: AbortSignal;
  #saved: () => JsonValue = () => null;
  #batch: SourceBatch<T> | undefined;
  #taken = 0;
  #isPending = false;
  #failure: { reason: unknown } | undefined;
  hasEnded = false;
  count = 0;

  constructor(driver: SplitDriver, signal: AbortSignal) {
    this.driver = driver;
    this.#signal = signal;
  }

  async open(
    subtask: number,
    parallelism: number,
    restore: SavedSplits[],
    send: (to: number, message: SplitMessage) => void,
  ): Promise<void> {
    const context = {
      spec: { name: 'source' },
      jobName: 'test',
      subtask,
      parallelism,
      attempt: 0,
      clock: systemMachine.clock,
      files: systemMachine.files,
      settings: settingsOf({}),
      state: {
        drawn: (_: string, value: () => SavedSplits | undefined) => {
          this.#saved = () => (value() ?? null) as JsonValue;
          return restore.filter((one) => one !== null);
        },
      },
      log: () => {},
    };
    await this.driver.open(context as unknown as OperatorContext, send);
  }

  saved(): JsonValue {
    return this.#saved();
  }

  step(limit: number): T[] {
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#batch === undefined) {
      if (!this.#isPending && !this.hasEnded) this.#ask();
      if (this.#batch === undefined) return [];
    }
    const batch = this.#batch as SourceBatch<T>;
    const values = batch.values.slice(this.#taken, this.#taken + limit);
    this.#taken += values.length;
    this.count += values.length;
    this.driver.splits.took(batch, this.#taken);
    if (this.#taken === batch.values.length) this.#batch = undefined;
    return values;
  }

  #ask(): void {
    const next = this.driver.next(this.#signal);
    if (!(next instanceof Promise)) return this.#take(next);
    this.#isPending = true;
    next.then(
      (batch) => {
        this.#isPending = false;
        this.#take(batch);
      },
      (reason: unknown) => {
        this.#failure = { reason };
      },
    );
  }

  #take(batch: SourceBatch | undefined): void {
    if (batch === undefined) this.hasEnded = true;
    else {
      this.#batch = this.driver.splits.unread(batch) as SourceBatch<T>;
      this.#taken = 0;
    }
  }

  finish(): void {
    if (this.driver.finish() || this.hasEnded) return;
    this.hasEnded = true;
  }
}
