// Looks into the keyed state and the timers of an operator.

import { InternalError } from '../errors.ts';
import { runtimeContext } from '../operators/runtime-context.ts';
import type { OperatorContext } from '../runtime/operator.ts';
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  ValueStateDescriptor,
} from '../state/descriptors.ts';

/** A timer that a function has registered. */
export interface Timer {
  /** Whose it is. */
  key: unknown;
  /** In milliseconds. */
  time: number;
}

export function stateOf(ctx: OperatorContext, descriptor: StateDescriptor, key: unknown): unknown {
  const runtime = runtimeContext(ctx);
  const { cursor } = ctx;
  const before = cursor.key;
  cursor.key = key;
  try {
    if (descriptor instanceof ValueStateDescriptor) return runtime.getState(descriptor).value();
    if (descriptor instanceof ListStateDescriptor) return [...runtime.getListState(descriptor)];
    if (descriptor instanceof MapStateDescriptor) return new Map(runtime.getMapState(descriptor));
    if (descriptor instanceof ReducingStateDescriptor) {
      return runtime.getReducingState(descriptor).get();
    }
    if (descriptor instanceof AggregatingStateDescriptor) {
      return runtime.getAggregatingState(descriptor).get();
    }
  } finally {
    cursor.key = before;
  }
  throw new InternalError(`The state "${descriptor.name}" is of no kind that a harness knows.`);
}

/** In order of time. */
export function timersOf(ctx: OperatorContext, domain: 'EVENT_TIME' | 'PROCESSING_TIME'): Timer[] {
  return [...runtimeContext(ctx).timers.entries()]
    .filter(([, [each]]) => each === domain)
    .map(([key, [, time]]) => ({ key, time }))
    .sort((a, b) => a.time - b.time);
}
