// The operator that a piece of a program makes of a stream, taken out of the graph.

import type { DataStream } from '../api/data-stream.ts';
import { StreamExecutionEnvironment } from '../api/environment.ts';
import { GraphError } from '../errors.ts';
import type { FunctionRef, OperatorSpec } from '../graph/job-graph.ts';
import { userFunction } from '../runtime/functions.ts';
import type { TwoInputOptions } from './harness.ts';

export type FoundOperator = Pick<TwoInputOptions, 'keyBy' | 'keyBy2'> & {
  fn: unknown;
  kind: OperatorSpec['kind'];
  params: OperatorSpec['params'];
  /** Whether it has two inputs. */
  two: boolean;
};

/** @throws GraphError unless it is exactly one operator, in TypeScript */
export function operatorOfStream(
  build: (stream: DataStream<unknown>) => DataStream<unknown>,
): FoundOperator {
  return found((environment) => build(environment.fromCollection<unknown>([])));
}

/** @throws GraphError unless it is exactly one operator, in TypeScript */
export function operatorOfStreams(
  build: (first: DataStream<unknown>, second: DataStream<unknown>) => DataStream<unknown>,
): FoundOperator {
  return found((environment) =>
    build(environment.fromCollection<unknown>([]), environment.fromCollection<unknown>([])),
  );
}

function found(build: (environment: StreamExecutionEnvironment) => unknown): FoundOperator {
  const environment = StreamExecutionEnvironment.getExecutionEnvironment();
  build(environment);
  const { graph, functions } = environment.build();
  const operators = graph.operators.filter(({ kind }) => !kind.startsWith('source.'));
  const [spec, second] = operators;
  if (spec === undefined || second !== undefined) {
    const names = operators.map(({ name }) => `"${name}"`).join(', ');
    throw new GraphError(
      `A harness drives one operator; these are ${operators.length}: ${names}. Test each by itself.`,
    );
  }
  const load = (ref: FunctionRef): unknown => {
    if (ref.language === 'typescript' && ref.form === 'closure') return functions[ref.id];
    throw new GraphError(
      `The function "${ref.name}" is Python; test it in Python, by isthmus.testing.`,
    );
  };
  const keyOf = (input: 0 | 1): TwoInputOptions['keyBy'] => {
    const edge = graph.edges.find((each) => each.to === spec.id && each.input === input);
    if (edge?.partitioner.kind !== 'hash') return undefined;
    const key = load(edge.partitioner.key);
    return userFunction<(value: never) => unknown>(key, ['getKey'], spec.name).call;
  };
  return {
    fn: spec.fn === undefined ? undefined : load(spec.fn),
    kind: spec.kind,
    params: spec.params,
    keyBy: keyOf(0),
    keyBy2: keyOf(1),
    two: graph.edges.some((edge) => edge.to === spec.id && edge.input === 1),
  };
}
