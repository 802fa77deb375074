import { expect, test } from 'vitest';
import { GraphError } from '../../src/errors.ts';
import type { JobGraph } from '../../src/graph/job-graph.ts';
import { planJob } from '../../src/graph/planner.ts';
import { edge, graph, hash, operator, pyKey, tsKey } from './graphs.ts';

const source = operator(1, 'source.sequence');
const location = { file: 'job.py', line: 7 };

test.each<[string, JobGraph, string]>([
  ['nothing', graph([], []), 'No operators defined in streaming topology. Cannot execute.'],
  [
    'a cycle',
    graph([source, operator(2, 'map'), operator(3, 'map')], [edge(1, 2), edge(2, 3), edge(3, 2)]),
    'Operator "map-2" reads, over others, from its own output',
  ],
  [
    'no input',
    graph([operator(2, 'map', { location })], []),
    'Operator "map-2" (job.py:7) has no input;',
  ],
  [
    'no second input',
    graph([source, operator(2, 'co_map')], [edge(1, 2)]),
    'Operator "co_map-2" has no second input;',
  ],
  [
    'one input too many',
    graph([source, operator(2, 'map')], [edge(1, 2), edge(1, 2, 'auto', { input: 1 })]),
    'has one input, but operator "source.sequence-1" leads into a second; connect()',
  ],
  [
    'input of a source',
    graph([source, operator(2, 'source.sequence')], [edge(1, 2)]),
    'is a source and takes no input',
  ],
  [
    'keyed operator, stream not keyed',
    graph([source, operator(2, 'reduce', { location })], [edge(1, 2)]),
    'Operator "reduce-2" (job.py:7) works on keyed streams; key the stream with key_by() before it.',
  ],
  [
    'join with one side keyed',
    graph(
      [source, operator(2, 'interval_join')],
      [edge(1, 2, hash(pyKey)), edge(1, 2, 'auto', { input: 1 })],
    ),
    'key both streams with key_by() before it.',
  ],
  [
    'co-process with one side keyed',
    graph(
      [source, operator(2, 'co_process')],
      [edge(1, 2, hash(pyKey)), edge(1, 2, 'auto', { input: 1 })],
    ),
    'has one keyed input and one that is not',
  ],
  [
    'keyed and other streams united',
    graph([source, operator(2, 'process')], [edge(1, 2, hash(pyKey)), edge(1, 2)]),
    'unites keyed and other streams',
  ],
  [
    'broadcast process without broadcast',
    graph(
      [source, operator(2, 'broadcast_process')],
      [edge(1, 2), edge(1, 2, 'auto', { input: 1 })],
    ),
    'needs a broadcast stream as its second input',
  ],
  [
    'parallelism 0',
    graph([operator(1, 'source.sequence', { parallelism: 0 })], []),
    'has parallelism 0; set it to a whole number from 1 to 32768.',
  ],
  [
    'parallelism above its maximum',
    graph([operator(1, 'source.sequence', { parallelism: 9, maxParallelism: 8 })], []),
    'has parallelism 9, more than its max parallelism of 8; lower the one or raise the other.',
  ],
  [
    'max parallelism out of range',
    graph([source], [], { maxParallelism: 40_000 }),
    'from 1 to 32768',
  ],
  [
    'parallel where it cannot be',
    graph([operator(1, 'source.collection', { nonParallel: true, parallelism: 2 })], []),
    'cannot run in parallel, but has parallelism 2',
  ],
  [
    'the same uid twice',
    graph(
      [operator(1, 'source.sequence', { uid: 'a' }), operator(2, 'source.sequence', { uid: 'a' })],
      [],
    ),
    'has the uid "a" of operator "source.sequence-1"',
  ],
  [
    'forward with unequal parallelism',
    graph([source, operator(2, 'map', { parallelism: 2 })], [edge(1, 2, 'forward')]),
    'forward partitioning does not allow a change of parallelism',
  ],
  [
    'an unknown kind',
    graph([operator(1, 'source.sequenz' as never)], []),
    'is a source of the unknown connector "sequenz". Did you mean "sequence"?',
  ],
  [
    'a source without a connector',
    graph([{ ...operator(1, 'source.sequence'), connector: undefined as never }], []),
    'is a source without a connector; name one of Isthmus (collection, sequence,',
  ],
  [
    'a connector of what has none',
    graph([source, { ...operator(2, 'map'), connector: 'lines' }], [edge(1, 2)]),
    'is no source and no sink; it has no connector',
  ],
  [
    'an edge to nowhere',
    graph([source], [edge(1, 9)]),
    'Operator "source.sequence-1" is connected to operator 9, which is not in the job',
  ],
  [
    'reading from a sink',
    graph([source, operator(2, 'sink.print'), operator(3, 'map')], [edge(1, 2), edge(2, 3)]),
    'reads from the sink "sink.print-2"',
  ],
  [
    'a function of the wrong language',
    graph([source, operator(2, 'map', { fns: { function: tsKey } })], [edge(1, 2)]),
    'runs in python, but its function "key" is typescript',
  ],
  [
    'a custom partitioner in two languages',
    graph(
      [source, operator(2, 'map')],
      [edge(1, 2, { kind: 'custom', key: pyKey, partition: tsKey })],
    ),
    'write both in one language',
  ],
  ['the same id twice', graph([source, source], []), 'has the id 1 of another operator'],
])('%s', (_name, job, message) => {
  let thrown: unknown;
  try {
    planJob(job);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(GraphError);
  expect((thrown as GraphError).message).toContain(message);
});
