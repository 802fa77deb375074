// What triggers and assigners are given: timers and state of a key and window.

import type { MetricGroup } from '../../runtime/metric-group.ts';
import type { OperatorContext } from '../../runtime/operator.ts';
import type { StateDescriptor } from '../../state/descriptors.ts';
import { onceOver } from '../processing-time.ts';
import { runtimeContext } from '../runtime-context.ts';
import type { AssignerContext } from './assigner.ts';
import type { WindowEntry } from './contents-store.ts';
import type { TimerQueue } from './timer-queue.ts';
import type { OnMergeContext } from './trigger.ts';
import type { StateOf, WindowState } from './window-state.ts';

export function assignerContext(ctx: OperatorContext): AssignerContext {
  return {
    getCurrentProcessingTime: () => ctx.clock.now(),
    getRuntimeContext: () => runtimeContext(ctx),
  };
}

/** Of one key and window at a time, that of `at`. */
export class EngineTriggerContext implements OnMergeContext {
  /** What became the window at hand, while windows merge. */
  merged: readonly WindowEntry[] = [];
  readonly #ctx: OperatorContext;
  readonly #state: WindowState;
  readonly #eventTimers: TimerQueue<WindowEntry>;
  readonly #clockTimers: TimerQueue<WindowEntry>;
  #entry!: WindowEntry;

  constructor(
    ctx: OperatorContext,
    state: WindowState,
    eventTimers: TimerQueue<WindowEntry>,
    clockTimers: TimerQueue<WindowEntry>,
  ) {
    this.#ctx = ctx;
    this.#state = state;
    this.#eventTimers = eventTimers;
    this.#clockTimers = clockTimers;
  }

  at(entry: WindowEntry): void {
    this.#entry = entry;
    this.#state.at(entry.window, entry.windowKey);
  }

  getCurrentProcessingTime(): number {
    return this.#ctx.clock.now();
  }

  getCurrentWatermark(): number {
    return this.#ctx.watermark;
  }

  getMetricGroup(): MetricGroup {
    return this.#ctx.metrics;
  }

  registerProcessingTimeTimer(time: number): void {
    this.#clockTimers.register(time, this.#entry);
    this.#ctx.requestProcessingTime(onceOver(time));
  }

  registerEventTimeTimer(time: number): void {
    this.#eventTimers.register(time, this.#entry);
  }

  deleteProcessingTimeTimer(time: number): void {
    this.#clockTimers.delete(time, this.#entry);
  }

  deleteEventTimeTimer(time: number): void {
    this.#eventTimers.delete(time, this.#entry);
  }

  getPartitionedState<D extends StateDescriptor>(descriptor: D): StateOf<D> {
    return this.#state.of(descriptor);
  }

  mergePartitionedState(descriptor: StateDescriptor): void {
    this.#state.merge(
      descriptor,
      this.merged.map(({ window }) => window),
    );
  }

  getNumber(name: string): number | undefined {
    return this.#entry.numbers?.get(name);
  }

  setNumber(name: string, value: number | undefined): void {
    const entry = this.#entry;
    if (value !== undefined) (entry.numbers ??= new Map()).set(name, value);
    else entry.numbers?.delete(name);
  }

  mergeNumber(name: string, combine: (a: number, b: number) => number): void {
    for (const { numbers } of this.merged) {
      const merged = numbers?.get(name);
      if (merged === undefined) continue;
      const held = this.getNumber(name);
      this.setNumber(name, held === undefined ? merged : combine(held, merged));
    }
  }
}
