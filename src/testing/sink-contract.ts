// What every sink keeps to, tried on one of them. Twin of python/isthmus/testing/sink_contract.py.
//
// A sink is written, prepared, committed, thrown away between any two steps and made again of what a checkpoint has of it, at
// another parallelism, too. In the end a reader is to have every record: exactly once of a sink with two phases, at least
// once of a plain one; and never one that was not committed.

import { InternalError } from '../errors.ts';
import type { Committer, Sink } from '../operators/sink.ts';
import type { MaybePromise } from '../runtime/operator.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import { OneInputHarness } from './one-input.ts';

/** A sink with an empty place to write to. */
export interface SinkCase {
  // biome-ignore lint/suspicious/noExplicitAny: what is written and prepared is the sink's own affair.
  /** The sink, as a program gives it. */
  sink: Sink<any, any, any>;
  /** What a reader of that place sees now, in any order; absent: what the sink prints, or hands to the program. */
  read?: () => MaybePromise<Iterable<unknown>>;
  /** Some to write, each another: six at least. */
  records?: readonly unknown[];
  /** A record as the reader sees it. */
  shown?: (record: unknown) => unknown;
}

type Step = 'write' | 'prepare' | 'complete' | 'end';

/** A job with its end: what is done, in order. */
const SCRIPT: readonly Step[] = [
  ...(['write', 'write', 'prepare', 'write', 'complete', 'write', 'prepare'] as const),
  ...(['complete', 'write', 'end', 'prepare', 'complete'] as const),
];

/**
 * Tries a sink; `fresh` makes one with a place of its own, each time another.
 *
 * @throws Error when it breaks a rule, which the message says
 */
export async function checkSink(fresh: () => MaybePromise<SinkCase>): Promise<void> {
  const whole = await Run.open(await fresh());
  await whole.play(SCRIPT.length);
  await whole.ends('no failure');
  for (let stop = 1; stop <= SCRIPT.length; stop++) {
    // The checkpoint taken last is complete, or has been given up.
    for (const sealed of [true, false]) {
      for (const times of [1, 2]) {
        const run = await Run.open(await fresh());
        await run.play(stop);
        for (let n = 0; n < times; n++) await run.restore(sealed);
        await run.play(SCRIPT.length);
        await run.ends(`a crash after step ${stop} (${SCRIPT[stop - 1]}), ${times} times`);
      }
    }
  }
  for (const widths of [
    [1, 3, 2],
    [3, 1, 2],
    [2, 2, 1],
  ]) {
    const run = await Run.open(await fresh(), widths[0]);
    for (const [n, width] of widths.entries()) {
      if (n > 0) await run.restore(true, width);
      for (const step of ['write', 'write', 'prepare'] as const) await run[step]();
    }
    await run.restore(true);
    for (const step of ['end', 'prepare', 'complete'] as const) await run[step]();
    await run.ends(`parallelism ${widths.join(', ')}`);
  }
  if (whole.plain) return;
  await answersAreLost(await fresh());
  const givenUp = await Run.open(await fresh());
  for (const step of [
    'write',
    'prepare',
    'write',
    'prepare',
    'end',
    'prepare',
    'complete',
  ] as const) {
    await givenUp[step]();
  }
  await givenUp.ends('two checkpoints that were given up');
  await withoutCheckpoints(await fresh());
}

interface Checkpoint {
  readonly saved: readonly SavedSubtask[];
  readonly at: number;
  readonly taken: number;
  readonly ended: boolean;
}

/** A job with one sink. What a crash loses is forgotten here, too: records are taken up again behind a checkpoint. */
class Run {
  readonly plain: boolean;
  readonly #case: Required<Omit<SinkCase, 'read'>> & Pick<SinkCase, 'read'>;
  #harnesses: OneInputHarness[] = [];
  /** Of processes that are gone. */
  readonly #dead: OneInputHarness[] = [];
  #at = 0;
  #taken = 0;
  #ended = false;
  #checkpoint = 0;
  #complete: Checkpoint = { saved: [], at: 0, taken: 0, ended: false };
  #last = this.#complete;

  private constructor(given: SinkCase) {
    this.#case = { records: ['a', 'b', 'c', 'd', 'e', 'f'], shown: String, ...given };
    this.plain = given.sink.committer === undefined;
  }

  static async open(given: SinkCase, parallelism?: number): Promise<Run> {
    const run = new Run(given);
    await run.#open([], parallelism);
    return run;
  }

  async play(until: number): Promise<void> {
    while (this.#at < until) {
      const step = SCRIPT[this.#at++] as Step;
      await this[step]();
      await this.#look(step);
    }
  }

  async write(): Promise<void> {
    const harness = this.#harnesses[this.#taken % this.#harnesses.length] as OneInputHarness;
    await harness.process(this.#case.records[this.#taken++]);
  }

  async prepare(): Promise<void> {
    this.#checkpoint++;
    const saved: SavedSubtask[] = [];
    for (const harness of this.#harnesses) saved.push(await harness.snapshot(this.#checkpoint));
    this.#last = { saved, at: this.#at, taken: this.#taken, ended: this.#ended };
  }

  async complete(): Promise<void> {
    this.#complete = this.#last;
    for (const harness of this.#harnesses) await harness.completeCheckpoint(this.#checkpoint);
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const harness of this.#harnesses) await harness.end();
  }

  /** The process is gone; another one goes on from a checkpoint. */
  async restore(sealed: boolean, parallelism = 1): Promise<void> {
    if (sealed) this.#complete = this.#last;
    this.#last = this.#complete;
    this.#at = this.#complete.at;
    this.#taken = this.#complete.taken;
    await this.#open(this.#complete.saved, parallelism);
    if (this.#complete.ended) await this.end();
    this.#ended = this.#complete.ended;
    await this.#look('restore');
  }

  async ends(after: string): Promise<void> {
    const wanted = this.#shown(this.#taken);
    const seen = await this.#seen();
    const missing = without(wanted, seen);
    const more = without(seen, wanted);
    if (missing.length > 0) broken(`after ${after}, a reader misses`, missing);
    if (!this.plain && more.length > 0) broken(`after ${after}, a reader sees too often`, more);
    for (const harness of this.#harnesses) await harness.close();
    const changed = without(await this.#seen(), seen);
    if (changed.length > 0) broken(`after ${after}, closing shows`, changed);
    for (const harness of this.#dead) await harness.close();
  }

  #shown(count: number): unknown[] {
    return this.#case.records.slice(0, count).map((record) => this.#case.shown(record));
  }

  async #seen(): Promise<unknown[]> {
    if (this.#case.read !== undefined) return [...(await this.#case.read())];
    // Without the number of a subtask that stands before its lines.
    return [...this.#dead, ...this.#harnesses].flatMap(({ output, printed }) => [
      ...output,
      ...printed.map((line) => line.replace(/^\d+> /, '')),
    ]);
  }

  async #open(saved: readonly SavedSubtask[], parallelism = 1): Promise<void> {
    this.#dead.push(...this.#harnesses);
    this.#harnesses = [];
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const options = { checkpointing: true, restore: saved, subtask, parallelism };
      this.#harnesses.push(await openSink(this.#case.sink, options));
    }
  }

  /** K1 of sink.ts */
  async #look(step: string): Promise<void> {
    if (this.plain) return;
    const early = without(await this.#seen(), this.#shown(this.#complete.taken));
    if (early.length > 0) broken(`after ${step}, a reader sees what is not committed:`, early);
  }
}

/** K2 of sink.ts: a commit whose answer is lost is repeated. */
async function answersAreLost(given: SinkCase): Promise<void> {
  let lost = 0;
  const { sink } = given;
  const losing = async (inner: Committer): Promise<Committer> => ({
    commit: async (committables) => {
      await inner.commit(committables);
      if (lost++ < 2) throw new InternalError('The answer is lost.');
    },
    close: () => inner.close?.(),
  });
  const harness = await openSink(
    {
      writer: (context, restored) => sink.writer(context, restored),
      committer: async (context) =>
        losing(await (sink.committer?.(context) as MaybePromise<Committer>)),
    },
    { checkpointing: true },
  );
  const { records = ['a', 'b', 'c'], shown = String, read = () => [] } = given;
  for (const record of records) await harness.process(record);
  await harness.end();
  await harness.snapshot(1);
  await harness.completeCheckpoint(1);
  for (const second of [1, 2, 3]) await harness.processingTime(1_000 * second);
  if (lost !== 3)
    broken('a commit that fails is not tried again until it succeeds; tries:', [lost]);
  same('after a commit was repeated', [...(await read())], records.map(shown));
  await harness.close();
}

async function withoutCheckpoints(given: SinkCase): Promise<void> {
  const harness = await openSink(given.sink, {});
  const { records = ['a', 'b', 'c'], shown = String, read = () => [] } = given;
  for (const record of records) await harness.process(record);
  await harness.end();
  await harness.close();
  same('without checkpoints', [...(await read())], records.map(shown));
}

function openSink(
  sink: Sink,
  options: Parameters<typeof OneInputHarness.open>[1],
): Promise<OneInputHarness> {
  return OneInputHarness.open(sink, { ...options, kind: 'sink' as never });
}

function same(when: string, seen: unknown[], wanted: unknown[]): void {
  if (without(seen, wanted).length + without(wanted, seen).length > 0) {
    broken(`${when}, a reader sees`, seen);
  }
}

/** The first list without the elements of the second, one for one. */
function without(all: readonly unknown[], those: readonly unknown[]): unknown[] {
  const left = [...all];
  for (const one of those) {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

function broken(rule: string, what: unknown[]): never {
  throw new InternalError(`The sink breaks a rule: ${rule} ${JSON.stringify(what)}.`);
}
