// Committables on their way, from `prepare` to the end of a checkpoint. Twin of _worker/operators/commit_queue.py.
//
//   Q1. A committable is in every snapshot until it is committed, so it outlives whoever has prepared it.
//   Q2. It is committed when a checkpoint is complete that was taken with it or later. At a restore each one is: whoever
//       restores has found the checkpoint complete.
//   Q3. A commit that fails is told and tried again, after pauses that double up to MOST_PAUSE_MS; it is never dropped.

import { type OperatorContext, RESTORED } from '../runtime/operator.ts';
import { thrownText } from '../runtime/shown.ts';
import type { Values } from '../state/tables.ts';
import type { Committable, Committer } from './sink.ts';

const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 10_000;

interface Pending extends Committable {
  readonly checkpoint: number;
}

export class CommitQueue {
  readonly #ctx: OperatorContext;
  readonly #committer: Committer;
  /** Of the store: `[id, value]` of each (Q1). */
  readonly #table: Values;
  #pending: Pending[];
  #failures = 0;

  constructor(ctx: OperatorContext, table: Values, committer: Committer) {
    this.#ctx = ctx;
    this.#committer = committer;
    this.#table = table;
    this.#pending = (table.values as [string, unknown][]).map(([id, value]) => ({
      checkpoint: RESTORED, // Q2, K4 of sink.ts
      id,
      value,
    }));
  }

  /** What was prepared for a checkpoint. */
  add(checkpoint: number, values: readonly unknown[]): void {
    if (values.length > 0) {
      const hex = (): string =>
        Math.floor(this.#ctx.random() * 2 ** 32)
          .toString(16)
          .padStart(8, '0');
      const drawn = hex() + hex() + hex() + hex();
      values.forEach((value, n) => this.#pending.push({ checkpoint, id: `${drawn}-${n}`, value }));
    }
    this.#save();
  }

  /** Commits what a checkpoint covers; gives when (ms) it is to be tried again, where it could not be. */
  async commit(checkpoint: number): Promise<number | undefined> {
    const due = this.#pending.filter((each) => each.checkpoint <= checkpoint); // Q2
    if (due.length === 0) return undefined;
    try {
      await this.#committer.commit(due.map(committable));
    } catch (thrown) {
      return this.#later(due.length, thrown); // Q3
    }
    this.#failures = 0;
    this.#pending = this.#pending.filter((each) => each.checkpoint > checkpoint);
    this.#save();
    return undefined;
  }

  /** Where the job takes no checkpoints: at the end of input, once. */
  async commitNow(): Promise<void> {
    if (this.#pending.length > 0) await this.#committer.commit(this.#pending.map(committable));
    this.#pending = [];
  }

  /** What a job that takes no checkpoints has prepared is of no use to anybody when it fails. */
  async close(): Promise<void> {
    const left = this.#pending.filter(
      ({ checkpoint }) => this.#ctx.checkpointing !== true && checkpoint !== RESTORED,
    );
    this.#pending = [];
    try {
      if (left.length > 0) await this.#committer.abort?.(left.map(committable));
    } finally {
      await this.#committer.close?.();
    }
  }

  #save(): void {
    this.#table.values = this.#pending.map(({ id, value }) => [id, value]);
  }

  #later(count: number, thrown: unknown): number {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures++, 20), MOST_PAUSE_MS);
    const what = count === 1 ? 'A commit' : `${count} commits`;
    this.#ctx.log(
      'warn',
      `${what} of sink "${this.#ctx.spec.name}" failed and will be tried again in ${pause} ms: ${thrownText(thrown).message}`,
    );
    return this.#ctx.clock.now() + pause;
  }
}

function committable({ id, value }: Pending): Committable {
  return { id, value };
}
