import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { makeEngine } from './windowing/choose.ts';
import type { Engine } from './windowing/engine.ts';
import { windowOperation } from './windowing/from-data.ts';
import type { WindowOperation } from './windowing/operation.ts';

/**
 * `window`: windows of a keyed stream (`windowAll` is keyed by a constant). The work is done by an engine of `windowing`.
 */
export function windowOperator(_spec: OperatorSpec): Operator {
  return new WindowOperator();
}

export class WindowOperator implements Operator {
  #engine!: Engine;

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.#engine = makeEngine(await this.operation(ctx, emit), ctx, emit);
    await this.#engine.open();
  }

  /** What a window join does is a window operation too. */
  protected operation(ctx: OperatorContext, _emit: Emit): Promise<WindowOperation> {
    return windowOperation(ctx);
  }

  process(value: unknown): MaybePromise<void> {
    return this.#engine.process(value);
  }

  onWatermark(watermark: number): MaybePromise<void> {
    return this.#engine.onWatermark(watermark);
  }

  onProcessingTime(now: number): MaybePromise<void> {
    return this.#engine.onProcessingTime(now);
  }

  close(): MaybePromise<void> {
    return this.#engine?.close();
  }
}
