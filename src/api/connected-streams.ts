import { GraphError } from '../errors.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import type { CoFlatMapObject, CoMapObject, KeyLike } from './accepts.ts';
import type { DataStream } from './data-stream.ts';
import type { CoProcessLike } from './process-functions.ts';
import type { InputLeg, TransformationInit } from './transformation.ts';
import type { TypeInformation } from './types.ts';

/** Two streams whose records meet in one operator, which knows the ones from the others. */
export class ConnectedStreams<out A, out B> {
  readonly first: DataStream<A>;
  readonly second: DataStream<B>;

  /** Made by `connect`. */
  constructor(first: DataStream<A>, second: DataStream<B>) {
    if (first.environment !== second.environment) {
      throw new GraphError(
        'The streams are of two environments and cannot be combined; build both from one environment.',
      );
    }
    this.first = first;
    this.second = second;
  }

  /** Partitions both by key, so that records of one key meet; the keys must be of one type. */
  keyBy<K>(
    first: KeyLike<A, K>,
    second: KeyLike<B, K>,
    keyType?: TypeInformation<K>,
  ): ConnectedStreams<A, B> {
    return new ConnectedStreams(
      this.first.keyBy(first as (value: A) => K, keyType),
      this.second.keyBy(second as (value: B) => K, keyType),
    );
  }

  /** One result for each record, by a method for each stream. */
  map<Out, Out2 = Out>(
    fn: CoMapObject<A, B, Out, Out2>,
    type?: TypeInformation<Out>,
  ): DataStream<Out | Out2> {
    return this.transform({
      kind: 'co_map',
      name: 'Co-Map',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** Any number of results for each record, by a method for each stream. */
  flatMap<Out, Out2 = Out>(
    fn: CoFlatMapObject<A, B, Out, Out2>,
    type?: TypeInformation<Out>,
  ): DataStream<Out | Out2> {
    return this.transform({
      kind: 'co_flat_map',
      name: 'Co-Flat Map',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** Calls a method for each stream, with a context; state and timers need both streams keyed. */
  process<Out = never, Out2 = Out, Timed = Out>(
    fn: CoProcessLike<A, B, Out, unknown, Out2, Timed>,
    type?: TypeInformation<Out>,
  ): DataStream<Out | Out2 | Timed> {
    return this.transform({
      kind: 'co_process',
      name: 'Co-Process',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** The stream that an operator on both makes. */
  transform<Out>(init: TransformationInit): DataStream<Out> {
    this.#checkKeyTypes(init.name);
    const inputs = [
      ...this.first.legs.map((leg): InputLeg => ({ ...leg, input: 0 })),
      ...this.second.legs.map((leg): InputLeg => ({ ...leg, input: 1 })),
    ];
    return this.first.environment.operator<Out>({ ...init, inputs });
  }

  /** No two keys of different types would ever be equal. */
  #checkKeyTypes(name: string): void {
    const [first, second] = [keyTypeOf(this.first), keyTypeOf(this.second)];
    if (first === undefined || second === undefined) return;
    if (JSON.stringify(first) === JSON.stringify(second)) return;
    throw new GraphError(
      `The two keys of "${name}" must be of one type; the left one's is ${typeName(first)}, the right one's ${typeName(second)}. ` +
        'Convert one of them in its key selector, and declare the type it has then.',
    );
  }
}

/** The declared type of the keys, where there is one. */
function keyTypeOf({ legs }: DataStream<unknown>): TypeSpec | undefined {
  const partitioning = legs[0]?.partitioning;
  return partitioning?.kind === 'hash' ? partitioning.keyType : undefined;
}

function typeName(type: TypeSpec): string {
  return 'fields' in type ? `${type.kind}(${type.fields.map(typeName).join(', ')})` : type.kind;
}
