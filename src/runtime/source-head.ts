// The source at the head of a chain: what it gives goes into the chain batch by batch, and its position is behind what the
// chain has taken, whatever the source has read ahead. Twin of python/isthmus/_worker/runtime/source_head.py.

import type { RecordRun } from './record-run.ts';
import type { Operator, OperatorContext, SplitWatcher } from './operator.ts';
import type { SourceBatch } from './source.ts';
import { SourcePull } from './source-pull.ts';
import type { SplitMessage } from './split-dealer.ts';
import type { SendSplits, SplitDriver } from './split-driver.ts';

export class SourceHead {
  readonly #driver: SplitDriver;
  readonly #behind: Operator | undefined;
  /** Told of the splits. */
  #watcher: SplitWatcher | undefined;
  readonly #signal: AbortSignal;
  readonly #wake: () => void;
  #pull: SourcePull | undefined;
  /** The split whose records went into the chain last. */
  #split: string | undefined;
  /** What the source gave last, and is not known to be emitted whole. */
  #batch: SourceBatch | undefined;

  /** `behind`: the operator directly behind the source; `wake`: the source has something to give. */
  constructor(
    driver: SplitDriver,
    behind: Operator | undefined,
    signal: AbortSignal,
    wake: () => void,
  ) {
    this.#driver = driver;
    this.#behind = behind;
    this.#signal = signal;
    this.#wake = wake;
  }

  /** The operator behind it must be open. */
  async open(context: OperatorContext, send: SendSplits): Promise<void> {
    this.#watcher = this.#behind?.splits;
    await this.#driver.open(context, send, this.#watcher);
    this.#pull = new SourcePull(this.#driver, this.#signal, this.#wake);
  }

  start(): void {
    this.#driver.start();
  }

  /** What another subtask of the source says. */
  receive(message: SplitMessage): void {
    this.#driver.receive(message);
  }

  /** It is to come to an end, as if there were nothing more. */
  finish(): void {
    this.#pull?.finish();
  }

  /**
   * The next records for the chain; none, where what came had all been emitted before a restart.
   *
   * @throws what the source threw
   */
  take(run: RecordRun): SourceBatch | 'later' | 'end' {
    this.countTaken(run);
    const given = this.#pull?.take() ?? 'later';
    if (typeof given === 'string') return given;
    const { splits } = this.#driver;
    const batch = splits.unread(given);
    if (batch.values.length === 0) {
      splits.took(batch, 0);
      return batch;
    }
    this.#batch = batch;
    if (batch.split !== this.#split) {
      this.#split = batch.split;
      this.#watcher?.current(batch.split);
    }
    return batch;
  }

  /** How much of its last batch the chain has taken is known. */
  countTaken(run: RecordRun): void {
    if (this.#batch === undefined) return;
    this.#driver.splits.took(this.#batch, run.active ? run.taken : this.#batch.values.length);
    if (!run.active) this.#batch = undefined;
  }

  /** A checkpoint has its state. */
  saved(checkpoint: number): void {
    this.#driver.saved(checkpoint);
  }

  checkpointComplete(checkpoint: number): void {
    this.#driver.checkpointComplete(checkpoint);
  }
}
