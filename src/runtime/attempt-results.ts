// The results of one attempt, from its channels to whoever reads them.
//
//   R1. `settled` resolves when their reader has taken all that were given to it.
//   R2. Their bytes are credit again when they have been taken; where they wait for a checkpoint, at once: a barrier is not to
//       wait for a reader.
//   R3. Those of an attempt come behind those of the one before it.

import type { JobPlace } from '../bridge/worker-turns.ts';
import { type Hand, HeldResults } from './held-results.ts';
import type { JobEvents } from './job-events.ts';
import type { MaybePromise } from './operator.ts';

export interface AttemptResultsOptions {
  readonly place: JobPlace;
  readonly events: JobEvents;
  readonly fail: (thrown: unknown) => void;
  /** Whether results wait for the checkpoint that covers them. */
  readonly holds: boolean;
  /** R3 */
  readonly before: Promise<void>;
}

export class AttemptResults {
  readonly #options: AttemptResultsOptions;
  readonly #held: HeldResults | undefined;
  /** Batches that a reader has not taken yet. */
  readonly #unread = new Set<Promise<void>>();
  /** The last of those that waited: they are given one after the other. */
  #tail: Promise<void>;
  /** The newest checkpoint that is complete. */
  #completed = -1;

  constructor(options: AttemptResultsOptions) {
    this.#options = options;
    this.#tail = options.before;
    this.#held = options.holds ? new HeldResults() : undefined;
  }

  /** `taken` is called when the bytes of the batch are room again. */
  give(
    operator: number,
    subtask: number,
    count: number,
    hand: () => MaybePromise<void> | undefined,
    taken: () => void,
  ): MaybePromise<void> {
    const given = () => {
      this.#options.place.isRead = true;
      this.#options.events.tell({ kind: 'results', operator, subtask, count });
      return hand();
    };
    if (this.#held === undefined) return this.#handOver(given, taken);
    this.#held.hold(keyOf(operator, subtask), given);
    taken(); // R2
  }

  /** The barrier of a checkpoint has come behind the results of a subtask. */
  cut(operator: number, subtask: number, checkpoint: number): void {
    this.#held?.cut(keyOf(operator, subtask), checkpoint);
    this.completed(this.#completed); // Subtasks may have written their state before their results were through.
  }

  /** A subtask has no more results. */
  end(operator: number, subtask: number): void {
    this.#held?.end(keyOf(operator, subtask));
    this.completed(this.#completed);
  }

  /** A checkpoint is complete. */
  completed(checkpoint: number): void {
    this.#completed = checkpoint;
    for (const hands of this.#held?.take(checkpoint) ?? []) this.#inOrder(hands);
  }

  /** All is done: what is left is given, and taken (R1). */
  async finish(): Promise<void> {
    for (const hands of this.#held?.takeAll() ?? []) this.#inOrder(hands);
    while (this.#unread.size > 0) await Promise.all(this.#unread);
    await this.#tail;
  }

  /** Resolves when those that have been given are taken; never rejects. */
  get taken(): Promise<void> {
    return this.#tail;
  }

  drop(): void {
    this.#held?.drop();
  }

  #inOrder(hands: readonly Hand[]): void {
    const run = async (): Promise<void> => {
      for (const hand of hands) await hand();
    };
    const before = this.#tail;
    this.#tail = this.#handOver(
      () => before.then(run),
      () => {},
    );
  }

  #handOver(hand: Hand, taken: () => void): Promise<void> {
    const done = (async () => hand())().then(
      () => {
        this.#unread.delete(done);
        taken();
      },
      (error: unknown) => {
        this.#unread.delete(done);
        this.#options.fail(error);
      },
    );
    this.#unread.add(done);
    return done;
  }
}

function keyOf(operator: number, subtask: number): string {
  return `${operator}/${subtask}`;
}
