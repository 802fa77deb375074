// A stream beside a broadcast one. Twin of python/isthmus/_worker/operators/broadcast_process.py.
//
//   P1. Broadcast state is a map for each name of `params.descriptors`; every subtask has all of it.
//   P2. Only the broadcast side writes it.
//   P3. Every subtask puts it into its snapshot; a restore reads it once.

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { KeyOriginals } from '../state/key-identity.ts';
import { TimeOnly } from './keyed-timers.ts';
import { ProcessingContext } from './process-context.ts';
import { type OperatorRuntime, runtimeContext } from './runtime-context.ts';
import { type ProcessCall, TimerOperator } from './timer-operator.ts';

export function broadcastProcessOperator(spec: OperatorSpec): Operator {
  return new BroadcastProcessOperator(spec);
}

/** A map whose keys are told apart by what they are. */
class BroadcastMap {
  readonly #values = new Map<unknown, unknown>();
  readonly #originals = new KeyOriginals();

  get(key: unknown): unknown {
    return this.#values.get(this.#originals.keep(key));
  }

  contains(key: unknown): boolean {
    return this.#values.has(this.#originals.keep(key));
  }

  put(key: unknown, value: unknown): void {
    this.#values.set(this.#originals.keep(key), value);
  }

  remove(key: unknown): void {
    this.#values.delete(this.#originals.keep(key));
  }

  clear(): void {
    this.#values.clear();
  }

  *[Symbol.iterator](): Generator<[unknown, unknown]> {
    for (const [identity, value] of this.#values) yield [this.#originals.key(identity), value];
  }
}

/** P2 */
class ReadOnlyMap {
  readonly #map: BroadcastMap;

  constructor(map: BroadcastMap) {
    this.#map = map;
  }

  get(key: unknown): unknown {
    return this.#map.get(key);
  }

  contains(key: unknown): boolean {
    return this.#map.contains(key);
  }

  [Symbol.iterator](): Iterator<[unknown, unknown]> {
    return this.#map[Symbol.iterator]();
  }
}

class BroadcastingContext extends ProcessingContext {
  readonly #maps: ReadonlyMap<string, BroadcastMap | ReadOnlyMap>;

  constructor(
    ctx: OperatorContext,
    keyed: boolean,
    maps: ReadonlyMap<string, BroadcastMap | ReadOnlyMap>,
  ) {
    super(ctx, keyed ? runtimeContext(ctx).timers : new TimeOnly(ctx));
    this.#maps = maps;
  }

  getBroadcastState({ name }: { name: string }): BroadcastMap | ReadOnlyMap {
    const found = this.#maps.get(name);
    if (found !== undefined) return found;
    throw new GraphError(
      `The broadcast state "${name}" was not given to broadcast(); known: ${[...this.#maps.keys()].join(', ')}.`,
    );
  }
}

class BroadcastProcessOperator extends TimerOperator {
  readonly #maps: Map<string, BroadcastMap>;
  #second!: ProcessCall;
  #reading!: BroadcastingContext;
  #writing!: BroadcastingContext;

  constructor(spec: OperatorSpec) {
    super(spec);
    const names = (spec.params.descriptors ?? []) as string[];
    this.#maps = new Map(names.map((name) => [name, new BroadcastMap()]));
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    await this.openFunction(ctx, emit, ['processElement', 'process_element']);
    this.#second = this.method(['processBroadcastElement', 'process_broadcast_element']);
    const readOnly = new Map(
      [...this.#maps].map(([name, map]): [string, ReadOnlyMap] => [name, new ReadOnlyMap(map)]),
    );
    this.#reading = new BroadcastingContext(ctx, ctx.keyed, readOnly);
    this.#writing = new BroadcastingContext(ctx, false, this.#maps);
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

  override snapshot(): unknown {
    const broadcast = [...this.#maps].map(([name, map]) => [name, [...map]]);
    return { keyed: super.snapshot(), broadcast };
  }

  protected override restoreNow(states: readonly unknown[], runtime: OperatorRuntime): void {
    const given = states as { keyed: unknown; broadcast: [string, [unknown, unknown][]][] }[];
    const keyed = given.map((state) => state.keyed).filter((state) => state !== undefined);
    super.restoreNow(keyed, runtime);
    for (const [name, entries] of given[0]?.broadcast ?? []) {
      for (const [key, value] of entries) this.#maps.get(name)?.put(key, value); // P3
    }
  }
}
