import type { JsonValue, OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { requiredFunction } from '../graph/required-function.ts';
import { runtimeContext } from './runtime-context.ts';
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

/** Undefined where there is nothing. */
interface Snapshot {
  windows: unknown;
  windowState: unknown;
  triggerState: unknown;
  /** State of keys. */
  runtime: unknown;
}

export class WindowOperator implements Operator {
  readonly #spec: OperatorSpec;
  #ctx!: OperatorContext;
  #engine!: Engine;
  #restored: Snapshot[] = [];

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    const loaded = await ctx.loadFunction(requiredFunction(this.#spec));
    this.#ctx = ctx;
    this.#engine = makeEngine(await this.operation(loaded, ctx, emit), ctx, emit);
    runtimeContext(ctx).restore(this.#part('runtime'));
    await this.#engine.open();
    this.#restore();
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

  #restore(): void {
    this.#engine.restore(this.#part('windows'));
    this.#engine.windowState.restore(this.#part('windowState'));
    this.#engine.triggerState.restore(this.#part('triggerState'));
    this.#restored = [];
  }

  #part(name: keyof Snapshot): unknown[] {
    return this.#restored.map((state) => state[name]).filter((state) => state !== undefined);
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

  snapshot(): Snapshot | undefined {
    const engine = this.#engine;
    const snapshot: Snapshot = {
      windows: engine.snapshot(),
      windowState: engine.windowState.snapshot(),
      triggerState: engine.triggerState.snapshot(),
      runtime: runtimeContext(this.#ctx).snapshot(),
    };
    return Object.values(snapshot).every((part) => part === undefined) ? undefined : snapshot;
  }

  restore(states: unknown[]): void {
    this.#restored = states.filter((state) => state !== undefined) as Snapshot[];
  }

  close(): MaybePromise<void> {
    return this.#engine?.close();
  }
}
