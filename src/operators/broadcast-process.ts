// A stream beside a broadcast one. Twin of python/isthmus/_worker/operators/broadcast_process.py.
//
//   - Broadcast state is a map for each name of `params.descriptors`; every subtask has all of it.
//   - Only the broadcast side writes it.
//   - It is operator state of these names.

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { type BroadcastMap, ReadOnlyBroadcastMap } from '../state/broadcast-state.ts';
import { checkDescriptor } from '../state/descriptors.ts';
import type { MapState } from '../state/states.ts';
import { TimeOnly } from './keyed-timers.ts';
import { ProcessingContext } from './process-context.ts';
import { runtimeContext } from './runtime-context.ts';
import { type ProcessCall, TimerOperator } from './timer-operator.ts';

export function broadcastProcessOperator(spec: OperatorSpec): Operator {
  return new BroadcastProcessOperator(spec);
}

type Maps = ReadonlyMap<string, MapState<unknown, unknown>>;

class BroadcastingContext extends ProcessingContext {
  readonly #maps: Maps;

  constructor(ctx: OperatorContext, keyed: boolean, maps: Maps) {
    super(ctx, keyed ? runtimeContext(ctx).timers : new TimeOnly(ctx));
    this.#maps = maps;
  }

  getBroadcastState(descriptor: { name: string }): MapState<unknown, unknown> {
    // An object with the name does, as for broadcast().
    const isNamed = typeof descriptor?.name === 'string' && !('kind' in descriptor);
    if (!isNamed) checkDescriptor('map', descriptor);
    const { name } = descriptor;
    const found = this.#maps.get(name);
    if (found !== undefined) return found;
    throw new GraphError(
      `The broadcast state "${name}" was not given to broadcast(); known: ${[...this.#maps.keys()].join(', ')}.`,
    );
  }
}

class BroadcastProcessOperator extends TimerOperator {
  #second!: ProcessCall;
  #reading!: BroadcastingContext;
  #writing!: BroadcastingContext;

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    await this.openFunction(ctx, emit, ['processElement', 'process_element']);
    this.#second = this.method(['processBroadcastElement', 'process_broadcast_element']);
    const names = (this.spec.params.descriptors ?? []) as string[];
    const store = runtimeContext(ctx).getOperatorStateStore();
    const maps = new Map(
      names.map((name): [string, BroadcastMap<unknown, unknown>] => [name, store.broadcast(name)]),
    );
    const readOnly = new Map(
      [...maps].map(([name, map]) => [name, new ReadOnlyBroadcastMap(name, map)]),
    );
    this.#reading = new BroadcastingContext(ctx, ctx.keyed, readOnly);
    this.#writing = new BroadcastingContext(ctx, false, maps);
  }

  process(value: unknown): MaybePromise<void> {
    return this.callAndEmit(this.function.call, value, this.#reading, 'processElement');
  }

  processSecond(value: unknown): MaybePromise<void> {
    return this.callAndEmit(this.#second, value, this.#writing, 'processBroadcastElement');
  }

  protected override timerContext(): ProcessingContext {
    return this.#reading;
  }
}
