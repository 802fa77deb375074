// Which kind of source and of sink is made by what.

import { UnsupportedError } from '../errors.ts';
import type { OperatorKind, OperatorSpec } from '../graph/job-graph.ts';
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

const SOURCES: { [kind in OperatorKind]?: (spec: OperatorSpec) => Source } = {
  'source.collection': collectionSource,
  'source.sequence': sequenceSource,
  'source.lines': linesSource,
  'source.function': functionSource,
  'source.input': inputSource,
};

const SINKS: { [kind in OperatorKind]?: OperatorFactory } = {
  'sink.print': sinkPrintOperator,
  'sink.collect': sinkCollectOperator,
  'sink.output': sinkCollectOperator,
  'sink.function': sinkFunctionOperator,
  'sink.file': sinkFileOperator,
};

/** Undefined for operators that are no sink of ours. */
export function sinkFactory({ kind }: OperatorSpec): OperatorFactory | undefined {
  return SINKS[kind];
}

/** The source of a TypeScript task, not opened yet. */
export function createSource(spec: OperatorSpec): Source {
  const factory = SOURCES[spec.kind];
  if (factory === undefined) {
    throw new UnsupportedError(
      `Source "${spec.name}" is of kind ${spec.kind}, which has no TypeScript form.`,
    );
  }
  return factory(spec);
}
