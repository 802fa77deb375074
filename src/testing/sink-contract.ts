// What every sink keeps to, tried on one of them. Twin of python/isthmus/testing/sink_contract.py.
//
// A sink is written, prepared, committed, thrown away or closed between any two steps and made again of what a checkpoint has of
// it, at another parallelism, too. In the end a reader is to have every record: exactly once of a sink with two phases, at least
// once of a plain one; and never one that was not committed.

import { InternalError } from '../errors.ts';
import type { Committer, Sink, SinkWriter } from '../operators/sink.ts';
import type { MaybePromise } from '../runtime/operator.ts';
import { thrownText } from '../runtime/shown.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import { OneInputHarness } from './one-input.ts';
import { overlaid } from './overlaid.ts';

/** A sink with an empty place to write to. */
export interface SinkCase {
  // biome-ignore lint/suspicious/noExplicitAny: what is written and prepared is the sink's own affair.
  /** The sink, as a program gives it. */
  sink: Sink<any, any, any>;
  /**
   * Makes the sink on the same place again, as another process does. Absent: it is the same object after a failure, so that what it
   * keeps in memory is not missed.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  again?: () => Sink<any, any, any>;
  /** What a reader of that place sees now, in any order; absent: what the sink prints, or hands to the program. */
  read?: () => MaybePromise<Iterable<unknown>>;
  /** Some to write, each another: six at least. */
  records?: readonly unknown[];
  /** A record as the reader sees it. */
  shown?: (record: unknown) => unknown;
}

type Step = 'write' | 'prepare' | 'complete' | 'end' | 'crash' | 'stop';

/** What a rule comes to in the fewest steps, and the rule. After `crash` and `stop` another process goes on from the last checkpoint. */
const RULES: readonly [steps: string, rule: string][] = [
  [
    'write, write, end, prepare, complete',
    'what is written, prepared and committed is to be seen, with what is open at the end of input (sealed)',
  ],
  [
    'write, prepare, complete, prepare, complete, end, prepare, complete',
    'what prepare() has given once it is not to give again',
  ],
  [
    'write, prepare, write, prepare, end, prepare, complete',
    'what was prepared for a checkpoint that is given up is to be committed with the next one',
  ],
  [
    'write, prepare, crash, end, prepare, complete',
    'commit() is to work in another process than the one that has prepared, and a writer is to go on with each of its states',
  ],
  [
    'write, prepare, write, crash, write, end, prepare, complete',
    'what a writer wrote behind the checkpoint that is gone on from is not to be seen twice',
  ],
  ['write, prepare, stop, end, prepare, complete', 'close() is not to drop what was prepared'],
  ['write, stop, write, end, prepare, complete', 'close() is not to show what was not prepared'],
  [
    'write, prepare, complete, crash, end, prepare, complete',
    'a commit that is repeated is to do nothing: the id of a committable says that it is done',
  ],
];

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
  for (const [steps, rule] of RULES) {
    const run = await Run.open(await fresh(), 1, rule);
    for (const step of steps.split(', ')) await run.do(step as Step);
    await run.ends(steps);
  }
  const { sink } = await fresh();
  if (sink.committer !== undefined) {
    await answersAreLost(await fresh());
    await withoutCheckpoints(await fresh());
    await isAborted(await fresh());
  }
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
      for (const step of ['write', 'write', 'prepare'] as const) await run.do(step);
    }
    await run.restore(true);
    for (const step of ['end', 'prepare', 'complete'] as const) await run.do(step);
    await run.ends(`parallelism ${widths.join(', ')}`);
  }
}

interface Checkpoint {
  readonly saved: readonly SavedSubtask[];
  readonly at: number;
  readonly taken: number;
  readonly ended: boolean;
}

/** A job with one sink. What a crash loses is forgotten here, too: records are taken up again behind a checkpoint. */
class Run {
  readonly #plain: boolean;
  readonly #rule: string;
  readonly #case: Required<Omit<SinkCase, 'read' | 'again'>> & Pick<SinkCase, 'read' | 'again'>;
  #harnesses: OneInputHarness[] = [];
  /** Of processes that are gone. */
  readonly #dead: OneInputHarness[] = [];
  readonly #steps: string[] = [];
  #at = 0;
  #taken = 0;
  #ended = false;
  #checkpoint = 0;
  #complete: Checkpoint = { saved: [], at: 0, taken: 0, ended: false };
  #last = this.#complete;

  private constructor(given: SinkCase, rule: string) {
    this.#case = { records: RECORDS, shown: String, ...given };
    this.#plain = given.sink.committer === undefined;
    this.#rule = rule;
  }

  static async open(given: SinkCase, parallelism = 1, rule = ''): Promise<Run> {
    const run = new Run(given, rule);
    await run.#open([], parallelism);
    return run;
  }

  async play(until: number): Promise<void> {
    while (this.#at < until) await this.do(SCRIPT[this.#at++] as Step);
  }

  async do(step: Step): Promise<void> {
    this.#steps.push(step);
    await this[step]();
    await this.#look(step);
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

  crash(): Promise<void> {
    return this.restore(true);
  }

  async stop(): Promise<void> {
    for (const harness of this.#harnesses) await harness.close();
    await this.#look('close');
    await this.restore(true);
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
    if (missing.length > 0) this.#broken(`after ${after}, a reader misses`, missing);
    if (!this.#plain && more.length > 0)
      this.#broken(`after ${after}, a reader sees too often`, more);
    for (const harness of this.#harnesses) await harness.close();
    const now = await this.#seen();
    const changed = [...without(now, seen), ...without(seen, now)];
    if (changed.length > 0) this.#broken(`after ${after}, closing changes`, changed);
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

  async #open(saved: readonly SavedSubtask[], parallelism: number): Promise<void> {
    const { sink, again = () => sink } = this.#case;
    const isFirst = this.#harnesses.length === 0;
    const watched = this.#watched(isFirst ? sink : again());
    this.#dead.push(...this.#harnesses);
    this.#harnesses = [];
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const options = { checkpointing: true, restore: saved, subtask, parallelism };
      this.#harnesses.push(await openSink(watched, options));
    }
  }

  /** The same, which tells what is wrong where it happens. */
  #watched(sink: Sink): Sink {
    return wrapped(
      sink,
      (writer) =>
        writer.prepare && {
          prepare: async (checkpoint, sealed) => {
            const prepared = await writer.prepare?.(checkpoint, sealed);
            if (sealed && (prepared?.states?.length ?? 0) > 0) {
              throw wrong('prepare() was told that no writer goes on (sealed), and gives states', [
                ...(prepared?.states ?? []),
              ]);
            }
            return prepared as NonNullable<typeof prepared>;
          },
        },
      (committer) => ({
        commit: async (committables) => {
          try {
            await committer.commit(committables);
          } catch (thrown) {
            this.#failure = `commit() failed after ${this.#steps.join(', ')}: ${thrownText(thrown).message}`;
            throw thrown;
          }
        },
      }),
    );
  }

  #failure: string | undefined;

  /** K1 of sink.ts */
  async #look(step: string): Promise<void> {
    if (this.#failure !== undefined)
      throw new InternalError(`The sink breaks a rule: ${this.#failure}`);
    if (this.#plain) return;
    const early = without(await this.#seen(), this.#shown(this.#complete.taken));
    if (early.length === 0) return;
    const known = without(early, this.#shown(this.#complete.taken));
    this.#broken(
      known.length === 0
        ? `after ${step}, a reader sees too often`
        : `after ${step}, a reader sees what is not committed:`,
      early,
    );
  }

  #broken(what: string, records: unknown[]): never {
    throw wrong(this.#rule === '' ? what : `${this.#rule}; ${what}`, records);
  }
}

const RECORDS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** K2 of sink.ts: a commit whose answer is lost is repeated. */
async function answersAreLost(given: SinkCase): Promise<void> {
  let lost = 0;
  const losing = wrapped(
    given.sink,
    () => undefined,
    (inner) => ({
      commit: async (committables) => {
        await inner.commit(committables);
        if (lost++ < 2) throw new InternalError('The answer is lost.');
      },
    }),
  );
  const harness = await openSink(losing, { checkpointing: true });
  const { records = RECORDS, shown = String, read = () => [] } = given;
  for (const record of records) await harness.process(record);
  await harness.end();
  await harness.snapshot(1);
  await harness.completeCheckpoint(1);
  for (const second of [1, 2, 3]) await harness.processingTime(1_000 * second);
  if (lost !== 3)
    throw wrong('a commit that fails is not tried again until it succeeds; tries:', [lost]);
  same(
    'a commit that is repeated, as its answer was lost, is to do nothing: the id of a committable says that it is done; then',
    [...(await read())],
    records.map(shown),
  );
  await harness.close();
}

async function withoutCheckpoints(given: SinkCase): Promise<void> {
  const harness = await openSink(given.sink, {});
  const { records = RECORDS, shown = String, read = () => [] } = given;
  for (const record of records) await harness.process(record);
  await harness.end();
  await harness.close();
  same(
    'without checkpoints all is committed at the end of input; there',
    [...(await read())],
    records.map(shown),
  );
}

/** A job without checkpoints fails behind one that was well. */
async function isAborted({
  sink,
  records = RECORDS,
  shown = String,
  read = () => [],
}: SinkCase): Promise<void> {
  const half = Math.floor(records.length / 2);
  const well = await openSink(sink, {});
  for (const record of records.slice(0, half)) await well.process(record);
  await well.end();
  await well.close();
  let fails = false;
  const failing = wrapped(
    sink,
    () => undefined,
    () => ({
      commit: () => {
        fails = true;
        throw new InternalError('It cannot be reached.');
      },
    }),
  );
  const harness = await openSink(failing, {});
  for (const record of records.slice(half)) await harness.process(record);
  await harness.end().catch((thrown: unknown) => {
    if (!fails) throw thrown;
  });
  await harness.close();
  if (!fails) return; // It shows what it writes as it goes, and has nothing to commit.
  same(
    'abort() is to take back what it is given, and nothing that was committed before; then',
    [...(await read())],
    records.slice(0, half).map(shown),
  );
}

/** A sink whose writer and committer do some things otherwise. */
function wrapped(
  sink: Sink,
  ofWriter: (writer: SinkWriter) => Partial<SinkWriter> | undefined,
  ofCommitter: (committer: Committer) => Partial<Committer>,
): Sink {
  return {
    writer: async (context, restored) => {
      const writer = await sink.writer(context, restored);
      return overlaid(writer, ofWriter(writer) ?? {});
    },
    ...(sink.committer && {
      committer: async (context) => {
        const committer = await (sink.committer?.(context) as MaybePromise<Committer>);
        return overlaid(committer, ofCommitter(committer));
      },
    }),
  };
}

function openSink(
  sink: Sink,
  options: Parameters<typeof OneInputHarness.open>[1],
): Promise<OneInputHarness> {
  return OneInputHarness.open(sink, { ...options, kind: 'sink' as never });
}

function same(rule: string, seen: unknown[], wanted: unknown[]): void {
  const [missing, more] = [without(wanted, seen), without(seen, wanted)];
  if (missing.length > 0) throw wrong(`${rule} a reader misses`, missing);
  if (more.length > 0) throw wrong(`${rule} a reader sees`, seen);
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

function wrong(rule: string, what: unknown[]): InternalError {
  return new InternalError(`The sink breaks a rule: ${rule} ${JSON.stringify(what)}.`);
}
