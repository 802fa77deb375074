// The interface of sinks: what a connector brings. Twin of python/isthmus/_interfaces/sink.py; docs/connectors.md has an example.
//
// Each subtask has a writer. At a barrier the writer *prepares*: what it has written becomes committables, and what it goes on
// with becomes its state. Both are saved with the checkpoint; when that is complete the committer *commits*. So:
//
//   K1. Nothing is to be seen of what is not committed: not of records that are only written, nor of those that are prepared.
//   K2. `commit` may be called again with committables that have been committed, in this process or in another, by a subtask
//       that has not prepared them: the second time does nothing. Each has an id of its own for that.
//   K3. A writer made of restored states goes on where `prepare` gave them; what the writer before it wrote later is gone.
//   K4. Committables of a checkpoint that is given up belong to the next one. Those of a checkpoint that was restored are
//       committed before the first record (commit-queue.ts).
//
// A sink without `prepare` and committer is *plain*: `flush` is called at each barrier, and after a failure the records behind
// the last checkpoint come again. That is at least once.

import type { MaybePromise } from '../runtime/operator.ts';
import type { ConnectorPlace } from '../runtime/source.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Where a writer or a committer runs. */
export interface SinkContext extends ConnectorPlace {
  /** Whether the job takes checkpoints. Where it does not, all is prepared and committed once, at the end of input. */
  readonly checkpointing: boolean;
  /** Event time of the record at hand, in milliseconds; `MIN_TIMESTAMP` where it has none. */
  readonly timestamp: number;
  /** Metrics, parameters of the job and state of the subtask. */
  readonly runtime: RuntimeContext;
  /** Processing time: milliseconds since the epoch. A sink looks at no other clock, so that tests can set it. */
  now(): number;
  /** From 0 to below 1. A sink draws from no other source of randomness. */
  random(): number;
  /** Asks for `onTime` of the writer at or after `at`; the earliest request holds. */
  wakeAt(at: number): void;
  /** Whole lines on the stdout of the program, or its stderr; settles when there is room for more. */
  print(text: string, stderr?: boolean): MaybePromise<void>;
  /** Hands a record to the program that started the job, where the sink's kind leads to it. */
  deliver(value: unknown): MaybePromise<void>;
  /** A line of the job's log. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

/** A sink of a program; it makes what each of its subtasks writes with. `C`: a committable, `S`: state of a writer; both plain data. */
export interface Sink<T = unknown, C = unknown, S = unknown> {
  /** `restored`: what writers gave as their states, of this subtask or of others; empty at a first start. */
  writer(context: SinkContext, restored: readonly S[]): MaybePromise<SinkWriter<T, C, S>>;
  /** Absent: the sink is plain. */
  committer?(context: SinkContext): MaybePromise<Committer<C>>;
}

/** Writes the records of one subtask. */
export interface SinkWriter<T = unknown, C = unknown, S = unknown> {
  /** Takes a record; a promise holds the stream back until it settles. */
  write(value: T): MaybePromise<void>;
  /** False where `write` keeps nothing of a record when it returns, so that it need not be copied. */
  readonly keeps?: boolean;
  /** Of a plain sink: all that was written is to be out. Called at each barrier and at the end of input. */
  flush?(): MaybePromise<void>;
  /**
   * What was written since it was asked last, as committables. Nothing of it may be lost when the machine goes down.
   *
   * @param sealed whether no writer goes on with what is open (a savepoint, the end of input): there is to be no state
   */
  prepare?(checkpoint: number, sealed: boolean): MaybePromise<Prepared<C, S>>;
  /** The time of `wakeAt` has come. */
  onTime?(now: number): MaybePromise<void>;
  /** Called once, also after a failure. What no `prepare` has given is to be dropped; what one has is not. */
  close?(): MaybePromise<void>;
}

/** What `prepare` gives. */
export interface Prepared<C = unknown, S = unknown> {
  /** What was written since it was asked last. */
  readonly committables?: readonly C[];
  /** What a writer can go on with (K3), such as an open file and its length. Each is given to one writer, whatever the parallelism. */
  readonly states?: readonly S[];
}

/** What a writer has prepared, on its way to the committer. */
export interface Committable<C = unknown> {
  /** The same whenever and wherever it is committed; no other has it. */
  readonly id: string;
  /** As `prepare` has given it. */
  readonly value: C;
}

/** Lets be seen what writers have prepared. */
export interface Committer<C = unknown> {
  /** Lets it be seen (K1, K2). When it throws, all of them are committed again a little later, for as long as it takes. */
  commit(committables: readonly Committable<C>[]): MaybePromise<void>;
  /** They are not to be seen, ever: the job has failed, and takes no checkpoints. */
  abort?(committables: readonly Committable<C>[]): MaybePromise<void>;
  /** Called once, also after a failure. */
  close?(): MaybePromise<void>;
}
