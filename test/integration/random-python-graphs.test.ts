// Random graphs of Python tasks over several slots, with credits so small that every sender waits all the time: all end, and
// nothing is lost. Slots form cycles (slot 0 sends to slot 1 and back), so a sender that blocked would block them all.

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import type { EdgeSpec, OperatorSpec, PartitionerSpec } from '../../src/graph/job-graph.ts';
import { builtIn } from '../../src/built-in.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import { JobExecution } from '../../src/runtime/job-execution.ts';
import { packageDir, udf } from '../fixtures/python-jobs.ts';
import { edge, graph, hash, operator } from '../graph/graphs.ts';

const RECORDS = 20_000;
const pool = new WorkerPool({
  packageDir,
  output: {
    printed: () => {},
    said: () => {},
    stderr: (chunk) => void process.stderr.write(chunk),
  },
});
afterAll(() => pool.close());

const partitioner = fc.constantFrom<PartitionerSpec>(
  { kind: 'auto' },
  { kind: 'rebalance' },
  { kind: 'rescale' },
  { kind: 'shuffle' },
  { kind: 'global' },
  hash(udf('last_digit')),
);

/** Layers of identities; each reads from one or two of the layer before. */
const layers = fc.array(
  fc.array(
    fc.record({
      parallelism: fc.integer({ min: 1, max: 3 }),
      inputs: fc.array(fc.record({ from: fc.nat(9), partitioner }), { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  { minLength: 1, maxLength: 4 },
);

test('random graphs with tiny credits end with all records', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(layers, fc.boolean(), async (shape, always) => {
      const operators: OperatorSpec[] = [
        operator(1, 'source.sequence', { params: { from: 1, to: RECORDS }, parallelism: 2 }),
      ];
      const edges: EdgeSpec[] = [];
      const weight = new Map([[1, RECORDS]]);
      let before = [1];
      for (const layer of shape) {
        const ids: number[] = [];
        for (const { parallelism, inputs } of layer) {
          const id = operators.length + 1;
          operators.push(operator(id, 'map', { parallelism }));
          // Streams of one input are keyed all or none.
          const keyed = inputs[0]?.partitioner.kind === 'hash';
          let records = 0;
          for (const { from, partitioner: said } of inputs) {
            const source = before[from % before.length] as number;
            const fits = (said.kind === 'hash') === keyed;
            edges.push(edge(source, id, fits ? said : (inputs[0]?.partitioner as PartitionerSpec)));
            records += weight.get(source) as number;
          }
          weight.set(id, records);
          ids.push(id);
        }
        before = ids;
      }
      const config = {
        'isthmus.channel.window-bytes': '64',
        'isthmus.channels': always ? 'always' : 'auto',
      };
      const job = graph(operators, edges, { client: 'typescript', parallelism: 3, config });
      const execution = JobExecution.start(
        { graph: job, blobs: [], functions: [] },
        { pool, machine: systemMachine, makers: () => builtIn },
      );
      const { metrics } = await execution.result;
      for (const { id, in: records } of metrics) if (id > 1) expect(records).toBe(weight.get(id));
    }),
    { numRuns: 40 },
  );
});
