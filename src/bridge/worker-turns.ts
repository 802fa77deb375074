// Whose turn it is to have Python workers: jobs take all they need at once, or wait.
//
//   T1. A job gets all of its workers or none, so that no two jobs each hold a part of what they need.
//   T2. Jobs that others were started within, and wait for, do not count against the limit: what counts are those that can end
//       by themselves. So a job that was started within a function never waits for the workers that its parent holds.
//   T3. A job that needs more than the limit runs when no other does.
//   T4. The first that waits goes first; those within other jobs go before those that are not.
//   T5. A job whose results are read may wait for its reader, who waits for a job of its own: nobody can know. When no worker
//       has come free for a while, such jobs do not count either, so that the next one in the queue goes on.
//   T6. Jobs of calls live as long as their environment: they neither wait nor count.

/** A job among the jobs of its process. */
export interface JobPlace {
  /** The job in a function of which this one was started. */
  parent: JobPlace | undefined;
  /** Whether it has ended. */
  isOver: boolean;
  /** Whether it has handed results to the program, which takes them as it likes (T5). */
  isRead: boolean;
  /** Whether the program waits for the next result: then it is at no job of its own. Absent where that is not known. */
  readerWaits?: (() => boolean) | undefined;
  /** Whether it serves calls: it is outside of the bound (T6), and keeps no process alive. */
  servesCalls?: boolean | undefined;
}

export interface Turn {
  /** Resolves when the workers may be taken; at once where there is room. */
  readonly comes: Promise<void>;
  readonly hasCome: boolean;
  /** Waits no longer. */
  leave(): void;
}

interface Waiter {
  job: JobPlace;
  count: number;
  limit: number;
  go: () => void;
}

export class WorkerTurns {
  readonly #held = new Map<JobPlace, number>();
  #waiting: Waiter[] = [];
  #movedAt = performance.now();

  ask(job: JobPlace, count: number, limit: number): Turn {
    const { promise, resolve } = Promise.withResolvers<void>();
    const turn = { comes: promise, hasCome: false, leave: () => this.#leave(waiter) };
    const waiter: Waiter = {
      job,
      count,
      limit,
      go: () => {
        turn.hasCome = true;
        resolve();
      },
    };
    this.#waiting.push(waiter);
    if (job.servesCalls === true) this.#letIn(waiter);
    else this.#admit();
    return turn;
  }

  /** One worker of the job is free again. */
  giveBack(job: JobPlace): void {
    const left = (this.#held.get(job) ?? 0) - 1;
    if (left > 0) this.#held.set(job, left);
    else this.#held.delete(job);
    this.#movedAt = performance.now();
    this.#admit();
  }

  /** Lets one more in when nothing has moved for so long (T5); to be called now and then while somebody waits. */
  relieve(afterMs: number): void {
    const next = this.#next();
    if (next === undefined || performance.now() - this.#movedAt < afterMs) return;
    const occupied = this.#occupied((job) => !job.isRead || job.readerWaits?.() === true);
    if (occupied === 0 || occupied + next.count <= next.limit) this.#letIn(next);
  }

  /** Workers that are held. */
  get held(): number {
    const counted = [...this.#held].filter(([job]) => job.servesCalls !== true);
    return counted.reduce((sum, [, count]) => sum + count, 0);
  }

  #leave(waiter: Waiter): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const occupied = this.#occupied();
      if (occupied > 0 && occupied + next.count > next.limit) return; // T1, T3
      this.#letIn(next);
    }
  }

  #next(): Waiter | undefined {
    return this.#waiting.find(({ job }) => isWithin(job)) ?? this.#waiting[0]; // T4
  }

  #letIn(waiter: Waiter): void {
    this.#movedAt = performance.now();
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    this.#held.set(waiter.job, (this.#held.get(waiter.job) ?? 0) + waiter.count);
    waiter.go();
  }

  /** Workers of the jobs that wait for no other (T2), as far as they count. */
  #occupied(counts: (job: JobPlace) => boolean = () => true): number {
    const parents = new Set<JobPlace>();
    for (const job of [...this.#held.keys(), ...this.#waiting.map((waiter) => waiter.job)]) {
      for (let at = livingParent(job); at !== undefined && !parents.has(at); at = livingParent(at))
        parents.add(at);
    }
    let occupied = 0;
    for (const [job, count] of this.#held) {
      if (job.servesCalls !== true && !parents.has(job) && counts(job)) occupied += count; // T6
    }
    return occupied;
  }
}

function isWithin(job: JobPlace): boolean {
  return livingParent(job) !== undefined;
}

/** The nearest job around that has not ended; those that have are forgotten on the way. */
export function livingParent(job: JobPlace): JobPlace | undefined {
  while (job.parent?.isOver === true) job.parent = job.parent.parent;
  return job.parent;
}
