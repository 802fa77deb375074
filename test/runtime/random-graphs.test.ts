// Random graphs of subtasks with tiny credits: all end, nothing is lost or doubled, channels keep their order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EdgePlan, type StageSpec, localJob, op } from './local-job.ts';

interface Traced {
  source: number;
  n: number;
  path: string;
}

const KINDS = ['rebalance', 'shuffle', 'hash', 'global', 'custom', 'broadcast'] as const;

interface RandomGraph {
  stages: {
    parallelism: number;
    fanOut: number;
    asynchronous: boolean;
    parents: number[];
    kinds: number[];
  }[];
  records: number;
  windowBytes: number;
  batchRecords: number;
  seed: number;
}

const graph: fc.Arbitrary<RandomGraph> = fc.record({
  stages: fc.array(
    fc.record({
      parallelism: fc.integer({ min: 1, max: 3 }),
      fanOut: fc.integer({ min: 0, max: 3 }),
      asynchronous: fc.boolean(),
      parents: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
      kinds: fc.array(fc.nat({ max: KINDS.length - 1 }), { minLength: 2, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  records: fc.integer({ min: 0, max: 40 }),
  windowBytes: fc.constantFrom(1, 20, 200, 100_000),
  batchRecords: fc.constantFrom(1, 2, 5, 1024),
  seed: fc.integer(),
});

/** How many records a stage puts out for each record of the source, if each way is walked in full. */
function copiesOf(spec: RandomGraph): number[] {
  const copies = [1];
  for (const [index, stage] of spec.stages.entries()) {
    let into = 0;
    for (const [i, parent] of stage.parents.entries()) {
      const kind = KINDS[stage.kinds[i] as number];
      into +=
        (copies[parent % (index + 1)] as number) * (kind === 'broadcast' ? stage.parallelism : 1);
    }
    copies.push(into * stage.fanOut);
  }
  return copies;
}

test('every graph ends with every record exactly where it belongs', async () => {
  await fc.assert(
    fc.asyncProperty(graph, async (spec) => {
      const arrived: { stage: number; subtask: number; record: Traced }[] = [];
      const source = {
        chain: [
          op(
            'source.collection',
            Array.from({ length: spec.records }, (_, n) => ({ source: 0, n, path: '0' })),
          ),
        ],
        parallelism: 2,
      };
      const stages: StageSpec[] = [source];
      const edges: EdgePlan[] = [];
      for (const [index, stage] of spec.stages.entries()) {
        const number = index + 1;
        const expand = (record: Traced): Traced[] =>
          Array.from({ length: stage.fanOut }, (_, i) => ({
            ...record,
            path: `${record.path}>${number}.${i}`,
          }));
        const flat = stage.asynchronous
          ? async function* (record: Traced) {
              for (const result of expand(record)) {
                await new Promise((resolve) => setImmediate(resolve));
                yield result;
              }
            }
          : expand;
        const note = (record: Traced): Traced => {
          arrived.push({ stage: number, subtask: 0, record });
          return record;
        };
        stages.push({
          chain: [op('flat_map', flat), op('map', note)],
          parallelism: stage.parallelism,
        });
        for (const [i, parent] of stage.parents.entries()) {
          edges.push({
            from: parent % number,
            to: number,
            kind: KINDS[stage.kinds[i] as number] as EdgePlan['kind'] & string,
            key: (record: Traced) => record.n % 5,
            partition: (key: number, count: number) => key % count,
          });
        }
      }
      let state = spec.seed >>> 0;
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      const job = localJob(stages, edges, {
        limits: { windowBytes: spec.windowBytes, maxBatchRecords: spec.batchRecords },
        random,
        record: true,
      });
      const expected = copiesOf(spec);
      fc.pre(Math.max(...expected) <= 60); // More is not worth the time.
      await job.run();
      for (const index of spec.stages.keys()) {
        const stage = index + 1;
        const here = arrived.filter((arrival) => arrival.stage === stage);
        expect(here).toHaveLength(spec.records * (expected[stage] as number));
        const perRecord = new Map<number, number>();
        for (const { record } of here) perRecord.set(record.n, (perRecord.get(record.n) ?? 0) + 1);
        for (const count of perRecord.values()) expect(count).toBe(expected[stage]);
      }
      for (const elements of job.traffic.values()) {
        // Of records that came the same way, the order is that of the source's subtask.
        const last = new Map<string, number>();
        for (const element of elements) {
          if (element.kind !== 'batch') continue;
          for (const value of element.values as Traced[]) {
            if (value.path !== '0') continue;
            const way = value.n < Math.ceil(spec.records / 2) ? 'first' : 'second';
            expect(value.n).toBeGreaterThan(last.get(way) ?? -1);
            last.set(way, value.n);
          }
        }
        expect(elements.at(-1)).toEqual({ kind: 'end' });
        expect(elements.filter((element) => element.kind === 'end')).toHaveLength(1);
      }
    }),
    { numRuns: 150, interruptAfterTimeLimit: 40_000 },
  );
}, 60_000);
