// Snapshots of a subtask on their way into storage, while the subtask goes on. Twin of
// python/isthmus/_worker/runtime/snapshots.py.
//
//   N1. A checkpoint is answered when what the answer names is durable; what cannot be written is answered, too.
//   N2. State is encoded in steps, between which the event loop turns; a chunk is written before the next one is encoded.
//   N4. What is aborted, or whose subtask ends, leaves nothing behind and answers nothing.

import type { SnapshotAnswer } from '../checkpoint/coordinator.ts';
import type { Frozen } from '../state/frozen.ts';
import { Keeping, type KeepingPlace } from '../state/storage/keeping.ts';
import { type StateStorage, type StateWriter, snapshotName } from '../state/storage/storage.ts';
import type { KeptOperator, SubtaskState } from '../state/storage/subtask-state.ts';
import { thrownText } from './shown.ts';

/** Milliseconds of encoding between two turns of the event loop. */
const SLICE_MS = 2;

export interface SnapshotsOptions {
  readonly place: KeepingPlace & { readonly task: number; readonly name: string };
  readonly operators: readonly Omit<KeptOperator, 'tables'>[];
  readonly attempt: number;
  readonly storage: StateStorage;
  readonly answer: (checkpoint: number, answer: SnapshotAnswer) => void;
  readonly monotonic: () => number;
  /** Resolves when others have had their turn. */
  readonly turn: () => Promise<void>;
}

interface Going {
  isOver: boolean;
  /** Settles when nothing of it goes on. */
  done: Promise<void>;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #going = new Map<number, Going>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  begin(frozen: Frozen): void {
    const going: Going = { isOver: false, done: Promise.resolve() };
    this.#going.set(frozen.checkpoint, going);
    going.done = this.#keep(frozen, going);
  }

  /** N4, of one checkpoint. */
  async abort(checkpoint: number): Promise<void> {
    const going = this.#going.get(checkpoint);
    if (going === undefined) return;
    going.isOver = true;
    await going.done;
  }

  /** N4, of all of them. */
  async end(): Promise<void> {
    await Promise.all([...this.#going.keys()].map((checkpoint) => this.abort(checkpoint)));
  }

  /** Rejects never. */
  async #keep(frozen: Frozen, going: Going): Promise<void> {
    const { place, attempt, storage, answer } = this.#options;
    const { checkpoint } = frozen;
    const writer = storage.writer(snapshotName(attempt, checkpoint, place.task, place.subtask));
    let told: SnapshotAnswer;
    try {
      const state = await this.#written(frozen, going, writer);
      if (state === undefined) {
        await writer.discard();
        return;
      }
      told = { kind: 'saved', state }; // N1
    } catch (thrown) {
      await writer.discard();
      const of = `${place.name} (subtask ${place.subtask + 1}/${place.parallelism})`;
      const reason = thrownText(thrown).message;
      const message = `The state of ${of} could not be kept for checkpoint ${checkpoint}: ${reason}`;
      told = { kind: 'failed', message };
    } finally {
      this.#going.delete(checkpoint);
    }
    if (!going.isOver) answer(checkpoint, told);
  }

  /** Undefined where it is over before. */
  async #written(
    frozen: Frozen,
    going: Going,
    writer: StateWriter,
  ): Promise<SubtaskState | undefined> {
    const { place, operators, monotonic, turn } = this.#options;
    const keeping = new Keeping(place, operators, frozen.base);
    const steps = frozen.steps();
    let until = monotonic() + SLICE_MS;
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      if (step.value !== undefined) keeping.kept(step.value, await writer.add(step.value[6]));
      if (monotonic() >= until) {
        await turn(); // N2
        until = monotonic() + SLICE_MS;
      }
      if (going.isOver) return undefined;
    }
    const files = await writer.commit();
    return going.isOver ? undefined : keeping.state(files);
  }
}
