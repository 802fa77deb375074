// The Python workers of one job, over all its attempts.
//
//   R1. A worker that has closed an attempt serves the next one in place: same process, same slot. The job keeps its turn while
//       it pauses.
//   R2. One that has died, that did not close in time, or in which something of the attempt goes on, is ended, and another takes
//       its place. The others stay.
//   R3. Each is given back once: where its attempt came to an orderly end at once, else at the end of the job. One whose
//       functions failed in the last attempt is of no use to others.

import type { ImportedFiles } from '../bridge/imported-files.ts';
import type { Borrowing, WorkerLink, WorkerRequest, Workers } from '../bridge/worker-link.ts';
import type { JobPlace } from '../bridge/worker-turns.ts';
import type { JobEvents } from './job-events.ts';

/** How a worker left an attempt. */
export type Parting =
  /** It was not told of it. */
  | { kind: 'unused' }
  /** It has closed everything; `threads`: names of those that functions have begun and that go on. */
  | {
      kind: 'closed';
      orderly: boolean;
      failed: boolean;
      imported: ImportedFiles;
      threads: readonly string[];
    }
  /** It is dead, or is to be. */
  | { kind: 'lost' };

interface Held {
  worker: WorkerLink;
  /** Of the last attempt that it was told of. */
  parting: Exclude<Parting, { kind: 'unused' }> | undefined;
}

export class JobWorkers {
  readonly #pool: Workers;
  readonly #request: WorkerRequest;
  readonly #count: number;
  readonly #place: JobPlace;
  readonly #events: JobEvents;
  /** By slot. */
  #held: (Held | undefined)[] = [];
  #borrowing: Borrowing | undefined;

  constructor(
    pool: Workers,
    request: WorkerRequest,
    count: number,
    place: JobPlace,
    events: JobEvents,
  ) {
    this.#pool = pool;
    this.#request = request;
    this.#count = count;
    this.#place = place;
    this.#events = events;
  }

  /** By slot, for the next attempt; each parts with it by `part`. */
  async take(): Promise<WorkerLink[]> {
    const before = this.#held.map((held) => held?.worker);
    if (before.includes(undefined)) await this.giveBack(); // R3
    if (this.#held.length === 0) await this.#borrow();
    for (const [slot, held] of (this.#held as Held[]).entries()) {
      if (!isOfUse(held)) await this.#replace(slot, held); // R2
    }
    return (this.#held as Held[]).map(({ worker }, slot) => {
      this.#tellOf(slot, worker, before[slot] === worker); // R1
      return worker;
    });
  }

  /** Waits no longer for workers. */
  leave(): void {
    this.#borrowing?.leave();
  }

  /** The attempt is done with the worker of a slot. */
  async part(slot: number, parting: Parting): Promise<void> {
    const held = this.#held[slot];
    if (held === undefined || parting.kind === 'unused') return;
    held.parting = parting;
    this.#events.tell({
      kind: 'worker-released',
      slot,
      pid: held.worker.pid,
      isOfUse: isOfUse(held),
      ...(parting.kind === 'closed' && parting.threads.length > 0
        ? { threads: parting.threads }
        : {}),
    });
    if (parting.kind === 'lost') await held.worker.discard();
    else if (parting.orderly) {
      this.#held[slot] = undefined; // R3
      await this.#return(held);
    }
  }

  /** At the end of the job. */
  async giveBack(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    const those = held.filter((one) => one !== undefined);
    await Promise.all(those.map((one) => this.#return(one)));
  }

  async #borrow(): Promise<void> {
    this.#borrowing = this.#pool.borrow(
      this.#request,
      this.#count,
      this.#place,
      (message) => void this.#events.log({ level: 'warning', logger: 'isthmus', message }),
    );
    const workers = await this.#borrowing.workers;
    this.#held = workers.map((worker) => ({ worker, parting: undefined }));
  }

  async #replace(slot: number, { worker }: Held): Promise<void> {
    this.#held[slot] = undefined; // Where there is no other, nobody gives it back a second time.
    this.#held[slot] = {
      worker: await this.#pool.replace(worker, this.#request),
      parting: undefined,
    };
  }

  async #return({ worker, parting }: Held): Promise<void> {
    if (parting === undefined) await this.#pool.releaseUnused(worker);
    else if (parting.kind === 'lost' || parting.failed)
      await this.#pool.discard(worker); // R3
    else this.#pool.release(worker, this.#request, parting.imported);
  }

  #tellOf(slot: number, worker: WorkerLink, inPlace: boolean): void {
    const { pid } = worker;
    this.#events.tell({ kind: 'worker-started', slot, pid, inPlace });
    worker.ready.then(
      () => this.#events.tell({ kind: 'worker-ready', slot, pid }),
      () => {}, // Whoever deploys is told.
    );
  }
}

/** Whether the next attempt may go on with it (R2). */
function isOfUse({ worker, parting }: Held): boolean {
  if (worker.isGone) return false;
  if (parting === undefined) return true;
  return parting.kind === 'closed' && parting.threads.length === 0;
}
