// How the coordinator of checkpoints reaches the subtasks of an attempt, in whatever process they are.

import { FrameType } from '../bridge/frame.ts';
import type { Participants } from '../checkpoint/coordinator.ts';
import type { AttemptResults } from './attempt-results.ts';
import type { Slot } from './slot.ts';
import type { Subtask } from './subtask.ts';

export interface AttemptParts {
  readonly slots: readonly Slot[];
  readonly subtasks: ReadonlyMap<string, Subtask>;
  readonly results: AttemptResults;
  readonly isOver: () => boolean;
  readonly fail: (thrown: unknown) => void;
}

export class AttemptParticipants implements Participants {
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  trigger(checkpoint: number, at: number): void {
    const { slots, subtasks } = this.#parts;
    for (const slot of slots) slot.triggerCheckpoint(checkpoint, at);
    const barrier = { checkpoint, timestamp: at, of: 'checkpoint' as const };
    for (const subtask of subtasks.values()) subtask.triggerCheckpoint(barrier);
  }

  completed(checkpoint: number): void {
    const { slots, subtasks, results, isOver } = this.#parts;
    results.completed(checkpoint);
    if (isOver()) return;
    for (const slot of slots) slot.notify(FrameType.CHECKPOINT_COMPLETE, checkpoint);
    for (const subtask of subtasks.values()) subtask.notifyCheckpointComplete(checkpoint);
  }

  aborted(checkpoint: number): void {
    const { slots, subtasks, fail } = this.#parts;
    for (const slot of slots) slot.notify(FrameType.CHECKPOINT_ABORTED, checkpoint);
    for (const subtask of subtasks.values()) {
      subtask.notifyCheckpointAborted(checkpoint).catch(fail);
    }
  }
}
