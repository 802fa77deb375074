// Which connector is made by what.

import { UnsupportedError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { nameOf, type SinkConnector, type SourceConnector } from '../graph/kinds.ts';
import type { OperatorFactory, Source } from '../runtime/operator.ts';
import { collectionSource } from './collection/source-collection.ts';
import { functionSource } from './function/source-function.ts';
import { inputSource } from './collection/input.ts';
import { linesSource } from './file/lines.ts';
import { sequenceSource } from './sequence/source-sequence.ts';
import { sinkCollectOperator } from './collection/sink-collect.ts';
import { sinkFileOperator } from './file/sink-file.ts';
import { sinkFunctionOperator } from './function/sink-function.ts';
import { sinkPrintOperator } from './print/sink-print.ts';

const SOURCES: { readonly [name in SourceConnector]?: (spec: OperatorSpec) => Source } = {
  collection: collectionSource,
  sequence: sequenceSource,
  lines: linesSource,
  function: functionSource,
  input: inputSource,
};

const SINKS: { readonly [name in SinkConnector]?: OperatorFactory } = {
  print: sinkPrintOperator,
  collect: sinkCollectOperator,
  output: sinkCollectOperator,
  function: sinkFunctionOperator,
  file: sinkFileOperator,
};

/** Undefined for operators that are no sink of ours. */
export function sinkFactory({ kind, connector }: OperatorSpec): OperatorFactory | undefined {
  return kind === 'sink' ? SINKS[connector as SinkConnector] : undefined;
}

/** The source of a TypeScript task, not opened yet. */
export function createSource(spec: OperatorSpec): Source {
  const factory = SOURCES[spec.connector as SourceConnector];
  if (factory === undefined) {
    throw new UnsupportedError(
      `Source "${spec.name}" is of kind ${nameOf(spec)}, which has no TypeScript form.`,
    );
  }
  return factory(spec);
}
