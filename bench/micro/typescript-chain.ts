// Records per second of TypeScript subtasks alone: no bridge, no planner. Run: node bench/micro/typescript-chain.ts [records]

import { localJob, op } from '../../test/runtime/local-job.ts';

const RECORDS = Number(process.argv[2] ?? 5_000_000);

interface Case {
  name: string;
  run(records: number): Promise<unknown>;
}

const isEven = (x: number) => (x & 1) === 0;
const next = (x: number) => x + 1;
const sequence = (records: number) =>
  op('source.sequence', undefined, { from: 0, to: records - 1 });

const CASES: Case[] = [
  {
    name: 'sequence → map → filter → function sink, one subtask',
    run: (n) =>
      localJob(
        [
          {
            chain: [
              sequence(n),
              op('map', next),
              op('filter', isEven),
              op('sink.function', () => {}),
            ],
          },
        ],
        [],
      ).run(),
  },
  {
    name: 'generator → map → filter → function sink, one subtask',
    run: (n) =>
      localJob(
        [
          {
            chain: [
              op('source.function', function* () {
                for (let i = 0; i < n; i++) yield i;
              }),
              op('map', next),
              op('filter', isEven),
              op('sink.function', () => {}),
            ],
          },
        ],
        [],
      ).run(),
  },
  {
    name: 'sequence → map | exchange | filter → function sink, two subtasks',
    run: (n) =>
      localJob(
        [
          { chain: [sequence(n), op('map', next)] },
          { chain: [op('filter', isEven), op('sink.function', () => {})] },
        ],
        [{ from: 0, to: 1 }],
      ).run(),
  },
  {
    name: '8-field objects | exchange | function sink, two subtasks',
    run: (n) =>
      localJob(
        [
          {
            chain: [
              sequence(n),
              op('map', (i: number) => ({
                i,
                a: 'x',
                b: 2,
                c: 3.5,
                d: 'y',
                e: null,
                f: true,
                g: 'zz',
              })),
            ],
          },
          { chain: [op('sink.function', () => {})] },
        ],
        [{ from: 0, to: 1 }],
      ).run(),
  },
  {
    name: 'async generator (all at hand) → map → function sink, one subtask',
    run: (n) =>
      localJob(
        [
          {
            chain: [
              op('source.function', async function* () {
                for (let i = 0; i < n; i++) yield i;
              }),
              op('map', next),
              op('sink.function', () => {}),
            ],
          },
        ],
        [],
      ).run(),
  },
];

for (const benchmark of CASES) {
  await benchmark.run(RECORDS / 10);
  const start = performance.now();
  await benchmark.run(RECORDS);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${(RECORDS / seconds / 1e6).toFixed(2).padStart(7)} M records/s  ${benchmark.name}`);
}
