import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { requiredFunction } from './required-function.ts';
import { makeEngine } from './windowing/choose.ts';
import type { Engine } from './windowing/engine.ts';
import type { WindowOperation } from './windowing/operation.ts';

/**
 * `window`: windows of a keyed stream (`windowAll` is keyed by a constant). The work is done by an engine of `windowing`.
 */
export function windowOperator(spec: OperatorSpec): Operator {
  return new WindowOperator(spec);
}

class WindowOperator implements Operator {
  readonly #spec: OperatorSpec;
  #engine!: Engine;
  #restored: unknown[] = [];

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    const operation = (await ctx.loadFunction(requiredFunction(this.#spec))) as WindowOperation;
    this.#engine = makeEngine(operation, ctx, emit);
    await this.#engine.open();
    if (this.#restored.length > 0) this.#engine.restore(this.#restored);
    this.#restored = [];
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

  snapshot(): unknown {
    return this.#engine.snapshot();
  }

  restore(states: unknown[]): void {
    this.#restored = states;
  }

  close(): MaybePromise<void> {
    return this.#engine?.close();
  }
}
