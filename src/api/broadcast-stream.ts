import { GraphError } from '../errors.ts';
import type { DataStream } from './data-stream.ts';
import type { BroadcastDescriptor, BroadcastProcessLike } from './process-functions.ts';
import type { InputLeg } from './transformation.ts';
import type { TypeInformation } from './types.ts';

// biome-ignore lint/suspicious/noExplicitAny: descriptors of any types.
export type AnyBroadcastDescriptor = BroadcastDescriptor<any, any>;

/** A stream that every subtask gets all of, to keep in broadcast state; connect another stream to it. */
export class BroadcastStream<T> {
  readonly stream: DataStream<T>;
  readonly descriptors: readonly AnyBroadcastDescriptor[];

  /** Made by `broadcast(descriptor…)`. */
  constructor(stream: DataStream<T>, descriptors: readonly AnyBroadcastDescriptor[]) {
    this.stream = stream;
    this.descriptors = descriptors;
  }
}

/** A stream (keyed or not) and a broadcast one. */
export class BroadcastConnectedStream<out A, out B, out K> {
  readonly #first: DataStream<A>;
  readonly #second: BroadcastStream<B>;
  declare protected readonly keyType: K;

  /** Made by `connect`. */
  constructor(first: DataStream<A>, second: BroadcastStream<B>) {
    if (first.environment !== second.stream.environment) {
      throw new GraphError(
        'The streams are of two environments and cannot be combined; build both from one environment.',
      );
    }
    this.#first = first;
    this.#second = second;
  }

  /** Records of the first stream read the broadcast state that records of the second write. */
  process<Out = never, Out2 = Out, Timed = Out>(
    fn: BroadcastProcessLike<A, B, Out, K, Out2, Timed>,
    type?: TypeInformation<Out>,
  ): DataStream<Out | Out2 | Timed> {
    const inputs = [
      ...this.#first.legs.map((leg): InputLeg => ({ ...leg, input: 0 })),
      ...this.#second.stream.legs.map((leg): InputLeg => ({ ...leg, input: 1 })),
    ];
    return this.#first.environment.operator<Out>({
      kind: 'broadcast_process',
      name: 'Co-Process-Broadcast',
      fns: { function: fn },
      params: { descriptors: this.#second.descriptors.map(({ name }) => name) },
      outputType: type?.spec,
      inputs,
    });
  }
}
