// A subtask's part in checkpoints: what it saves at a barrier, and what its sinks commit when one is complete.

import type { SnapshotAnswer } from '../checkpoint/coordinator.ts';
import type { SubtaskDeployment } from '../graph/deployment.ts';
import { nextTurn } from '../machine/clock.ts';
import type { Answers } from './answers.ts';
import type { Chain } from './chain.ts';
import type { BarrierElement } from './element.ts';
import type { RecordRun } from './record-run.ts';
import type { SubtaskServices } from './services.ts';
import { Snapshots } from './snapshots.ts';
import type { SourceHead } from './source-head.ts';
import { type OpenedStore, storageOf } from './subtask-store.ts';

export interface CheckpointsOptions {
  readonly deployment: SubtaskDeployment;
  readonly services: SubtaskServices;
  readonly answers: Answers;
  readonly opened: OpenedStore;
  readonly chain: Chain;
  readonly source: SourceHead | undefined;
  readonly run: RecordRun;
}

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  /** Where the job takes checkpoints. */
  readonly #snapshots: Snapshots | undefined;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
    const { deployment, services, opened } = options;
    if (services.snapshot === undefined) return;
    const { clock } = services.machine;
    this.#snapshots = new Snapshots({
      place: deployment,
      operators: opened.operators,
      attempt: services.attempt,
      storage: storageOf(services),
      answer: (checkpoint, answer) => this.tell(checkpoint, answer),
      monotonic: () => clock.monotonic(),
      turn: () => nextTurn(clock),
    });
  }

  /** What operators had gathered goes on; then all that is kept is saved, while the subtask goes on. */
  async save({ checkpoint, of }: BarrierElement): Promise<void> {
    const { answers, chain, source, run, opened, services, deployment } = this.#options;
    await chain.beforeBarrier(checkpoint, of);
    const last = deployment.chain.at(-1);
    if (last !== undefined) services.cut?.(last.id, deployment.subtask, checkpoint);
    source?.countTaken(run);
    // A savepoint is whole by itself.
    const frozen = opened.store.freeze(checkpoint, of !== 'checkpoint');
    source?.saved(checkpoint);
    answers.answer(checkpoint);
    if (answers.takeAborted(checkpoint)) opened.store.aborted(checkpoint);
    else this.#snapshots?.begin(frozen);
  }

  tell(checkpoint: number, answer: SnapshotAnswer): void {
    const { services, deployment } = this.#options;
    services.snapshot?.(checkpoint, deployment.task, deployment.subtask, answer);
  }

  /** It will never be complete: what it has of this subtask goes, and its changes are the next one's. */
  async abort(checkpoint: number): Promise<void> {
    this.#options.answers.abort(checkpoint);
    await this.#snapshots?.abort(checkpoint);
    this.#options.opened.store.aborted(checkpoint);
  }

  complete(checkpoint: number): void {
    this.#options.opened.store.completed(checkpoint);
  }

  /** Nothing is written any more. */
  async end(): Promise<void> {
    await this.#snapshots?.end();
  }
}
