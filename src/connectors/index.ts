// Which kind of source is made by what.

import { UnsupportedError } from '../errors.ts';
import type { OperatorKind, OperatorSpec } from '../graph/job-graph.ts';
import type { Source } from '../runtime/operator.ts';
import { collectionSource } from './collection.ts';
import { functionSource } from './function.ts';
import { inputSource } from './input.ts';
import { linesSource } from './lines.ts';
import { sequenceSource } from './sequence.ts';

const SOURCES: { [kind in OperatorKind]?: (spec: OperatorSpec) => Source } = {
  'source.collection': collectionSource,
  'source.sequence': sequenceSource,
  'source.lines': linesSource,
  'source.function': functionSource,
  'source.input': inputSource,
};

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
