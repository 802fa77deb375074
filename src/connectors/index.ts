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
import { ownSink, SinkOperator, type SinkMaker } from '../operators/sink-operator.ts';
import { collectSink } from './collection/sink-collect.ts';
import { fileSink } from './file/sink-file.ts';
import { functionSink } from './function/sink-function.ts';
import { printSink } from './print/sink-print.ts';

const SOURCES: { readonly [name in SourceConnector]?: (spec: OperatorSpec) => Source } = {
  collection: collectionSource,
  sequence: sequenceSource,
  lines: linesSource,
  function: functionSource,
  input: inputSource,
};

const SINKS: { readonly [name in SinkConnector]?: SinkMaker } = {
  print: ({ spec }) => printSink(spec),
  collect: collectSink,
  output: collectSink,
  function: functionSink,
  file: ({ spec, files }) => fileSink(spec, files),
};

/** Undefined for operators that are no sink of ours. */
export function sinkFactory({ kind, connector }: OperatorSpec): OperatorFactory | undefined {
  if (kind !== 'sink') return undefined;
  const make = connector === undefined ? ownSink : SINKS[connector as SinkConnector];
  return make && (() => new SinkOperator(make));
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
