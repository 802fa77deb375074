// What a TypeScript subtask needs of the job it runs in. Everything it could reach out for is here, so that a test or a
// simulation can hand it a clock, randomness and channels of its own.

import type { SnapshotAnswer } from '../checkpoint/coordinator.ts';
import type { Settings } from '../config/table.ts';
import type { FunctionRef } from '../graph/job-graph.ts';
import type { StateStorage } from '../state/storage/storage.ts';
import type { Element } from './element.ts';
import type { MetricReport } from './metric-group.ts';
import type { Machine } from '../machine/machine.ts';
import type { MaybePromise } from './operator.ts';
import type { ChannelLimits } from './output-channel.ts';
import type { SplitMessage } from './split-dealer.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface SubtaskServices {
  readonly machine: Machine;
  readonly settings: Settings;
  /** Overrides of what batches may hold, and of the credit of a channel. */
  readonly limits?: Partial<ChannelLimits>;
  readonly jobName: string;
  readonly attempt: number;
  /** The value behind a TypeScript function reference: a function, an instance, or a class made an instance of. */
  loadFunction(ref: FunctionRef): MaybePromise<unknown>;
  /** Sends a frame (docs/protocol.md §2) on a channel whose other end is in another process. `body` is the callee's. */
  sendFrame(channel: number, type: number, flags: number, count: number, body: Uint8Array): void;
  /** Hands an element to the subtask of this process (or to the client) at the other end of a local channel. */
  deliverLocal(channel: number, element: Element): void;
  /** The consumer has taken `bytes` off an input channel: tells the sender, wherever it is. */
  returnCredit(channel: number, bytes: number): void;
  /** Records of a `sink.collect` or `sink.output` that has no exchange to the client in the plan. */
  collect(operatorId: number, subtask: number, values: unknown[]): MaybePromise<void>;
  /** Whole lines of print sinks, each ended by a newline; settles when there is room for more. */
  print(text: string, stderr?: boolean): MaybePromise<void>;
  /** Where functions say more than the reader of the program's output takes: settles when it has. */
  roomToSay?(): Promise<void> | undefined;
  /** Says something to another subtask of a source (split-dealer.ts). */
  toSource?(task: number, subtask: number, message: SplitMessage): void;
  log(level: LogLevel, message: string, where: { operator: string; subtask: number }): void;
  /** Takes a subtask's part of a checkpoint. Absent: checkpoints are off. */
  snapshot?(checkpoint: number, task: number, subtask: number, answer: SnapshotAnswer): void;
  /** The barrier of a checkpoint has come behind what an operator has handed to `collect`. */
  cut?(operatorId: number, subtask: number, checkpoint: number): void;
  /** Where state is kept; there wherever `snapshot` is, or something is restored. */
  readonly storage?: StateStorage;
  /** A subtask has processed all its input, and all that it made is on its way. It may have to commit and to close yet. */
  drained?(task: number, subtask: number): void;
}

export interface OperatorMetrics {
  id: number;
  /** Records in. */
  in: number;
  /** Records out, side outputs included. */
  out: number;
  /** Time in the operator itself, estimated by timing one record in some. */
  busyMs: number;
  /** What its functions made, by dotted name; absent where there is none. */
  userMetrics?: Record<string, MetricReport>;
}

export interface SubtaskMetrics {
  task: number;
  subtask: number;
  operators: OperatorMetrics[];
  busyMs: number;
  /** Whether it waits for room on its outputs. */
  blocked?: boolean | undefined;
  /** Where its event time is, in milliseconds; absent before the first watermark. */
  watermark?: number | undefined;
  /** Whether it has told those behind it not to wait for its watermark. */
  idle?: boolean | undefined;
}

/** How a subtask ended that did not fail. */
export type SubtaskResult = SubtaskMetrics;
