// An operator of a pipeline under test: what leaves it goes on to whoever reads it.
//
//   S1. What reads an operator has its record before the operator makes the next one.
//   S2. Watermarks of all that a stage reads merge as in a job; the final one comes behind all that was emitted while the
//       operators before it finished.
//   S3. Where several read a record, or one by key, each has a copy of its own; else the very object is handed on, as in a chain.

import type { Isolate } from '../runtime/isolate.ts';
import { MAX_TIMESTAMP } from '../runtime/operator.ts';
import { type TimeChange, WatermarkMerger } from '../runtime/watermark-merger.ts';
import { OperatorHarness } from './harness.ts';
import type { Emitted, HarnessOptions, KeyBy } from './harness-options.ts';

/** What reads an output, of an operator or of an input of the pipeline. */
export interface Reader {
  take(record: Emitted): Promise<void> | void;
  passOn(control: number | boolean): Promise<void> | void;
  end(): Promise<void> | void;
}

/** An edge into a stage. */
export interface Inlet {
  readonly input: 0 | 1;
  readonly keyBy: KeyBy;
}

export class Stage extends OperatorHarness {
  /** By the tag of the side output; the main one's is undefined. */
  readonly #readers = new Map<string | undefined, Reader[]>();
  readonly #merger: WatermarkMerger;
  /** How it was read from upstream, one reader for each edge. */
  readonly inlets: readonly Reader[];

  private constructor(fn: unknown, options: HarnessOptions, inlets: readonly Inlet[]) {
    super(fn, options);
    this.#merger = new WatermarkMerger(inlets.length);
    this.inlets = inlets.map((inlet, channel) => this.#reader(inlet, channel));
  }

  static async open(
    fn: unknown,
    options: HarnessOptions,
    inlets: readonly Inlet[],
  ): Promise<Stage> {
    const keyBy = inlets.find(({ input }) => input === 0)?.keyBy as HarnessOptions['keyBy'];
    const stage = new Stage(fn, { ...options, keyBy }, inlets);
    await stage.start();
    return stage;
  }

  /** Whoever reads its output, or a side output. */
  readBy(reader: Reader, tag?: string): void {
    const readers = this.#readers.get(tag);
    if (readers === undefined) this.#readers.set(tag, [reader]);
    else readers.push(reader);
  }

  /** Its input has ended: it finishes, then the input of what reads it ends (S2). */
  override async end(): Promise<void> {
    await super.end();
    await this.#toAll((reader) => reader.end());
  }

  protected override emitted(record: Emitted): Promise<void> {
    void super.emitted(record);
    return handOn(record, this.#readers.get(undefined) ?? [], this.isolate); // S1
  }

  protected override emittedAside(tag: string, record: Emitted): Promise<void> {
    void super.emittedAside(tag, record);
    return handOn(record, this.#readers.get(tag) ?? [], this.isolate);
  }

  protected override async passedOn(control: number | boolean): Promise<void> {
    void super.passedOn(control);
    if (control !== MAX_TIMESTAMP) await this.#toAll((reader) => reader.passOn(control)); // S2
  }

  #reader({ input, keyBy }: Inlet, channel: number): Reader {
    const merger = this.#merger;
    return {
      take: ({ value, timestamp }) => {
        const own = keyBy === undefined ? value : this.isolate(value); // S3
        return this.feedOwn(input, [[own, timestamp]], keyBy);
      },
      passOn: (control) =>
        typeof control === 'boolean'
          ? this.#follow(merger.setIdle(channel, control))
          : this.#follow(merger.advance(channel, control)),
      end: () => {
        const time = merger.end(channel);
        return merger.ended ? this.end() : this.#follow(time);
      },
    };
  }

  async #follow(time: TimeChange): Promise<void> {
    if (time.idle === false) await this.idle(false);
    if (time.watermark !== undefined) await this.watermark(time.watermark);
    if (time.idle === true) await this.idle(true);
  }

  async #toAll(tell: (reader: Reader) => Promise<void> | void): Promise<void> {
    for (const readers of this.#readers.values()) {
      for (const reader of readers) await tell(reader);
    }
  }
}

/** S3 */
export async function handOn(
  record: Emitted,
  readers: readonly Reader[],
  isolate: Isolate,
): Promise<void> {
  for (const reader of readers) {
    await reader.take(
      readers.length === 1 ? record : { value: isolate(record.value), timestamp: record.timestamp },
    );
  }
}
