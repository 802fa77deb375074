// What becomes of a job whose print sinks cannot write.
//
//   P1. Without a reader (`| head -1`) there is nothing left to do for a job that only prints: it ends, and quietly. One that has
//       other sinks, too, goes on for these.
//   P2. Any other failure, such as a full disk, is one of the job.
//   P3. A stream that no print sink writes to is never a reason to end a job: neither what functions print nor what is said there.

import { type ProgramOutput, isClosed } from '../bridge/output-stream.ts';
import { OutputError } from '../errors.ts';
import type { JobGraph, OperatorSpec } from '../graph/job-graph.ts';
import { kindOf } from '../graph/kinds.ts';

type OutputName = keyof ProgramOutput;

/** Calls `fail` with the error that ends the job, until the function returned is called. */
export function watchPrints(
  graph: JobGraph,
  output: ProgramOutput,
  fail: (error: OutputError) => void,
): () => void {
  const watches = (['stdout', 'stderr'] as const)
    .filter((name) => graph.operators.some((spec) => printsTo(spec, name))) // P3
    .map((name) =>
      output[name].onFailure((failure) => {
        if (!isClosed(failure))
          fail(unwritten(name, failure)); // P2
        else if (onlyPrintsTo(graph, name)) fail(unread(name)); // P1
      }),
    );
  return () => {
    for (const stop of watches) stop();
  };
}

function printsTo(spec: OperatorSpec, name: OutputName): boolean {
  const { params } = spec;
  return kindOf(spec).prints === true && (params.stderr === true) === (name === 'stderr');
}

function onlyPrintsTo({ operators, edges }: JobGraph, name: OutputName): boolean {
  const read = new Set(edges.map(({ from }) => from));
  return operators.every((spec) => read.has(spec.id) || printsTo(spec, name));
}

function unread(name: OutputName): OutputError {
  return new OutputError(
    'ISTHMUS_OUTPUT_CLOSED',
    `The reader of ${name} has gone, and the job has no other sink than print(); it was ended.`,
  );
}

function unwritten(name: OutputName, failure: NodeJS.ErrnoException): OutputError {
  return new OutputError(
    'ISTHMUS_OUTPUT',
    `What print() writes could not be written to ${name}: ${failure.message}. Where it goes to a file, its disk may be full.`,
    { cause: failure },
  );
}
