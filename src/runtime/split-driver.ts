// Drives the reader of a source in one subtask: gives it splits, asks it for batches, and knows where in its split each begins.
// Twin of python/isthmus/_worker/runtime/split_driver.py.
//
//   V1. A reader is asked only while it has a split; one that has nothing left asks the dealer for more, once.
//   V2. A batch of a split begins where the one before it ended: at its mark, or so many records behind the last mark.
//   V3. A reader that gives nothing is asked again when it wakes us or gets a split, and otherwise after IDLE_MS.
//   V4. Whatever fails, reader and enumerator are closed once, and told of by `next`.

import type { MaybePromise, OperatorContext } from './operator.ts';
import type { ConnectorContext, Mark, Source, SourceBatch, SourceReader } from './source.ts';
import { SplitChecks } from './split-checks.ts';
import { SplitDealer, type SplitMessage } from './split-dealer.ts';
import { type SavedSplits, type SplitListener, Splits } from './splits.ts';

/** V3 */
const IDLE_MS = 10;
const NOTHING: SourceBatch = { split: '', values: [] };

/** Makes the source of an operator, when that is opened. */
export type OpenSource = (ctx: OperatorContext) => MaybePromise<Source>;

/** Sends to another subtask of the source. */
export type SendSplits = (subtask: number, message: SplitMessage) => void;

export class SplitDriver {
  readonly #open: OpenSource;
  #ctx!: OperatorContext;
  #send!: SendSplits;
  #splits!: Splits;
  #checks!: SplitChecks;
  #reader: SourceReader | undefined;
  #dealer: SplitDealer | undefined;
  /** Where the next batch of each split begins that the reader has not come to the end of (V2). */
  readonly #reading = new Map<string, { offset: Mark; skip: number }>();
  #replays = true;
  #hasStarted = false;
  #hasAsked = false;
  /** No further split will come. */
  #isLast = false;
  #failure: { reason: unknown } | undefined;
  #wake: (() => void) | undefined;
  #isWoken = false;

  constructor(open: OpenSource) {
    this.#open = open;
  }

  async open(ctx: OperatorContext, send: SendSplits, listener?: SplitListener): Promise<void> {
    this.#ctx = ctx;
    this.#send = send;
    const splits = new Splits(ctx.subtask, ctx.parallelism, listener);
    this.#splits = splits;
    const checks = new SplitChecks(ctx.spec.name);
    this.#checks = checks;
    const context = this.#connectorContext();
    const source = await this.#open(ctx);
    this.#replays = source.replays !== false;
    const states = this.#replays ? ctx.state.drawn('splits', () => this.#saved()) : [];
    const saved = splits.restore(states);
    this.#reader = checks.reader(await source.reader(context));
    if (ctx.subtask === 0) {
      const isRestored = states.length > 0;
      const { parallelism, clock } = ctx;
      this.#dealer = new SplitDealer({
        enumerator: checks.enumerator(
          await source.enumerator(context, isRestored ? saved.state : undefined),
        ),
        checks,
        parallelism,
        clock,
        send: (subtask, message) => {
          if (subtask === 0) this.receive(message);
          else send(subtask, message);
        },
        fail: (reason) => this.#fail(reason),
      });
      await this.#dealer.open(isRestored ? saved : undefined);
    }
    for (const { id, of, offset } of splits.toRead()) {
      this.#reading.set(id, { offset, skip: 0 });
      this.#reader.add({ id, of, offset });
    }
  }

  get splits(): Splits {
    return this.#splits;
  }

  /** All subtasks are open: splits may be dealt out. */
  start(): void {
    this.#hasStarted = true;
    this.#dealer?.start();
  }

  /** What another subtask says. */
  receive(message: SplitMessage): void {
    switch (message.kind) {
      case 'ask':
        this.#dealer?.ask(message.subtask);
        return;
      case 'none':
        this.#isLast = true;
        break;
      case 'deal':
        this.#hasAsked = false;
        for (const [id, of, offset] of message.splits) {
          this.#splits.add(id, of, offset);
          this.#reading.set(id, { offset, skip: 0 });
          try {
            this.#reader?.add({ id, of, offset });
          } catch (reason) {
            this.#fail(reason);
          }
        }
    }
    this.#wakeUp();
  }

  /** The next batch, possibly without records; undefined at the end of all. */
  next(signal: AbortSignal): MaybePromise<SourceBatch | undefined> {
    if (this.#failure !== undefined) throw this.#failure.reason; // V4
    if (this.#reading.size === 0) return this.#withoutSplit(signal);
    const batch = (this.#reader as SourceReader).next(signal);
    return batch instanceof Promise
      ? batch.then((given) => this.#given(given, signal))
      : this.#given(batch, signal);
  }

  #given(batch: SourceBatch | undefined, signal: AbortSignal): MaybePromise<SourceBatch> {
    if (batch === undefined) return this.#pause(signal);
    const at = this.#reading.get(this.#checks.splitOf(batch));
    if (at === undefined) throw this.#checks.strange(batch.split);
    this.#checks.batch(batch);
    batch.offset = at.offset; // V2
    batch.skip = at.skip;
    if (batch.ends === true) this.#reading.delete(batch.split);
    else if (batch.next !== undefined) {
      at.offset = batch.next;
      at.skip = 0;
    } else if (batch.values.length > 0) at.skip += batch.values.length;
    else return this.#pause(signal);
    return batch;
  }

  /** V1 */
  #withoutSplit(signal: AbortSignal): MaybePromise<SourceBatch | undefined> {
    if (this.#isLast) return undefined;
    if (!this.#hasAsked && this.#hasStarted) {
      this.#hasAsked = true;
      const ask: SplitMessage = { kind: 'ask', subtask: this.#ctx.subtask };
      if (this.#dealer === undefined) this.#send(0, ask);
      else this.receive(ask);
      if (this.#reading.size > 0 || this.#isLast) return NOTHING;
    }
    return this.#woken(signal);
  }

  /** V3 */
  #pause(signal: AbortSignal): MaybePromise<SourceBatch> {
    if (this.#isWoken) {
      this.#isWoken = false;
      return NOTHING;
    }
    const { clock } = this.#ctx;
    const cancel = clock.at(clock.now() + IDLE_MS, () => this.#wakeUp());
    return this.#woken(signal).finally(cancel);
  }

  #woken(signal: AbortSignal): Promise<SourceBatch> {
    this.#isWoken = false;
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve(NOTHING);
      };
      this.#wake = done;
      if (signal.aborted) done();
      else signal.addEventListener('abort', done);
    });
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wakeUp();
  }

  /** The job is stopped in order. Returns whether the reader ends by itself; else it is not asked for more. */
  finish(): boolean {
    this.#isLast = true;
    this.#dealer?.stop();
    this.#wakeUp();
    const reader = this.#reader;
    if (reader?.finish === undefined) return false;
    reader.finish();
    return true;
  }

  #saved(): SavedSplits {
    const saved = this.#splits.snapshot();
    return this.#dealer === undefined ? saved : { ...saved, dealer: this.#dealer.snapshot() };
  }

  /** What has just been saved is of that checkpoint. */
  saved(checkpoint: number): void {
    this.#dealer?.saved(checkpoint);
  }

  checkpointComplete(checkpoint: number): void {
    this.#splits.checkpointComplete();
    this.#dealer?.checkpointComplete(checkpoint);
  }

  /** V4 */
  async close(): Promise<void> {
    const closing = [this.#dealer, this.#reader].map(async (each) => each?.close?.());
    this.#reader = this.#dealer = undefined;
    const ends = await Promise.allSettled(closing);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #connectorContext(): ConnectorContext {
    const { spec, jobName, subtask, parallelism, attempt } = this.#ctx;
    return {
      operatorName: spec.name,
      jobName,
      subtask,
      parallelism,
      attempt,
      log: (level, message) => this.#ctx.log(level, message),
      wake: () => this.#wakeUp(),
    };
  }
}
