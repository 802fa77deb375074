// Which connector is made by what.

import { GraphError, UnsupportedError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { nameOf, type SinkConnector, type SourceConnector } from '../graph/kinds.ts';
import { inspectRecord } from '../runtime/failure.ts';
import { instanceOf } from '../runtime/functions.ts';
import type { MaybePromise, OperatorContext, OperatorFactory } from '../runtime/operator.ts';
import { type Source, isSourceObject } from '../runtime/source.ts';
import type { OpenSource } from '../runtime/split-driver.ts';
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

type MakeSource = (spec: OperatorSpec, ctx: OperatorContext) => MaybePromise<Source>;

const SOURCES: { readonly [name in SourceConnector]?: MakeSource } = {
  collection: collectionSource,
  sequence: sequenceSource,
  lines: (spec, { files }) => linesSource(spec, files),
  function: functionSource,
  input: inputSource,
};

const SINKS: { readonly [name in SinkConnector]?: SinkMaker } = {
  print: ({ spec }) => printSink(spec),
  collect: collectSink,
  output: collectSink,
  function: functionSink,
  file: ({ spec, files, processes }) => fileSink(spec, { files, processes }),
};

/** Undefined for operators that are no sink of ours. */
export function sinkFactory({ kind, connector }: OperatorSpec): OperatorFactory | undefined {
  if (kind !== 'sink') return undefined;
  const make = connector === undefined ? ownSink : SINKS[connector as SinkConnector];
  return make && (() => new SinkOperator(make));
}

/** What makes the source of a TypeScript task when it is opened. */
export function createSource(spec: OperatorSpec): OpenSource {
  const { name, connector } = spec;
  if (connector === undefined) return ownSource(spec);
  const make = SOURCES[connector as SourceConnector];
  if (make === undefined) {
    throw new UnsupportedError(
      `Source "${name}" is of kind ${nameOf(spec)}, which has no TypeScript form.`,
    );
  }
  return (ctx) => make(spec, ctx);
}

/** One of somebody else's: an object or a class of the program. */
function ownSource({ name }: OperatorSpec): OpenSource {
  return async (ctx) => {
    const loaded = await ctx.load('connector');
    const source = typeof loaded === 'function' ? instanceOf(loaded, 'source') : loaded;
    if (isSourceObject(source)) return source;
    throw new GraphError(
      `Source "${name}" needs an object with enumerator(context) and reader(context); it was given ${inspectRecord(loaded)}.`,
    );
  };
}
