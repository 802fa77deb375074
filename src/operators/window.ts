import type { JsonValue, OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { requiredFunction } from '../graph/required-function.ts';
import { makeEngine } from './windowing/choose.ts';
import type { Engine } from './windowing/engine.ts';
import { windowOperation } from './windowing/from-json.ts';
import type { WindowOperation } from './windowing/operation.ts';

/**
 * `window`: windows of a keyed stream (`windowAll` is keyed by a constant). The work is done by an engine of `windowing`.
 */
export function windowOperator(spec: OperatorSpec): Operator {
  return new WindowOperator(spec);
}

/** From a program in Python, with the function in TypeScript. */
type SaidWindow = { [field: string]: JsonValue };

export class WindowOperator implements Operator {
  readonly #spec: OperatorSpec;
  #engine!: Engine;

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    const loaded = await ctx.loadFunction(requiredFunction(this.#spec));
    this.#engine = makeEngine(await this.operation(loaded, ctx, emit), ctx, emit);
    await this.#engine.open();
  }

  /** What a window join does is a window operation too. */
  protected async operation(
    loaded: unknown,
    ctx: OperatorContext,
    _emit: Emit,
  ): Promise<WindowOperation> {
    const said = this.#spec.params.window as SaidWindow | undefined;
    if (said === undefined) return loaded as WindowOperation;
    return windowOperation(said, loaded, (ref) => ctx.loadFunction(ref));
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
