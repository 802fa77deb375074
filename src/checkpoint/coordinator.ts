// Takes the checkpoints of one attempt of a job: asks for a barrier, gathers what subtasks have kept, seals it, and says so.
//
//   C1. One is on its way at a time. The next begins an interval after the last began, and a pause after that one ended.
//   C2. A checkpoint is complete when all subtasks have answered and its manifest is there for good; only then is it told of.
//   C3. One that fails or takes too long is told of as aborted, and never completed. What comes of it later is dropped.
//   C4. A subtask that has finished has in later checkpoints what it had in its last one: restored, it is at its end.
//   C5. When all input has been worked off the last checkpoint begins at once: subtasks wait for it to close.
//   C6. One that was being sealed when the attempt came to its end is completed like any other: the next attempt goes on from
//       it, and makes nothing of what it covers again.

import { StateError } from '../errors.ts';
import type { Clock } from '../machine/clock.ts';
import type { SubtaskState } from '../state/storage/subtask-state.ts';
import type { CheckpointFolder } from './checkpoint-folder.ts';
import type { Manifest } from './manifest.ts';
import { bytesOf, onTopOf } from './merged.ts';

export interface CheckpointSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  /** Failures in a row that the job survives; undefined: any number. */
  readonly tolerable: number | undefined;
  /** Completed checkpoints that are kept. */
  readonly retained: number;
}

/** A subtask's part of a checkpoint (docs/protocol.md §3, SNAPSHOT). */
export type SnapshotAnswer =
  | { readonly kind: 'saved'; readonly state: SubtaskState }
  /** It has ended, and keeps nothing any more. */
  | { readonly kind: 'finished' }
  /** Its state could not be written; the subtask goes on. */
  | { readonly kind: 'failed'; readonly message: string };

export type CheckpointNews =
  | { kind: 'checkpoint-started'; checkpoint: number }
  | { kind: 'checkpoint-completed'; checkpoint: number; durationMs: number; bytes: number }
  | { kind: 'checkpoint-failed'; checkpoint: number; reason: string };

/** The subtasks, wherever they are. */
export interface Participants {
  /** All of them are to take part: sources send a barrier, what is drained or finished answers. */
  trigger(checkpoint: number, at: number): void;
  completed(checkpoint: number): void;
  aborted(checkpoint: number): void;
}

export interface CoordinatorOptions {
  readonly job: string;
  readonly jobName: string;
  readonly attempt: number;
  readonly tasks: readonly {
    readonly task: number;
    readonly name: string;
    readonly parallelism: number;
  }[];
  readonly settings: CheckpointSettings;
  readonly clock: Clock;
  readonly folder: CheckpointFolder;
  /** The number of a new checkpoint; none was given before, in this attempt or another. */
  readonly number: () => number;
  readonly participants: Participants;
  readonly tell: (news: CheckpointNews) => void;
  readonly fail: (error: StateError) => void;
}

interface Going {
  readonly checkpoint: number;
  /** Milliseconds since the epoch, and of the monotonic clock. */
  readonly at: number;
  readonly began: number;
  readonly missing: Set<string>;
  readonly answers: Map<string, SubtaskState>;
  /** It began when all input had been worked off. */
  readonly isLast: boolean;
  isSealing: boolean;
  cancelTimeout: () => void;
}

/** Failures in a row of the last checkpoint, without which a job that is done cannot end. */
const LAST_TRIES = 3;
/** Subtasks that a message names. */
const SHOWN = 3;
/** How soon the last checkpoint is tried again. */
const AGAIN_MS = 100;

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #subtasks: readonly string[];
  #going: Going | undefined;
  #sealing: Promise<void> = Promise.resolve();
  /** What each subtask had in the last completed checkpoint. */
  readonly #base = new Map<string, SubtaskState>();
  readonly #drained = new Set<string>();
  #failures = 0;
  #isOver = false;
  #cancelNext: () => void = () => {};

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#subtasks = options.tasks.flatMap(({ task, parallelism }) =>
      Array.from({ length: parallelism }, (_, subtask) => keyOf(task, subtask)),
    );
  }

  /** All subtasks run. */
  start(): void {
    this.#next(this.#options.settings.intervalMs);
  }

  /** What a subtask says of a checkpoint. */
  answer(checkpoint: number, task: number, subtask: number, answer: SnapshotAnswer): void {
    const going = this.#going;
    if (this.#isOver || going?.checkpoint !== checkpoint || going.isSealing) return; // C3
    const key = keyOf(task, subtask);
    if (!going.missing.has(key)) return;
    if (answer.kind === 'failed') return this.#abort(going, answer.message);
    const state = this.#stateOf(key, answer);
    if (typeof state === 'string') return this.#abort(going, state);
    going.missing.delete(key);
    if (state !== undefined) going.answers.set(key, state);
    if (going.missing.size === 0) {
      going.isSealing = true;
      this.#sealing = this.#seal(going);
    }
  }

  /** A subtask has worked off all its input. */
  drained(task: number, subtask: number): void {
    this.#drained.add(keyOf(task, subtask));
    if (this.#isLast && this.#going === undefined) this.#next(0); // C5
  }

  /** Nothing more is asked for; resolves when what is being sealed is. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#cancelNext();
    this.#going?.cancelTimeout();
    await this.#sealing;
  }

  get #isLast(): boolean {
    return this.#drained.size === this.#subtasks.length;
  }

  /** The last one is waited for, although nothing else may keep the process alive. */
  get #kind(): 'idle' | undefined {
    return this.#isLast ? undefined : 'idle';
  }

  #next(ms: number): void {
    this.#cancelNext();
    if (this.#isOver) return;
    this.#cancelNext = this.#options.clock.after(ms, () => this.#begin(), this.#kind);
  }

  #begin(): void {
    if (this.#isOver || this.#going !== undefined) return; // C1
    const { clock, settings, number, participants, tell } = this.#options;
    const checkpoint = number();
    const going: Going = {
      checkpoint,
      at: clock.now(),
      began: clock.monotonic(),
      missing: new Set(this.#subtasks),
      answers: new Map(),
      isLast: this.#isLast,
      isSealing: false,
      cancelTimeout: clock.after(
        settings.timeoutMs,
        () => this.#abort(going, this.#lateness(going)),
        this.#kind,
      ),
    };
    this.#going = going;
    tell({ kind: 'checkpoint-started', checkpoint });
    participants.trigger(checkpoint, going.at);
  }

  /** Who has not answered. */
  #lateness({ missing }: Going): string {
    const { tasks, settings } = this.#options;
    const names = tasks.flatMap(({ task, name, parallelism }) =>
      Array.from({ length: parallelism }, (_, subtask) =>
        missing.has(keyOf(task, subtask))
          ? `"${name}" (subtask ${subtask + 1}/${parallelism})`
          : '',
      ).filter((text) => text !== ''),
    );
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
    const who = names.slice(0, SHOWN).join(', ') + more;
    return `it was not complete within ${settings.timeoutMs} ms; not heard of ${who || 'the disk'}`;
  }

  /** All there is of a subtask; undefined where it has nothing, a text where that cannot be known. */
  #stateOf(
    key: string,
    answer: Exclude<SnapshotAnswer, { kind: 'failed' }>,
  ): SubtaskState | string | undefined {
    const before = this.#base.get(key);
    if (answer.kind === 'finished') return before; // C4
    const { state } = answer;
    if (state.base === undefined) return state;
    if (before === undefined)
      return `subtask ${key} sent changes since checkpoint ${state.base}, which is not known`;
    return onTopOf(before, state);
  }

  async #seal(going: Going): Promise<void> {
    const { folder, participants, settings, clock, tell } = this.#options;
    const { checkpoint, answers, began } = going;
    try {
      await folder.seal(this.#manifest(going));
    } catch (error) {
      going.isSealing = false;
      this.#abort(going, (error as Error).message);
      return;
    }
    // C2
    going.cancelTimeout();
    this.#going = undefined;
    this.#failures = 0;
    let bytes = 0;
    for (const [key, state] of answers) {
      this.#base.set(key, state);
      bytes += bytesOf(state);
    }
    const durationMs = clock.monotonic() - began;
    participants.completed(checkpoint); // C6
    tell({ kind: 'checkpoint-completed', checkpoint, durationMs, bytes });
    // That old ones stay does no harm but to the disk.
    await folder.retain(settings.retained).catch(() => {});
    this.#later(going);
  }

  #manifest({ checkpoint, at, answers }: Going): Manifest {
    const { job, jobName, attempt, tasks } = this.#options;
    const states = tasks.map(({ task, parallelism }) => ({
      task,
      states: Array.from({ length: parallelism }, (_, subtask) =>
        answers.get(keyOf(task, subtask)),
      ).filter((state) => state !== undefined),
    }));
    return { job, jobName, checkpoint, attempt, at, tasks: states };
  }

  /** C3 */
  #abort(going: Going, reason: string): void {
    if (this.#going !== going || going.isSealing) return;
    const { participants, settings, tell, fail, jobName } = this.#options;
    const { checkpoint } = going;
    going.cancelTimeout();
    this.#going = undefined;
    this.#failures++;
    if (this.#isOver) return;
    participants.aborted(checkpoint);
    tell({ kind: 'checkpoint-failed', checkpoint, reason });
    const most = this.#isLast
      ? Math.min(LAST_TRIES - 1, settings.tolerable ?? LAST_TRIES)
      : settings.tolerable;
    if (most !== undefined && this.#failures > most) {
      const times =
        this.#failures === 1 ? 'failed' : `has failed, the ${this.#failures} last ones in a row`;
      fail(new StateError(`Checkpoint ${checkpoint} of job "${jobName}" ${times}: ${reason}`));
      return;
    }
    this.#later(going);
  }

  /** C1, C5 */
  #later({ began, isLast }: Going): void {
    const { intervalMs, minPauseMs } = this.#options.settings;
    if (this.#isLast && this.#failures > 0) return this.#next(AGAIN_MS);
    if (this.#isLast && !isLast) return this.#next(0);
    const passed = this.#options.clock.monotonic() - began;
    this.#next(Math.max(minPauseMs, intervalMs - passed));
  }
}

function keyOf(task: number, subtask: number): string {
  return `${task}/${subtask}`;
}
