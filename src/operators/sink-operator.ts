// Runs a sink (sink.ts) in a chain. Twin of _worker/operators/sink_operator.py.

import { GraphError } from '../errors.ts';
import { kindOf } from '../graph/kinds.ts';
import { inspectRecord } from '../runtime/failure.ts';
import { instanceOf } from '../runtime/functions.ts';
import { type Isolate, inputIsolator } from '../runtime/isolate.ts';
import type { BarrierKind } from '../bridge/frame.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { settling } from '../runtime/settling.ts';
import { CommitQueue } from './commit-queue.ts';
import { runtimeContext } from './runtime-context.ts';
import type { Prepared, Sink, SinkContext, SinkWriter } from './sink.ts';

/** In place of a checkpoint, where the job takes none. */
const NONE = 0;

/** Makes the sink of an operator. */
export type SinkMaker = (ctx: OperatorContext) => MaybePromise<Sink>;

export class SinkOperator implements Operator {
  readonly #make: SinkMaker;
  #ctx!: OperatorContext;
  #writer: SinkWriter | undefined;
  /** Copies what the writer may keep; absent where it keeps nothing. */
  #isolate: Isolate | undefined;
  #queue: CommitQueue | undefined;
  #states!: { values: unknown[] };
  #finished = false;

  constructor(make: SinkMaker) {
    this.#make = make;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.#ctx = ctx;
    const sink = await this.#make(ctx);
    const context = contextOf(ctx, emit);
    this.#states = ctx.state.splitList('states of writers');
    const committables = ctx.state.splitList('committables');
    if (sink.committer !== undefined) {
      this.#queue = new CommitQueue(ctx, committables, await sink.committer(context));
    } else if (committables.values.length > 0) {
      throw new GraphError(
        `Sink "${ctx.spec.name}" has ${committables.values.length} committables of a checkpoint, and nothing to commit them ` +
          'with; go on with the sink that prepared them, or give this one a uid of its own.',
      );
    }
    const writer = await sink.writer(context, this.#states.values);
    this.#writer = writer;
    if (this.#queue !== undefined && writer.prepare === undefined) {
      throw new GraphError(
        `Sink "${ctx.spec.name}" has a committer, and its writer no method prepare, which says what is to be committed.`,
      );
    }
    if (writer.keeps !== false) this.#isolate = inputIsolator(ctx);
    this.#sayHowOften(writer);
  }

  process(value: unknown): MaybePromise<void> {
    const writer = this.#writer as SinkWriter;
    const result = writer.write(this.#isolate === undefined ? value : this.#isolate(value));
    return isPromise(result) ? settling(result).then(nothing) : undefined;
  }

  onProcessingTime(now: number): MaybePromise<void> {
    return this.#writer?.onTime?.(now);
  }

  async finish(): Promise<void> {
    this.#finished = true;
    if (this.#writer?.prepare === undefined) return this.#writer?.flush?.();
    if (this.#ctx.checkpointing === true) return undefined; // The last checkpoint is behind the end.
    await this.#prepare(NONE, true);
    return this.#queue?.commitNow();
  }

  async beforeBarrier(checkpoint: number, of: BarrierKind): Promise<void> {
    if (this.#writer?.prepare === undefined) return this.#writer?.flush?.();
    return this.#prepare(checkpoint, this.#finished || of !== 'checkpoint');
  }

  notifyCheckpointComplete(checkpoint: number): MaybePromise<number | undefined> {
    return this.#queue?.commit(checkpoint);
  }

  async close(): Promise<void> {
    try {
      await this.#writer?.close?.();
    } finally {
      await this.#queue?.close();
    }
  }

  async #prepare(checkpoint: number, sealed: boolean): Promise<void> {
    const prepared: unknown = await this.#writer?.prepare?.(checkpoint, sealed);
    const { name } = this.#ctx.spec;
    if (!isPrepared(prepared)) {
      throw new GraphError(
        `prepare() of sink "${name}" gives an object with the arrays committables and states; it gave ${inspectRecord(prepared)}.`,
      );
    }
    const { committables = [], states = [] } = prepared;
    if (committables.length > 0 && this.#queue === undefined) {
      throw new GraphError(
        `prepare() of sink "${name}" gave ${committables.length} committables, and the sink has no committer.`,
      );
    }
    this.#states.values = [...states];
    this.#queue?.add(checkpoint, committables);
  }

  #sayHowOften(writer: SinkWriter): void {
    const ctx = this.#ctx;
    if (ctx.checkpointing !== true || ctx.subtask > 0 || writer.prepare !== undefined) return;
    // What goes to the caller waits in the runtime for the checkpoint that covers it.
    if (kindOf(ctx.spec).toClient === true) return;
    ctx.log(
      'info',
      `Sink "${ctx.spec.name}" is written at least once: records behind the last checkpoint come again after a failure.`,
    );
  }
}

/**
 * A sink of a program's own.
 *
 * @throws GraphError when it is none
 */
export async function ownSink(ctx: OperatorContext): Promise<Sink> {
  const sink = instanceOf(await requiredFunction(ctx, 'connector'), 'sink') as Partial<Sink>;
  if (typeof sink.writer === 'function') return sink as Sink;
  throw new GraphError(
    `Sink "${ctx.spec.name}" needs an object or a class with a method writer; it was given ${inspectRecord(sink)}.`,
  );
}

function contextOf(ctx: OperatorContext, emit: Emit): SinkContext {
  return {
    operatorName: ctx.spec.name,
    jobName: ctx.jobName,
    subtask: ctx.subtask,
    parallelism: ctx.parallelism,
    attempt: ctx.attempt,
    checkpointing: ctx.checkpointing === true,
    get timestamp() {
      return ctx.cursor.timestamp;
    },
    get runtime() {
      return runtimeContext(ctx);
    },
    now: () => ctx.clock.now(),
    random: ctx.random,
    wakeAt: (at) => ctx.requestProcessingTime(at),
    print: (text, stderr) => ctx.print?.(text, stderr),
    deliver: emit,
    log: (level, message) => ctx.log(level, message),
  };
}

function isPrepared(value: unknown): value is Prepared {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { committables = [], states = [] } = value as Partial<Prepared>;
  return Array.isArray(committables) && Array.isArray(states);
}

function nothing(): void {}
