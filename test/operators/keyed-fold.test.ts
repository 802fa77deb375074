import { expect, test } from 'vitest';
import { StreamExecutionEnvironment } from '../../src/index.ts';

type Counted = { n: number };

const counted = () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
  return env.fromCollection<Counted>([{ n: 1 }, { n: 2 }, { n: 3 }]).keyBy(() => 'all');
};

test('operators behind a running result change their record, and not the result', async () => {
  const tenfold = (record: Counted) => {
    record.n *= 10;
    return record;
  };
  const reduced = counted().reduce((a, b) => ({ n: a.n + b.n }));
  expect(await reduced.map(tenfold).executeAndCollect().toArray()).toEqual([
    { n: 10 },
    { n: 30 },
    { n: 60 },
  ]);
  const greatest = counted().maxBy('n').map(tenfold);
  expect(await greatest.executeAndCollect().toArray()).toEqual([{ n: 10 }, { n: 20 }, { n: 30 }]);
});

test('a function that changes its first argument changes nothing that was emitted', async () => {
  const seen: Counted[] = [];
  const reduced = counted().reduce((a, b) => {
    a.n += b.n;
    return a;
  });
  reduced.addSink((record) => void seen.push(record));
  await reduced.environment.execute();
  expect(seen).toEqual([{ n: 1 }, { n: 3 }, { n: 6 }]);
});
