/** Where a subtask is in its life. */
export class Phase {
  now:
    | 'created'
    | 'opened'
    | 'running'
    | 'suspended' // T8 of subtask-work.ts
    | 'draining' // all input processed; what was made has not all been sent
    | 'drained' // T9 of subtask-work.ts
    | 'finished'
    | 'failed'
    | 'cancelled' = 'created';

  /** Whether no record, timer or watermark is processed any more. */
  get isStill(): boolean {
    return this.now === 'suspended' || this.now === 'draining' || this.now === 'drained';
  }

  get isOver(): boolean {
    return this.now === 'finished' || this.now === 'failed' || this.now === 'cancelled';
  }
}
