// Deals the splits of a source out over its subtasks; it is in the first of them. Twin of python/isthmus/_worker/runtime/split_dealer.py.
//
//   D1. A split that is found is given to exactly one subtask: to the one it is for, else to one that asks. Of what the first
//       look finds the first are for the subtasks in turn, so that none of them begins with nothing because another was quick.
//   D2. A split is known for good by its id, and found once.
//   D3. What is given out is remembered until a checkpoint that began later is complete: then its reader's part has it.
//   D4. When there is nothing left, and nothing to come, all subtasks are told, once. So nobody asks one that has ended.

import type { JsonValue } from '../graph/job-graph.ts';
import type { Clock } from './operator.ts';
import type { FoundSplit, Mark, SplitEnumerator } from './source.ts';
import type { SplitChecks } from './split-checks.ts';
import type { SavedDealer, WaitingSplit } from './splits.ts';

/** What subtasks of a source tell each other: plain data. */
export type SplitMessage =
  /** To the first: `subtask` has nothing left to read. */
  | { kind: 'ask'; subtask: number }
  | { kind: 'deal'; splits: [id: string, of: JsonValue, offset: Mark][] }
  /** There is nothing left (D4). */
  | { kind: 'none' };

interface DealerOptions {
  enumerator: SplitEnumerator;
  checks: SplitChecks;
  parallelism: number;
  clock: Clock;
  send: (subtask: number, message: SplitMessage) => void;
  /** A look has failed. */
  fail: (reason: unknown) => void;
}

export class SplitDealer {
  readonly #options: DealerOptions;
  readonly #known = new Set<string>();
  #waiting: WaitingSplit[] = [];
  /** D3 */
  #given: WaitingSplit[] = [];
  readonly #givenBefore = new Map<number, number>();
  readonly #asking: number[] = [];
  #hasTold = false;
  #isClosed = false;
  #cancelLook: (() => void) | undefined;

  constructor(options: DealerOptions) {
    this.#options = options;
  }

  /** Finds what there is, or takes over what was saved; nothing is given out before `start`. */
  async open(saved: SavedDealer | undefined): Promise<void> {
    if (saved !== undefined) {
      for (const id of saved.known) this.#known.add(id);
      this.#waiting = [...saved.waiting];
      if (this.#options.enumerator.discoverMs !== undefined) await this.#look(false);
      return;
    }
    await this.#look(true);
    const { parallelism } = this.#options;
    // D1
    for (const [turn, split] of this.#waiting.slice(0, parallelism).entries()) split[3] ??= turn;
  }

  start(): void {
    this.#deal();
    this.#lookLater();
  }

  ask(subtask: number): void {
    this.#asking.push(subtask);
    this.#deal();
  }

  async #look(isFirst: boolean): Promise<void> {
    const { enumerator, checks } = this.#options;
    for (const found of checks.found(await enumerator.discover(isFirst))) this.#take(found);
  }

  #take({ id, of, offset = 0, subtask }: FoundSplit): void {
    if (this.#known.has(id)) return; // D2
    this.#known.add(id);
    const { parallelism } = this.#options;
    this.#waiting.push([
      id,
      of,
      offset,
      subtask === undefined ? null : modulo(subtask, parallelism),
    ]);
  }

  #lookLater(): void {
    const { enumerator, clock, fail } = this.#options;
    const { discoverMs } = enumerator;
    if (discoverMs === undefined || this.#isClosed) return;
    this.#cancelLook = clock.at(clock.now() + discoverMs, () => {
      this.#look(false).then(() => {
        this.#deal();
        this.#lookLater();
      }, fail);
    });
  }

  #deal(): void {
    const { parallelism, send, enumerator } = this.#options;
    if (this.#isClosed) return;
    const still: WaitingSplit[] = [];
    for (const split of this.#waiting) {
      const [id, of, offset, subtask] = split;
      const to = subtask === null ? this.#asking.shift() : subtask % parallelism;
      if (to === undefined) {
        still.push(split);
        continue;
      }
      this.#given.push(split);
      send(to, { kind: 'deal', splits: [[id, of, offset]] });
    }
    this.#waiting = still;
    if (still.length > 0 || enumerator.discoverMs !== undefined || this.#hasTold) return;
    this.#hasTold = true; // D4
    for (let subtask = 0; subtask < parallelism; subtask++) send(subtask, { kind: 'none' });
  }

  /** It is part of what is saved for `checkpoint`. */
  snapshot(): SavedDealer {
    const { enumerator } = this.#options;
    return {
      waiting: this.#waiting.map((split) => [...split]),
      given: this.#given.map((split) => [...split]),
      known: enumerator.discoverMs === undefined ? [] : [...this.#known],
      state: enumerator.snapshot?.() ?? null,
    };
  }

  /** What has been given out by now is in a checkpoint that begins later. */
  saved(checkpoint: number): void {
    this.#givenBefore.set(checkpoint, this.#given.length);
  }

  /** D3 */
  checkpointComplete(checkpoint: number): void {
    const count = this.#givenBefore.get(checkpoint) ?? 0;
    this.#given = this.#given.slice(count);
    for (const [other, before] of this.#givenBefore) {
      if (other <= checkpoint) this.#givenBefore.delete(other);
      else this.#givenBefore.set(other, before - count);
    }
  }

  /** Nothing more is looked for or given out. */
  stop(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#options.enumerator.close?.();
  }
}

/** As Python has it: of −1 the last. */
function modulo(subtask: number, parallelism: number): number {
  return ((subtask % parallelism) + parallelism) % parallelism;
}
