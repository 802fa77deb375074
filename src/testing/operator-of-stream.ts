// The operator that a piece of a program makes of a stream, taken out of the graph.

import type { DataStream } from '../api/data-stream.ts';
import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { nameOf, type OperatorName } from '../graph/kinds.ts';
import type { TwoInputOptions } from './harness-options.ts';
import { PieceOfProgram } from './piece-of-program.ts';

export type FoundOperator = Pick<TwoInputOptions, 'keyBy' | 'keyBy2'> & {
  fn: unknown;
  kind: OperatorName;
  params: OperatorSpec['params'];
  /** Whether it has two inputs. */
  two: boolean;
};

/** @throws GraphError unless it is exactly one operator, in TypeScript */
export function operatorOfStream(
  build: (stream: DataStream<unknown>) => DataStream<unknown>,
): FoundOperator {
  return found(new PieceOfProgram(build as never, 1));
}

/** @throws GraphError unless it is exactly one operator, in TypeScript */
export function operatorOfStreams(
  build: (first: DataStream<unknown>, second: DataStream<unknown>) => DataStream<unknown>,
): FoundOperator {
  return found(new PieceOfProgram(build as never, 2));
}

function found(piece: PieceOfProgram<unknown>): FoundOperator {
  const [spec, second] = piece.operators;
  if (spec === undefined || second !== undefined) {
    const names = piece.operators.map(({ name }) => `"${name}"`).join(', ');
    throw new GraphError(
      `This harness drives one operator; these are ${piece.operators.length}: ${names}. ` +
        'Test each by itself, or all of them by PipelineHarness.',
    );
  }
  const edgeTo = (input: 0 | 1) =>
    piece.edges.find((each) => each.to === spec.id && each.input === input);
  return {
    fn: piece.functionsOf(spec),
    kind: nameOf(spec) as OperatorName,
    params: spec.params,
    keyBy: piece.keyOf(edgeTo(0)) as TwoInputOptions['keyBy'],
    keyBy2: piece.keyOf(edgeTo(1)) as TwoInputOptions['keyBy2'],
    two: edgeTo(1) !== undefined,
  };
}
