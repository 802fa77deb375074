import { describe, expect, test } from 'vitest';
import { referredBlobs, runtimeDeployments, slotDeployment } from '../../src/graph/deploy.ts';
import { CLIENT, type ExecutionPlan } from '../../src/graph/execution-plan.ts';
import type { JobGraph } from '../../src/graph/job-graph.ts';
import { rescaleTargets } from '../../src/graph/exchanges.ts';
import { defaultMaxParallelism, planJob } from '../../src/graph/planner.ts';
import { type GraphOptions, edge, graph, hash, operator, pyKey, tsKey } from './graphs.ts';

const chains = (plan: ExecutionPlan) => plan.tasks.map((task) => task.chain.map(({ id }) => id));
const languages = (plan: ExecutionPlan) =>
  Object.fromEntries(
    plan.tasks.flatMap((task) => task.chain.map((spec) => [spec.id, spec.language] as const)),
  );

/** A source, a map and a print sink. */
function line(more: Parameters<typeof operator>[2][] = [], job: GraphOptions = {}): JobGraph {
  return graph(
    [
      operator(1, 'source.sequence', more[0]),
      operator(2, 'map', more[1]),
      operator(3, 'sink.print', more[2]),
    ],
    [edge(1, 2), edge(2, 3)],
    job,
  );
}

describe('chaining', () => {
  test.each<[string, JobGraph, number[][]]>([
    ['a line of one language is one task', line(), [[1, 2, 3]]],
    ['start_new_chain begins one', line([{}, { chaining: 'head' }]), [[1], [2, 3]]],
    ['disable_chaining stands alone', line([{}, { chaining: 'never' }]), [[1], [2], [3]]],
    ['parallelism differs', line([{}, { parallelism: 2 }, { parallelism: 2 }]), [[1], [2, 3]]],
    ['language differs', line([{}, { language: 'typescript' }]), [[1], [2], [3]]],
    ['max parallelism differs', line([{}, { maxParallelism: 64 }]), [[1], [2], [3]]],
    [
      'chaining is off',
      line([], { config: { 'pipeline.operator-chaining.enabled': 'false' } }),
      [[1], [2], [3]],
    ],
    [
      'chaining is off for Python alone',
      graph(
        [
          operator(1, 'source.sequence', { language: 'typescript' }),
          operator(2, 'map', { language: 'typescript' }),
          operator(3, 'map'),
          operator(4, 'sink.print'),
        ],
        [edge(1, 2), edge(2, 3), edge(3, 4)],
        { config: { 'python.operator-chaining.enabled': 'false' } },
      ),
      [[1, 2], [3], [4]],
    ],
    [
      'two consumers of one output',
      graph(
        [operator(1, 'source.sequence'), operator(2, 'map'), operator(3, 'map')],
        [edge(1, 2), edge(1, 3)],
      ),
      [[1], [2], [3]],
    ],
    [
      'a side output leaves in mid-chain',
      graph(
        [
          operator(1, 'source.sequence'),
          operator(2, 'process'),
          operator(3, 'map'),
          operator(4, 'map'),
        ],
        [edge(1, 2), edge(2, 3), edge(2, 4, 'auto', { sideTag: 'late' })],
      ),
      [[1, 2, 3], [4]],
    ],
    [
      'a union has several input edges',
      graph(
        [operator(1, 'source.sequence'), operator(2, 'source.sequence'), operator(3, 'map')],
        [edge(1, 3), edge(2, 3)],
      ),
      [[1], [2], [3]],
    ],
    [
      'a stream united with itself',
      graph([operator(1, 'source.sequence'), operator(2, 'map')], [edge(1, 2), edge(1, 2)]),
      [[1], [2]],
    ],
    [
      'a keyed exchange, also at parallelism 1',
      graph(
        [operator(1, 'source.sequence'), operator(2, 'reduce'), operator(3, 'sink.print')],
        [edge(1, 2, hash(pyKey)), edge(2, 3)],
      ),
      [[1], [2, 3]],
    ],
    [
      'an explicit rebalance between equals',
      graph([operator(1, 'source.sequence'), operator(2, 'map')], [edge(1, 2, 'rebalance')]),
      [[1], [2]],
    ],
  ])('%s', (_name, job, expected) => {
    expect(chains(planJob(job))).toEqual(expected);
  });

  test('tasks are listed upstream first, however the graph lists operators', () => {
    const { operators, edges } = line([{}, { chaining: 'head' }]);
    const plan = planJob(graph(operators.toReversed(), edges));
    expect(chains(plan)).toEqual([[1], [2, 3]]);
  });
});

describe('languages', () => {
  const any = { language: 'any' } as const;
  test.each<[string, JobGraph, Record<number, string>]>([
    [
      'sources follow consumers, sinks producers',
      line([any, {}, any]),
      { 1: 'python', 2: 'python', 3: 'python' },
    ],
    [
      'also in TypeScript',
      line([any, { language: 'typescript' }, any]),
      { 1: 'typescript', 2: 'typescript', 3: 'typescript' },
    ],
    [
      'nothing but any follows the client',
      line([any, any, any], { client: 'typescript' }),
      { 1: 'typescript', 2: 'typescript', 3: 'typescript' },
    ],
    [
      'the first consumer decides',
      graph(
        [
          operator(1, 'source.sequence', any),
          operator(2, 'map', { language: 'typescript' }),
          operator(3, 'map'),
        ],
        [edge(1, 2), edge(1, 3)],
      ),
      { 1: 'typescript', 2: 'typescript', 3: 'python' },
    ],
    [
      'a key selector on the way decides',
      graph(
        [operator(1, 'source.sequence', any), operator(2, 'reduce', { language: 'typescript' })],
        [edge(1, 2, hash(pyKey))],
      ),
      { 1: 'python', 2: 'typescript' },
    ],
  ])('%s', (_name, job, expected) => {
    expect(languages(planJob(job))).toEqual(expected);
  });

  test('a key selector of the other language gets an identity that sends', () => {
    const job = graph(
      [
        operator(1, 'source.sequence', { parallelism: 2 }),
        operator(2, 'reduce', { language: 'typescript', parallelism: 3 }),
      ],
      [edge(1, 2, hash(tsKey))],
    );
    const plan = planJob(job);
    expect(
      plan.tasks.map(({ name, language, parallelism }) => [name, language, parallelism]),
    ).toEqual([
      ['Source: source.sequence-1', 'python', 2],
      ['Key Selector', 'typescript', 2],
      ['reduce-2', 'typescript', 3],
    ]);
    expect(plan.exchanges.map(({ partitioner }) => partitioner.kind)).toEqual(['forward', 'hash']);
    expect(plan.tasks[1]?.chain[0]?.fns).toBeUndefined();
    expect(plan.tasks[2]?.keyedInputs).toEqual([true, false]);
  });

  test('a keyed exchange from TypeScript to Python needs no identity', () => {
    const job = graph(
      [operator(1, 'source.sequence', { language: 'typescript' }), operator(2, 'reduce')],
      [edge(1, 2, hash(tsKey))],
    );
    expect(chains(planJob(job))).toEqual([[1], [2]]);
  });
});

describe('exchanges', () => {
  const codecs = (job: JobGraph) =>
    planJob(job).exchanges.map((exchange) =>
      exchange.channels.map((targets) =>
        targets.map(({ codec, toSubtask }) => `${toSubtask}:${codec}`),
      ),
    );
  const keyed = (from: 'python' | 'typescript', to: 'python' | 'typescript', config = {}) =>
    graph(
      [operator(1, 'source.sequence', { language: from }), operator(2, 'reduce', { language: to })],
      [edge(1, 2, hash(from === 'python' ? pyKey : tsKey))],
      { parallelism: 2, config },
    );

  test.each<[string, JobGraph, string[][][]]>([
    [
      'Python stays local in its slot',
      keyed('python', 'python'),
      [
        [
          ['0:local', '1:pickle'],
          ['0:pickle', '1:local'],
        ],
      ],
    ],
    [
      'unless every channel goes through the runtime',
      keyed('python', 'python', { 'isthmus.channels': 'always' }),
      [
        [
          ['0:pickle', '1:pickle'],
          ['0:pickle', '1:pickle'],
        ],
      ],
    ],
    [
      'TypeScript is all in one process',
      keyed('typescript', 'typescript'),
      [
        [
          ['0:local', '1:local'],
          ['0:local', '1:local'],
        ],
      ],
    ],
    [
      'between the languages it is msgpack',
      keyed('python', 'typescript'),
      [
        [
          ['0:msgpack', '1:msgpack'],
          ['0:msgpack', '1:msgpack'],
        ],
      ],
    ],
  ])('%s', (_name, job, expected) => {
    expect(codecs(job)).toEqual(expected);
  });

  test.each([
    ['python', 'python', 'pickle'],
    ['python', 'typescript', 'msgpack'],
    ['typescript', 'python', 'msgpack'],
    ['typescript', 'typescript', 'local'],
  ] as const)('a %s sink for a %s client sends %s', (language, client, codec) => {
    const type = { kind: 'INT' } as const;
    const job = graph(
      [
        operator(1, 'source.sequence', { language, outputType: type }),
        operator(2, 'sink.collect', { language }),
      ],
      [edge(1, 2)],
      { client, parallelism: 2 },
    );
    const [exchange] = planJob(job).exchanges;
    expect(exchange).toMatchObject({ toTask: CLIENT, fromOperator: 1, type });
    expect(exchange?.channels.map((targets) => targets.map((target) => target.codec))).toEqual([
      [codec],
      [codec],
    ]);
  });

  test('channel ids are unique', () => {
    const ids = planJob(keyed('python', 'python')).exchanges.flatMap((exchange) =>
      exchange.channels.flat().map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(4);
  });

  test.each([
    [1, 2, [[0, 1]]],
    [
      2,
      4,
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [2, 3, [[0, 1], [2]]],
    [4, 2, [[0], [0], [1], [1]]],
    [3, 2, [[0], [1], [1]]],
    [2, 2, [[0], [1]]],
  ])('rescale of %i to %i', (senders, receivers, expected) => {
    const targets = Array.from({ length: senders }, (_, i) =>
      rescaleTargets(i, senders, receivers),
    );
    expect(targets).toEqual(expected);
  });

  test('rescale reaches every receiver from some sender, and every sender has a receiver', () => {
    for (let senders = 1; senders <= 9; senders++) {
      for (let receivers = 1; receivers <= 9; receivers++) {
        const targets = Array.from({ length: senders }, (_, i) =>
          rescaleTargets(i, senders, receivers),
        );
        expect(new Set(targets.flat()).size).toBe(receivers);
        expect(targets.every((some) => some.length > 0)).toBe(true);
      }
    }
  });
});

describe('sizes, mode, uids', () => {
  test.each([
    [1, 128],
    [85, 128],
    [86, 256],
    [200, 512],
    [30_000, 32_768],
  ])('max parallelism of %i is %i', (parallelism, expected) => {
    expect(defaultMaxParallelism(parallelism)).toBe(expected);
  });

  test('what must not be parallel is not', () => {
    const plan = planJob(line([{ nonParallel: true }], { parallelism: 3 }));
    expect(plan.tasks.map(({ parallelism }) => parallelism)).toEqual([1, 3]);
    expect(plan.exchanges[0]?.partitioner.kind).toBe('rebalance');
    expect(plan.slots).toBe(3);
  });

  test.each([
    [[{}], 'BATCH'],
    [[{ kind: 'source', connector: 'function' }], 'STREAMING'],
    [[{ kind: 'source', connector: 'function', params: { bounded: true } }], 'BATCH'],
    [[{ kind: 'source', connector: 'lines', params: { paths: [], monitorMs: 10 } }], 'STREAMING'],
    [[{ kind: 'source', connector: 'lines', params: { paths: [] } }], 'BATCH'],
  ] as const)('AUTOMATIC with %j is %s', (more, mode) => {
    expect(planJob(line(more as never, { runtimeMode: 'AUTOMATIC' })).mode).toBe(mode);
  });

  test('uids are kept, made, stable and unique', () => {
    const twins = graph(
      [
        operator(1, 'source.sequence'),
        operator(2, 'map', { uid: 'mine' }),
        operator(3, 'map'),
        operator(4, 'map'),
      ],
      [edge(1, 2), edge(1, 3), edge(1, 4)],
    );
    const uids = (job: JobGraph) =>
      planJob(job).tasks.flatMap(({ chain }) => chain.map(({ uid }) => uid));
    const made = uids(twins);
    expect(made[1]).toBe('mine');
    expect(new Set(made).size).toBe(4);
    expect(uids({ ...twins, parallelism: 4 })).toEqual(made);
  });
});

describe('deployments', () => {
  const job = graph(
    [
      operator(1, 'source.collection', {
        nonParallel: true,
        fns: { elements: { ...pyKey, blob: 3 } as typeof pyKey },
      }),
      operator(2, 'reduce', { fns: { function: { ...pyKey, blob: 2 } as typeof pyKey } }),
      operator(3, 'map', { language: 'typescript' }),
    ],
    [edge(1, 2, hash({ ...pyKey, blob: 1 } as typeof pyKey)), edge(2, 3)],
    { parallelism: 2, python: { mainBundles: [0] } },
  );
  const attempt = { job: 'ab', attempt: 1 };

  test('a slot is told of its subtasks and of the blobs they need', () => {
    const plan = planJob(job);
    const slots = [0, 1].map((slot) => slotDeployment(plan, slot, attempt));
    expect(slots.map(({ tasks }) => tasks.map(({ task }) => task))).toEqual([[0, 1], [1]]);
    expect(slots.map(referredBlobs)).toEqual([
      [0, 1, 2, 3],
      [0, 2],
    ]);
    expect(slots[1]).toMatchObject({ slot: 1, attempt: 1, mode: 'STREAMING', jobName: 'job' });
    const reduce = slots[1]?.tasks[0];
    expect(reduce).toMatchObject({ subtask: 1, parallelism: 2, keyedInputs: [true, false] });
    expect(reduce?.inputs).toEqual([
      { channel: 2, input: 0, codec: 'pickle', keyed: true, local: false },
    ]);
    expect(reduce?.outputs[0]).toMatchObject({
      receivers: 2,
      maxParallelism: 128,
      fromOperator: 0,
    });
    expect(reduce?.outputs[0]?.channels).toEqual([
      { channel: 4, receiver: 1, codec: 'msgpack', local: false },
    ]);
  });

  test('the runtime has the subtasks of TypeScript tasks', () => {
    const deployments = runtimeDeployments(planJob(job));
    expect(deployments.map(({ task, subtask }) => [task, subtask])).toEqual([
      [2, 0],
      [2, 1],
    ]);
  });

  test('a plan survives JSON', () => {
    const deployment = slotDeployment(planJob(job), 0, attempt);
    expect(JSON.parse(JSON.stringify(deployment))).toEqual(deployment);
  });
});
