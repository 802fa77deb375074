import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describePlan, flinkPlan, toMermaid } from '../../src/graph/explain.ts';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';
import { toSvg } from '../../src/graph/svg.ts';
import { settingsText } from '../../src/graph/settings-text.ts';
import { planJob } from '../../src/graph/planner.ts';
import { edge, graph, hash, operator } from './graphs.ts';

const plan = planJob(
  graph(
    [
      operator(1, 'source.sequence', { name: 'numbers', nonParallel: true }),
      operator(2, 'map', { name: 'say "<a>"', language: 'typescript' }),
      operator(3, 'reduce', { name: 'add', location: { file: 'job.py', line: 3 } }),
      operator(4, 'sink.collect', { name: 'collect' }),
      operator(5, 'map', { name: 'late' }),
    ],
    [
      edge(1, 2),
      edge(2, 3, hash({ language: 'typescript', form: 'closure', id: 0, name: 'key' })),
      edge(3, 4),
      edge(3, 5, 'broadcast', { sideTag: 'late' }),
    ],
    { parallelism: 2 },
  ),
);

test('Flink’s plan', () => {
  const second = (id: number, strategy: string) => [
    { id, ship_strategy: strategy, side: 'second' },
  ];
  expect(flinkPlan(plan)).toEqual({
    nodes: [
      {
        id: 1,
        type: 'Source: numbers',
        pact: 'Data Source',
        contents: 'Source: numbers',
        parallelism: 1,
      },
      {
        id: 2,
        type: 'say "<a>"',
        pact: 'Operator',
        contents: 'say "<a>"',
        parallelism: 2,
        predecessors: second(1, 'REBALANCE'),
      },
      {
        id: 3,
        type: 'add',
        pact: 'Operator',
        contents: 'add',
        parallelism: 2,
        predecessors: second(2, 'HASH'),
      },
      {
        id: 4,
        type: 'Sink: collect',
        pact: 'Data Sink',
        contents: 'Sink: collect',
        parallelism: 2,
        predecessors: second(3, 'FORWARD'),
      },
      {
        id: 5,
        type: 'late',
        pact: 'Operator',
        contents: 'late',
        parallelism: 2,
        predecessors: second(3, 'BROADCAST'),
      },
    ],
  });
});

test('the plan as plain data', () => {
  const description = describePlan(plan);
  expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  expect(description.workers).toBe(2);
  expect(description.tasks.map(({ name, language }) => [name, language])).toEqual([
    ['Source: numbers', 'python'],
    ['say "<a>"', 'typescript'],
    ['add -> Sink: collect', 'python'],
    ['late', 'python'],
  ]);
  expect(description.tasks[2]?.operators[0]?.location).toBe('job.py:3');
  expect(description.exchanges).toEqual([
    { from: 0, to: 1, input: 0, partitioner: 'rebalance', codecs: ['msgpack'] },
    { from: 1, to: 2, input: 0, partitioner: 'hash', key: 'key', codecs: ['msgpack'] },
    {
      from: 2,
      to: 3,
      input: 0,
      partitioner: 'broadcast',
      sideOutput: 'late',
      codecs: ['local', 'pickle'],
    },
    { from: 2, input: 0, partitioner: 'forward', codecs: ['pickle'] },
  ]);
});

test('Mermaid', () => {
  expect(toMermaid(plan).split('\n').slice(0, 22)).toEqual([
    'flowchart LR',
    '  subgraph task0["Python × 1"]',
    '    direction LR',
    '    op1(["Source: numbers"])',
    '  end',
    '  class task0 python',
    '  subgraph task1["TypeScript × 2"]',
    '    direction LR',
    '    op2["say &quot;&lt;a&gt;&quot;"]',
    '  end',
    '  class task1 typescript',
    '  subgraph task2["Python × 2"]',
    '    direction LR',
    '    op3["add"]',
    '    op4[["Sink: collect"]]',
    '    op3 --> op4',
    '  end',
    '  class task2 python',
    '  subgraph task3["Python × 2"]',
    '    direction LR',
    '    op5["late"]',
    '  end',
  ]);
  expect(toMermaid(plan)).toContain('  op2 -- "key by" --> op3\n');
  expect(toMermaid(plan)).toContain('  op3 -- "broadcast, side output late" --> op5\n');
  expect(toMermaid(plan)).toContain('  op4 -- "forward" --> client\n');
});

test('characters that control a terminal, and that XML has not, stay out of pictures', async () => {
  const name = 'a\u001b[31mb\r\u0000c\u009bd\ufffee\ud800';
  const odd = planJob(
    graph([operator(1, 'source.sequence', { name }), operator(2, 'sink.print')], [edge(1, 2)]),
  );
  const { toSvg } = await import('../../src/graph/svg.ts');
  for (const picture of [toMermaid(odd), toSvg(describePlan(odd))]) {
    // oxlint-disable-next-line no-control-regex
    expect(picture).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufffe\uffff]/);
    expect(picture).toContain('[31mb');
  }
  expect(toSvg(describePlan(odd)).isWellFormed()).toBe(true);
});

test('what an operator does besides calling functions is seen', () => {
  const ref = { language: 'python', form: 'pickle', blob: 0 } as const;
  const params = {
    assigner: { kind: 'sliding', time: 'event', size: 60_000, slide: 1_500, offset: 0 },
    trigger: { kind: 'purging', trigger: { kind: 'count', count: 3 } },
    allowedLateness: 5_000,
    how: 'reduce',
  };
  const fns = { function: { ...ref, part: 'function', name: 'Totals.reduce' } };
  const windowed = planJob(
    graph(
      [
        operator(1, 'source.sequence'),
        operator(2, 'window', { name: 'SlidingEventTimeWindows', params, fns }),
        operator(3, 'sink.print'),
      ],
      [edge(1, 2, hash({ ...ref, name: 'key' })), edge(2, 3)],
    ),
  );
  const settings =
    '1 min every 1500 ms of event time, fired every 3 records and emptied, late by 5 s, reduce';
  const [, described] = describePlan(windowed).tasks.flatMap(({ operators }) => operators);
  expect(described).toMatchObject({
    settings,
    params,
    functions: { function: 'Totals.reduce' },
  });
  expect(toMermaid(windowed)).toContain(`["SlidingEventTimeWindows<br/>${settings}"]`);
  expect(toSvg(describePlan(windowed))).toContain(`>${settings}<`);
});

const { cases } = JSON.parse(
  readFileSync(new URL('../vectors/settings-text.json', import.meta.url), 'utf8'),
) as { cases: [params: OperatorSpec['params'], words: string | null][] };

test.each(cases)('%j in words', (params, words) => {
  expect(settingsText({ params }) ?? null).toBe(words);
});
