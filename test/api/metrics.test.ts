// Metrics that functions make, in either language, come to the job's counts: added up over subtasks.

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  type Counter,
  type Distribution,
  type Meter,
  type RuntimeContext,
  StreamExecutionEnvironment,
  py,
} from '../../src/index.ts';
import { OneInputHarness } from '../../src/testing/index.ts';

class Measured {
  #seen!: Counter;
  #rate!: Meter;
  #lengths!: Distribution;
  #longest = 0;
  #context!: RuntimeContext;
  #cache: Set<string> | undefined = new Set();

  open(context: RuntimeContext): void {
    this.#context = context;
    const group = context.getMetricGroup().addGroup('lines').addGroup('kind', 'all');
    this.#seen = group.counter('seen');
    this.#rate = group.meter('rate');
    this.#lengths = group.distribution('lengths');
    group.gauge('longest', () => this.#longest);
    group.gauge('broken', () => {
      throw new Error('nobody sees this');
    });
    group.gauge('none', () => undefined as never);
    group.gauge('cached', () => (this.#cache as Set<string>).size);
  }

  close(): void {
    this.#cache = undefined;
  }

  map(value: string): string {
    this.#seen.inc();
    // By another way the same.
    const groups = ['lines', 'kind', 'all'];
    const group = groups.reduce((of, name) => of.addGroup(name), this.#context.getMetricGroup());
    group.counter('seen').inc(2);
    this.#cache?.add(value);
    this.#rate.markEvent(2);
    this.#lengths.update(value.length);
    this.#longest = Math.max(this.#longest, value.length);
    return value;
  }
}

const file = fileURLToPath(new URL('../fixtures/python/measured.py', import.meta.url));

test.each([
  ['typescript', Measured as never],
  ['python', py<string, string>(file, 'Measured')],
])('of functions in %s', async (language, fn) => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  env.setParallelism(2);
  const words = ['a', 'bc', 'def', 'ghij'];
  const results = env.fromCollection(words).rebalance().map(fn).executeAndCollect();
  expect((await results.toArray()).toSorted()).toEqual(words);
  const found = (await results.job())
    .metrics()
    .find(({ userMetrics }) => userMetrics !== undefined);
  expect(found?.language).toBe(language);
  const {
    'lines.kind.all.rate': rate,
    'lines.kind.all.longest': longest,
    'lines.kind.all.cached': cached,
    ...others
  } = found?.userMetrics ?? {};
  expect(rate).toMatchObject({ kind: 'meter', count: 8 });
  // Which subtask has which words is the rebalance's.
  expect(longest?.kind === 'gauge' && new Set(longest.values)).toEqual(new Set([3, 4]));
  // As it was before the functions were closed.
  expect(cached).toEqual({ kind: 'gauge', values: [2, 2] });
  expect(others).toEqual({
    'lines.kind.all.seen': { kind: 'counter', count: 12 },
    'lines.kind.all.lengths': { kind: 'distribution', count: 4, sum: 10, min: 1, max: 4 },
  });
});

test('in a harness', async () => {
  await using harness = await OneInputHarness.open(Measured);
  await harness.process('a', 'bc');
  expect(harness.metrics()).toEqual({
    'lines.kind.all.seen': 6,
    'lines.kind.all.rate': 4,
    'lines.kind.all.lengths': { count: 2, sum: 3, min: 1, max: 2 },
    'lines.kind.all.longest': 2,
    'lines.kind.all.cached': 2,
  });
});
