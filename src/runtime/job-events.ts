// What happens to a job, as one stream: the only thing that its display, its log, its program and tests listen to.
//
//   E1. Who makes an event makes it once, and knows no listener. None is made for a record.
//   E2. A listener inside of the runtime is called at once and in order. Of a log line it may give a promise, which holds up the
//       worker that logs; nothing else is held up.
//   E3. A reader (`read`) is never waited for: what it has not taken is bounded, the oldest go, and it is told how many.
//   E4. A reader that comes late is given what has happened to the job so far (not its samples, log lines and results), up to a
//       bound; the stream ends with the job.

import type { CheckpointNews } from '../checkpoint/coordinator.ts';
import type { ErrorReport } from '../errors.ts';
import type { Language } from '../graph/job-graph.ts';
import type { JobOperatorMetrics } from './job-metrics.ts';
import type { MaybePromise } from './operator.ts';

/** Flink's names. */
export type JobStatus =
  | 'CREATED'
  | 'RUNNING'
  | 'RESTARTING'
  | 'CANCELLING'
  | 'FINISHED'
  | 'FAILED'
  | 'CANCELED';

/** One subtask of a task; `name` is that of the first operator of its chain. */
interface OfSubtask {
  task: number;
  subtask: number;
  name: string;
  language: Language;
}

interface OfWorker {
  /** From 0: subtask *i* of every Python task is in slot *i*. */
  slot: number;
  pid: number;
}

/** What is said of an error; the whole of it is what `result` rejects with. */
export type EventError = Pick<ErrorReport, 'code' | 'message' | 'operator' | 'subtask'>;

/** An event before it is stamped. Each is described in docs/events.md. */
export type JobNews =
  | { kind: 'status'; status: JobStatus }
  | { kind: 'attempt-started' }
  | { kind: 'attempt-ended'; outcome: 'finished' | 'failed' | 'cancelled' }
  | ({ kind: 'worker-started'; inPlace: boolean } & OfWorker)
  | ({ kind: 'worker-ready' } & OfWorker)
  | ({ kind: 'worker-died'; cause: string; exitCode?: number; signal?: string } & OfWorker)
  | ({ kind: 'worker-released'; isOfUse: boolean; threads?: readonly string[] } & OfWorker)
  | ({ kind: 'subtask-opened' } & OfSubtask)
  | ({ kind: 'subtask-started' } & OfSubtask)
  | ({ kind: 'subtask-drained' } & OfSubtask)
  | ({ kind: 'subtask-finished' } & OfSubtask)
  | ({ kind: 'subtask-failed' } & OfSubtask)
  | ({ kind: 'subtask-blocked' } & OfSubtask)
  | ({ kind: 'subtask-unblocked' } & OfSubtask)
  | ({ kind: 'watermark'; watermark: number; idle: boolean } & OfSubtask)
  | { kind: 'late-records'; operator: string; count: number }
  | CheckpointNews
  | { kind: 'failure'; error: EventError }
  | { kind: 'restart'; pauseMs: number; error: EventError }
  | { kind: 'metrics'; operators: JobOperatorMetrics[] }
  | {
      kind: 'log';
      level: string;
      logger: string;
      message: string;
      operator?: string;
      subtask?: number;
      stream?: string;
    }
  | { kind: 'results'; operator: number; subtask: number; count: number }
  | { kind: 'events-dropped'; count: number };

/** Something that has happened to a job ([events](events.md)). */
export type JobEvent = JobNews & {
  /** Milliseconds since the epoch. */
  at: number;
  /** From 0, as functions see it. */
  attempt: number;
};

/** The kinds of events. */
export type JobEventKind = JobEvent['kind'];

/** Events of one kind. */
export type JobEventOf<Kind extends JobEventKind> = Extract<JobEvent, { kind: Kind }>;

/** A log line. */
export type LogLine = Omit<Extract<JobNews, { kind: 'log' }>, 'kind'>;

/** A promise counts for log lines only (E2). */
export type JobEventListener = (event: JobEvent) => MaybePromise<void>;

/** Events that a reader has not taken, and those that are kept for readers to come. */
const MAX_UNREAD = 1_024;
/** These come again and again; who comes late has no use for them (E4). */
const PASSING: ReadonlySet<JobEventKind> = new Set([
  'metrics',
  'log',
  'results',
  'watermark',
  'late-records',
  'subtask-blocked',
  'subtask-unblocked',
]);

export class JobEvents {
  readonly #now: () => number;
  readonly #listeners: readonly JobEventListener[];
  readonly #readers = new Set<EventReader>();
  readonly #kept = new Unread();
  #attempt = 0;
  #hasEnded = false;

  constructor(now: () => number, listeners: readonly JobEventListener[]) {
    this.#now = now;
    this.#listeners = listeners;
  }

  beginAttempt(attempt: number): void {
    this.#attempt = attempt;
  }

  tell(news: Exclude<JobNews, { kind: 'log' }>): void {
    void this.#tell(news);
  }

  /** Settles when whoever takes log lines has room for more. */
  log(line: LogLine): MaybePromise<void> {
    return this.#tell({ ...line, kind: 'log' });
  }

  #tell(news: JobNews): MaybePromise<void> {
    const event: JobEvent = { ...news, at: this.#now(), attempt: this.#attempt }; // E1
    if (!PASSING.has(event.kind)) this.#kept.add(event);
    for (const reader of this.#readers) reader.add(event);
    let held: Promise<void> | undefined;
    for (const listen of this.#listeners) {
      const taken = listen(event);
      if (taken !== undefined && event.kind === 'log') held = both(held, taken);
    }
    return held;
  }

  /** Nothing happens any more. */
  end(): void {
    this.#hasEnded = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  /** The events from the beginning (E4); each call makes a stream of its own. */
  read(): AsyncIterableIterator<JobEvent> {
    const reader = new EventReader(this.#kept.copy(), () => this.#readers.delete(reader));
    if (this.#hasEnded) reader.end();
    else this.#readers.add(reader);
    return reader;
  }
}

function both(held: Promise<void> | undefined, taken: PromiseLike<void>): Promise<void> {
  return held === undefined ? Promise.resolve(taken) : Promise.all([held, taken]).then(() => {});
}

/** A queue that lets the oldest go (E3). */
class Unread {
  #events: JobEvent[] = [];
  #dropped = 0;

  add(event: JobEvent): void {
    this.#events.push(event);
    // In one go: a shift for each would move all of them.
    if (this.#events.length >= 2 * MAX_UNREAD) {
      this.#dropped += this.#events.length - MAX_UNREAD;
      this.#events = this.#events.slice(-MAX_UNREAD);
    }
  }

  copy(): Unread {
    const copy = new Unread();
    copy.#events = [...this.#events];
    copy.#dropped = this.#dropped;
    return copy;
  }

  /** All there is, the news of what is missing first. */
  take(): JobEvent[] {
    const events = this.#events;
    const first = events[0];
    this.#events = [];
    if (this.#dropped === 0 || first === undefined) return events;
    const { at, attempt } = first;
    const told: JobEvent = { kind: 'events-dropped', count: this.#dropped, at, attempt };
    this.#dropped = 0;
    return [told, ...events];
  }
}

class EventReader implements AsyncIterableIterator<JobEvent> {
  readonly #unread: Unread;
  readonly #leave: () => void;
  #taken: JobEvent[] = [];
  #at = 0;
  #hasEnded = false;
  readonly #waiting: (() => void)[] = [];

  constructor(unread: Unread, leave: () => void) {
    this.#unread = unread;
    this.#leave = leave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  add(event: JobEvent): void {
    this.#unread.add(event);
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<JobEvent>> {
    for (;;) {
      if (this.#at === this.#taken.length) {
        this.#taken = this.#unread.take();
        this.#at = 0;
      }
      const value = this.#taken[this.#at];
      if (value !== undefined) {
        this.#at++;
        return { value, done: false };
      }
      if (this.#hasEnded) return { value: undefined, done: true };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async return(): Promise<IteratorResult<JobEvent>> {
    this.#taken = [];
    this.#at = 0;
    this.#unread.take();
    this.#leave();
    this.end();
    return { value: undefined, done: true };
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
