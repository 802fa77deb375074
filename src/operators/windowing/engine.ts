// What every way of keeping windows offers the window operator.

import type { Emit, MaybePromise, OperatorContext } from '../../runtime/operator.ts';
import { refuseOtherWindows } from './other-windows.ts';
import { runtimeContext } from '../runtime-context.ts';
import type { WindowAssigner } from './assigner.ts';
import type { Contents } from './contents.ts';
import { Emission } from './emission.ts';
import type { WindowOperation } from './operation.ts';
import { WindowFunctionContext } from './window-context.ts';
import { WindowState } from './window-state.ts';

/** What an engine is made of. */
export interface EngineParts {
  operation: WindowOperation;
  assigner: WindowAssigner<unknown>;
  contents: Contents;
  ctx: OperatorContext;
  emit: Emit;
}

/** Windows of one subtask. The key and the timestamp of a record are those of the cursor. */
export abstract class Engine {
  protected readonly ctx: OperatorContext;
  protected readonly assigner: WindowAssigner<unknown>;
  protected readonly contents: Contents;
  protected readonly emission: Emission;
  protected readonly latenessMs: number;
  /** What the window function remembers of a window. */
  readonly windowState: WindowState;
  /** What the trigger remembers. */
  readonly triggerState: WindowState;
  readonly #lateTag: string | undefined;

  constructor({ operation, assigner, contents, ctx, emit }: EngineParts) {
    this.ctx = ctx;
    this.assigner = assigner;
    this.contents = contents;
    this.windowState = new WindowState(ctx, 'window:');
    this.triggerState = new WindowState(ctx, 'trigger:');
    const merging = assigner.mergeWindows !== undefined;
    const context = new WindowFunctionContext(ctx, this.windowState, merging);
    this.emission = new Emission(operation, contents, context, ctx, emit);
    this.latenessMs = operation.allowedLatenessMs;
    this.#lateTag = operation.lateTag;
  }

  /** Opens the user's functions. */
  async open(): Promise<void> {
    const runtime = runtimeContext(this.ctx);
    await this.contents.open(runtime);
    await this.emission.open(runtime);
    this.declareState();
    refuseOtherWindows(this.ctx);
  }

  async close(): Promise<void> {
    await this.contents.close();
    await this.emission.close();
  }

  abstract process(value: unknown): MaybePromise<void>;

  onWatermark(_watermark: number): MaybePromise<void> {
    return undefined;
  }

  onProcessingTime(_now: number): MaybePromise<void> {
    return undefined;
  }

  /** Declares what is kept of windows, and takes over what was restored; functions are open. */
  protected declareState(): void {}

  /** Whether a record of which all windows were late is late itself. */
  protected isLate(timestamp: number): boolean {
    return timestamp + this.latenessMs <= this.ctx.watermark;
  }

  /** A late record: to its side output, or away. */
  protected dropLate(value: unknown): MaybePromise<void> {
    this.ctx.metrics.counter('numLateRecordsDropped').inc();
    return this.#lateTag === undefined ? undefined : this.ctx.emitSide(this.#lateTag, value);
  }
}
