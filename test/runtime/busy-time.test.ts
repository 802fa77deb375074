// Busy time is that of each operator of a chain, be it with a record, when a window fires, or as a source is read.

import { expect, test } from 'vitest';
import { type KeyedProcessContext, StreamExecutionEnvironment } from '../../src/index.ts';

function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

class Timer {
  processElement(_n: number, ctx: KeyedProcessContext<number>): undefined {
    ctx.timerService().registerEventTimeTimer(5);
  }

  *onTimer(time: number): Generator<number> {
    work(50);
    for (let i = 0; i < 100; i++) yield time;
  }
}

async function busy(
  build: (env: StreamExecutionEnvironment) => unknown,
): Promise<Map<string, number>> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
  build(env);
  const { operators } = await env.execute();
  return new Map(operators.map(({ name, busyMs }) => [name, busyMs]));
}

test('of a chain, what each of its functions takes', async () => {
  const times = await busy((env) =>
    env
      .fromCollection(Array.from({ length: 20 }, (_, n) => n))
      .map((n) => n)
      .name('quick')
      .map((n) => (work(10), n))
      .name('slow')
      .addSink(() => work(5)),
  );
  expect(times.get('slow')).toBeGreaterThan(180);
  expect(times.get('slow')).toBeLessThan(0.8 * [...times.values()].reduce((a, b) => a + b));
  expect(times.get('quick')).toBeLessThan(0.2 * (times.get('slow') as number));
});

test('of what fires without a record, the operator and what is behind it', async () => {
  const times = await busy((env) =>
    env
      .fromCollection([1, 2, 3])
      .keyBy((n) => n)
      .process(new Timer())
      .name('timer')
      .map((n) => (work(2), n))
      .name('behind')
      .addSink(() => {}),
  );
  expect(times.get('timer')).toBeGreaterThan(140);
  expect(times.get('timer')).toBeLessThan(400);
  expect(times.get('behind')).toBeGreaterThan(500);
});

test('of a source, what it takes to give records', async () => {
  const times = await busy((env) =>
    env
      .fromIterable(
        (function* () {
          for (let n = 0; n < 20; n++) {
            work(10);
            yield n;
          }
        })(),
      )
      .name('source')
      .map((n) => n)
      .name('quick')
      .addSink(() => {}),
  );
  expect(times.get('source')).toBeGreaterThan(180);
  expect(times.get('quick')).toBeLessThan(50);
});
