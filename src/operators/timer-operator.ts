// What all operators with `onTimer` share: results of calls, timers, state, snapshots.

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { emitEach } from './emit-each.ts';
import { KeyedTimers, type TimeDomain, TimeOnly } from './keyed-timers.ts';
import { ProcessingContext } from './process-context.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';

export type ProcessCall = (value: unknown, context: ProcessingContext) => unknown;

export abstract class TimerOperator extends StatefulOperator {
  protected readonly spec: OperatorSpec;
  protected function!: UserFunction<ProcessCall>;
  protected context!: ProcessingContext;
  #emit!: Emit;
  #timers: KeyedTimers | undefined;
  #onTimer: ((time: number, context: ProcessingContext) => unknown) | undefined;

  constructor(spec: OperatorSpec) {
    super();
    this.spec = spec;
  }

  /** `methods`: how the first input's method may be called, in both languages' spelling. */
  protected async openFunction(
    ctx: OperatorContext,
    emit: Emit,
    methods: readonly string[],
  ): Promise<void> {
    this.#emit = emit;
    const runtime = this.openRuntime(ctx);
    const loaded = await requiredFunction(ctx);
    this.function = userFunction<ProcessCall>(loaded, methods, this.spec.name);
    const { instance } = this.function;
    const onTimer = instance?.onTimer ?? instance?.on_timer;
    if (ctx.keyed) {
      this.#timers = runtime.timers;
      if (typeof onTimer === 'function') {
        this.#onTimer = (time, context) => onTimer.call(instance, time, context) as unknown;
      }
    }
    this.context = new ProcessingContext(ctx, this.#timers ?? new TimeOnly(ctx));
    await this.function.open(runtime);
  }

  /** A further method of the function object. */
  protected method(names: readonly string[]): ProcessCall {
    const instance = this.function.instance ?? {};
    const name = names.find((candidate) => typeof instance[candidate] === 'function');
    if (name === undefined) {
      throw new GraphError(
        `Operator "${this.spec.name}" needs an object or class with the methods of both inputs; it has no ${names[0]}.`,
      );
    }
    const call = instance[name] as ProcessCall;
    return (value, context) => call.call(instance, value, context);
  }

  protected callAndEmit(
    call: ProcessCall,
    value: unknown,
    context: ProcessingContext,
    method: string,
  ): MaybePromise<void> {
    const results = call(value, context);
    if (results === undefined) return context.takeWaiting();
    return this.#emitResults(results, context, method);
  }

  #emitResults(results: unknown, context: ProcessingContext, method: string): MaybePromise<void> {
    const emitted = isPromise(results)
      ? settling(results).then((settled) => this.#emitAll(settled, context, method))
      : this.#emitAll(results, context, method);
    return emitted === undefined
      ? context.takeWaiting()
      : emitted.then(() => context.takeWaiting());
  }

  #emitAll(results: unknown, context: ProcessingContext, method: string): MaybePromise<void> {
    if (results === undefined || results === null) return undefined;
    return emitEach(results, this.#emit, this.ctx, method, context);
  }

  onWatermark(watermark: number): MaybePromise<void> {
    return this.#timers?.onWatermark(watermark, this.#fire);
  }

  onProcessingTime(now: number): MaybePromise<void> {
    return this.#timers?.onProcessingTime(now, this.#fire);
  }

  readonly #fire = (time: number, domain: TimeDomain): MaybePromise<void> => {
    if (this.#onTimer === undefined) return undefined;
    const context = this.timerContext();
    context.domain = domain;
    const results = this.#onTimer(time, context);
    if (results === undefined) return context.takeWaiting();
    return this.#emitResults(results, context, 'onTimer');
  };

  /** What `onTimer` is given. */
  protected timerContext(): ProcessingContext {
    return this.context;
  }

  close(): MaybePromise<void> {
    return this.function?.close();
  }
}
