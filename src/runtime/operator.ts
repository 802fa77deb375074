// The operator interface of the TypeScript host, twin of python/isthmus/_worker/runtime/operator.py.
//
// A task is a chain of operators; each pushes what it makes to the next through `emit`.
//
//   O1. Whatever returns a promise is awaited before the next element enters the chain: `process` must return the
//       promise of `emit` where it gets one, and must not allocate promises on its own account when everything is synchronous.
//   O2. While a record is in flight, `cursor.timestamp` (and `cursor.key` on a keyed input) are its own. An operator that
//       emits at another time or for another key (timers, windows) sets them before it emits.
//   O3. An operator reads no clock but `ctx.clock`, draws no randomness but from `ctx.random`, opens no file but by `ctx.files`.
//   O4. Everything that must survive a restart is in tables of `ctx.state`, declared in `open`.

import type { BarrierKind } from '../bridge/frame.ts';
import type { Settings } from '../config/table.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Clock } from '../machine/clock.ts';
import type { Files } from '../machine/files.ts';
import type { Processes } from '../machine/processes.ts';
import type { SubtaskMetricGroup } from './metric-group.ts';
import type { OperatorStore } from '../state/store.ts';
import type { SplitListener } from './splits.ts';

/** No timestamp, no watermark yet: Java's Long.MIN_VALUE, which a double holds exactly. */
export const MIN_TIMESTAMP = -(2 ** 63);
/** The final watermark. Long.MAX_VALUE is not a double: 2^63 stands for it here and becomes 2^63−1 on the wire. */
export const MAX_TIMESTAMP = 2 ** 63;

export type { Clock };

/** In place of the number of a checkpoint: of the one that was restored. */
export const RESTORED = -1;

export type MaybePromise<T> = T | Promise<T>;
export type Emit = (value: unknown) => MaybePromise<void>;

/** The record in flight in a chain. One per subtask, shared by its operators (O2). */
export interface Cursor {
  timestamp: number;
  key: unknown;
}

export interface OperatorContext {
  readonly spec: OperatorSpec;
  readonly jobName: string;
  readonly taskName: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly attempt: number;
  readonly mode: 'STREAMING' | 'BATCH';
  /** Whether input 0 of this operator is partitioned by key. */
  readonly keyed: boolean;
  /** Whether its records come from another operator of its chain, which may go on to change them (isolate.ts). */
  readonly follows?: boolean;
  readonly cursor: Cursor;
  /** Where it declares what it keeps over a barrier (O4). */
  readonly state: OperatorStore;
  /** What its functions make to be seen. */
  readonly metrics: SubtaskMetricGroup;
  readonly clock: Clock; // O3
  readonly random: () => number;
  readonly files: Files;
  /** Whose the files are that lie about. */
  readonly processes: Processes;
  readonly settings: Settings;
  /** The operator's event time, moved by the task before `onWatermark`. */
  watermark: number;
  /** Loads the function that is a part of the operator, or an instance of the class (constructed with its args); undefined where
   *  it has none. */
  load(part: string): Promise<unknown>;
  /** Emits with the cursor's timestamp to a side output; dropped when nobody reads the tag. */
  emitSide(tag: string, value: unknown): MaybePromise<void>;
  /** A watermark of the operator's own (watermark generators); goes to the operators after it. */
  emitWatermark(watermark: number): MaybePromise<void>;
  /** The operator's own output became idle or active again. */
  emitIdle(idle: boolean): MaybePromise<void>;
  /** Asks for `onProcessingTime` at or after `at` (ms since the epoch); the earliest request holds. */
  requestProcessingTime(at: number): void;
  /** Whether the job takes checkpoints: transactional sinks wait for them. Absent: it does not. */
  readonly checkpointing?: boolean;
  /** Whole lines of print sinks, to the program's stdout; settles when there is room for more. Absent in harnesses that have none. */
  print?(text: string, stderr?: boolean): MaybePromise<void>;
  /** Flushes what was emitted and lets the event loop turn: for loops of many results out of one record. */
  pause?(): Promise<void>;
  /** Calls back after the operator has been closed, whichever way it ends. Absent in harnesses that have no such end. */
  onClose?(release: () => void): void;
  /** Where `console`-like remarks of the operator go. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

/** Told of the splits of a source: records that come are of the one that `current` has named last. */
export interface SplitWatcher extends SplitListener {
  current(split: string): void;
}

export interface Operator {
  open?(ctx: OperatorContext, emit: Emit): MaybePromise<void>;
  process(value: unknown): MaybePromise<void>; // O1
  /** Input 1 of a two-input operator. */
  processSecond?(value: unknown): MaybePromise<void>;
  /** Event time has reached `watermark`: fire what is due. */
  onWatermark?(watermark: number): MaybePromise<void>;
  /** True for operators that hold back the watermarks of their input (they emit their own). The final one always passes. */
  readonly holdsWatermarks?: boolean;
  /** The input became idle or active again: told to operators that hold back watermarks, who pass it on by `ctx.emitIdle`. */
  onIdle?(idle: boolean): void;
  /** Whether results are still on their way (calls of asynchronous functions); tests wait for them. */
  readonly pending?: boolean;
  /** Processing time has reached `now`, after `requestProcessingTime`. */
  onProcessingTime?(now: number): MaybePromise<void>;
  /** Told of the splits of the source that its records come from, where it stands directly behind one. */
  readonly splits?: SplitWatcher | undefined;
  /** All input has ended and the final watermark has passed: emit what is left. */
  finish?(): MaybePromise<void>;
  /**
   * A barrier is about to pass: emit what was gathered, write what was held back. Called from head to tail of the chain,
   * for each behind what those before it have emitted, and before anything of the chain is saved.
   */
  beforeBarrier?(checkpoint: number, of: BarrierKind): MaybePromise<void>;
  /**
   * The checkpoint is durable: sinks commit. The last one comes after `finish`; `RESTORED` before the first record, where the
   * subtask goes on from one. Gives when (ms) it wants to be told again, where not all could be committed.
   */
  notifyCheckpointComplete?(checkpoint: number): MaybePromise<number | undefined>;
  close?(): MaybePromise<void>;
}

/** Makes the operator of a spec; every kind of `OperatorKind` (sources aside) has one in `src/operators/`. */
export type OperatorFactory = (spec: OperatorSpec) => Operator;
