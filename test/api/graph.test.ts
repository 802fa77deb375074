import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  OutputTag,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  Types,
  py,
} from '../../src/index.ts';
import { nameOf } from '../../src/graph/kinds.ts';
import type { JobGraph, OperatorSpec } from '../../src/graph/job-graph.ts';

const here = dirname(fileURLToPath(import.meta.url));

function newEnvironment(parallelism = 2) {
  return StreamExecutionEnvironment.getExecutionEnvironment({ parallelism });
}

function operator(graph: JobGraph, name: string): OperatorSpec {
  const found = graph.operators.find((spec) => spec.name === name);
  if (found === undefined) throw new Error(`no operator ${name}`);
  return found;
}

describe('the job graph', () => {
  test('has operators and edges, upstream first, with the line that made each', () => {
    const env = newEnvironment();
    env
      .fromCollection([1, 2])
      .map((x) => x + 1)
      .name('plus one')
      .keyBy((x) => x % 2)
      .reduce((a, b) => a + b)
      .uid('totals')
      .print('out');
    const graph = env.graph().jobGraph;
    expect(graph.operators.map((spec) => nameOf(spec))).toEqual([
      'source.collection',
      'map',
      'reduce',
      'sink.print',
    ]);
    expect(graph.edges.map(({ partitioner }) => partitioner.kind)).toEqual([
      'auto',
      'hash',
      'auto',
    ]);
    expect(graph.client).toBe('typescript');
    expect(operator(graph, 'plus one').location?.file).toBe(fileURLToPath(import.meta.url));
    expect(operator(graph, 'Reduce').uid).toBe('totals');
    expect(operator(graph, 'Print to Std. Out').params).toEqual({ identifier: 'out' });
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  });

  test('says folds of windows as plain data', () => {
    const env = newEnvironment();
    const keyed = env.fromCollection([{ k: 1, n: 2 }]).keyBy(({ k }) => k);
    keyed.window(SlidingEventTimeWindows.of(10, 5)).sum('n').name('sum');
    keyed.countWindow(4, 2).maxBy('n').name('maxBy');
    env.fromCollection([1]).windowAll(TumblingEventTimeWindows.of(10)).min().name('min');
    const { jobGraph: graph } = env.graph();
    const assigner = { kind: 'sliding', time: 'event', size: 10, slide: 5, offset: 0 };
    const sum = { assigner, allowedLateness: 0, how: 'fold', op: 'sum', field: 'n' };
    expect(operator(graph, 'sum').params).toEqual({ ...sum, allWindows: false });
    const count = { kind: 'count', size: 4, slide: 2 };
    expect(operator(graph, 'maxBy').params).toMatchObject({ assigner: count, op: 'max_by' });
    expect(operator(graph, 'min').params).toMatchObject({ op: 'min', field: 0, allWindows: true });
    for (const name of ['sum', 'maxBy', 'min']) {
      expect(operator(graph, name)).not.toHaveProperty('fns');
      expect(operator(graph, name).language).toBe('typescript');
    }
  });

  test('calls functions as the program does', () => {
    const env = newEnvironment();
    const stream = env.fromCollection([1]);
    const double = (x: number) => x * 2;
    class Twice {
      map = (x: number) => x * 2;
    }
    stream.map(double).name('variable');
    stream.map(double.bind(null).bind(null)).name('bound');
    stream.map(new Twice()).name('object');
    stream.map((x) => x).name('nameless');
    const { jobGraph: graph } = env.graph();
    const called = (name: string) => operator(graph, name).fns?.function?.name;
    expect(['variable', 'bound', 'object', 'nameless'].map(called)).toEqual([
      'double',
      'double',
      'Twice',
      'nameless',
    ]);
  });

  test('refers to Python functions by absolute path or module, and says their arguments', () => {
    const env = newEnvironment();
    const stream = env.fromCollection([1]);
    stream.map(py('./model.py', 'score')).name('path');
    stream.map(py(new URL('./model.py', import.meta.url), 'score')).name('url');
    stream.map(py('package.model', 'Model', { args: [1], kwargs: { deep: true } })).name('module');
    const { jobGraph: graph } = env.graph();
    const file = join(here, 'model.py');
    const common = { language: 'python', form: 'import' };
    expect(operator(graph, 'path').fns?.function).toEqual({ ...common, file, name: 'score' });
    expect(operator(graph, 'url').fns?.function).toEqual({ ...common, file, name: 'score' });
    expect(operator(graph, 'module').fns?.function).toEqual({
      ...common,
      module: 'package.model',
      name: 'Model',
      args: [1],
      kwargs: { deep: true },
    });
    expect(operator(graph, 'path').language).toBe('python');
  });

  test('leaves the language of what exists in both open', () => {
    const env = newEnvironment();
    env.fromSequence(1, 2).print();
    expect(env.graph().jobGraph.operators.map(({ language }) => language)).toEqual(['any', 'any']);
  });

  test('carries side outputs and their declared types', () => {
    const env = newEnvironment();
    const main = env.fromCollection([1]).map((x) => x);
    main.getSideOutput(new OutputTag('late', Types.DOUBLE())).print();
    const { jobGraph: graph } = env.graph();
    expect(operator(graph, 'Map').sideTypes).toEqual({ late: { kind: 'DOUBLE' } });
    expect(graph.edges.at(-1)?.sideTag).toBe('late');
  });

  test('unites several outputs in one input', () => {
    const env = newEnvironment();
    const a = env.fromCollection([1]);
    const b = env.fromCollection([2]).rebalance();
    a.union(
      b,
      a.keyBy((x) => x),
    ).map((x) => x);
    const into = env.graph().jobGraph.edges;
    expect(into.map(({ partitioner }) => partitioner.kind)).toEqual(['auto', 'rebalance', 'auto']);
    expect(new Set(into.map(({ to }) => to)).size).toBe(1);
  });

  test('takes the last of several partitionings', () => {
    const env = newEnvironment();
    env
      .fromCollection([1])
      .rebalance()
      .shuffle()
      .map((x) => x);
    expect(env.graph().jobGraph.edges[0]?.partitioner).toEqual({ kind: 'shuffle' });
  });

  test('is shown as Mermaid, as data, and as a plan for Flink', async () => {
    const env = newEnvironment();
    env.fromCollection([1]).map(py('json', 'dumps')).print();
    const graph = env.graph();
    expect(graph.toMermaid()).toContain('Python × 2');
    expect(graph.toJSON().workers).toBe(2);
    expect(JSON.parse(env.getExecutionPlan()).nodes).toHaveLength(3);
  });
});

describe('an environment', () => {
  test('refuses to run nothing, and a source that nobody reads', async () => {
    const env = newEnvironment();
    const message = 'No operators defined in streaming topology. Cannot execute.';
    await expect(env.execute()).rejects.toThrow(message);
    env.fromCollection([1]);
    await expect(env.execute()).rejects.toThrow(message);
    await expect(env.check()).rejects.toThrow(message);
  });

  test('clears the graph with every execute, also one that fails', async () => {
    const env = newEnvironment();
    env
      .fromCollection([1])
      .map((x) => x)
      .setParallelism(2)
      .forward()
      .map((x) => x)
      .setParallelism(1);
    await expect(env.execute()).rejects.toThrow('forward partitioning does not allow');
    const { operators } = await (env.fromCollection([1]).addSink(() => {}), env.execute());
    expect(operators.map(({ name }) => name)).toEqual(['Collection Source', 'Unnamed']);
  });

  test('refuses streams of another', () => {
    const [a, b] = [newEnvironment().fromCollection([1]), newEnvironment().fromCollection([2])];
    expect(() => a.union(b)).toThrow('two environments');
  });

  test('refuses a parallelism that is none', () => {
    expect(() => newEnvironment(0)).toThrow('parallelism is 0');
    const source = newEnvironment().fromCollection([1]);
    expect(() => source.setParallelism(2)).toThrow(
      'The parallelism of non parallel operator must be 1',
    );
  });

  test('refuses settings of a union, which is no operator', () => {
    const env = newEnvironment();
    const both = env.fromCollection([1]).union(env.fromCollection([2]));
    expect(() => both.name('x')).toThrow('name() is of one operator');
  });
});

test('the option pipeline.name names a job that is given none', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    config: { 'pipeline.name': 'mine' },
  });
  env.fromSequence(1, 2).print();
  expect(env.build().graph.name).toBe('mine');
  expect(env.build('yours').graph.name).toBe('yours');
});
