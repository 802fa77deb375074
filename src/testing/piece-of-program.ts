// What a piece of a program makes of streams: its graph, and the functions that it refers to.

import type { Parts } from '../api/transformation.ts';
import type { DataStream } from '../api/data-stream.ts';
import { StreamExecutionEnvironment } from '../api/environment.ts';
import { GraphError } from '../errors.ts';
import type { EdgeSpec, FunctionRef, OperatorSpec } from '../graph/job-graph.ts';
import { isSource } from '../graph/kinds.ts';
import { userFunction } from '../runtime/functions.ts';
import type { KeyBy } from './harness-options.ts';

export type Build<Made> = (...streams: DataStream<unknown>[]) => Made;

/** The functions of an operator, by part. */
export class Functions {
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }
}

export class PieceOfProgram<Made> {
  /** What the piece gives back. */
  readonly made: Made;
  /** Ids of the sources that stand for its streams, in order. */
  readonly sources: readonly number[];
  /** All else, upstream first. */
  readonly operators: readonly OperatorSpec[];
  readonly edges: readonly EdgeSpec[];
  readonly #functions: readonly unknown[];

  /** @throws GraphError where it makes no operator */
  constructor(build: Build<Made>, inputs: number) {
    const environment = StreamExecutionEnvironment.getExecutionEnvironment();
    const streams = Array.from({ length: inputs }, () => environment.fromCollection<unknown>([]));
    this.made = build(...streams);
    const { graph, functions } = environment.build();
    this.sources = streams.flatMap(({ legs }) => legs.map(({ from }) => from.id));
    this.operators = graph.operators.filter((spec) => !isSource(spec));
    this.edges = graph.edges;
    this.#functions = functions;
  }

  /** The functions of an operator, as they are in the program. */
  functionsOf({ fns = {} }: OperatorSpec): Functions {
    return new Functions(
      Object.fromEntries(Object.entries(fns).map(([part, ref]) => [part, this.#load(ref)])),
    );
  }

  /** The key that an edge partitions by, if it does. */
  keyOf(edge: EdgeSpec | undefined): KeyBy {
    if (edge?.partitioner.kind !== 'hash') return undefined;
    const key = this.#load(edge.partitioner.key);
    return userFunction<(value: unknown) => unknown>(key, ['getKey'], 'key selector').call;
  }

  #load(ref: FunctionRef): unknown {
    if (ref.language === 'typescript' && ref.form === 'closure') return this.#functions[ref.id];
    throw new GraphError(
      `The function "${ref.name}" is Python; test it in Python, by isthmus.testing.`,
    );
  }
}
