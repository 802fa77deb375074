// State in rich functions of every kind goes into snapshots and comes back.

import { expect, test } from 'vitest';
import { type RuntimeContext, type ValueState, ValueStateDescriptor } from '../../src/index.ts';
import { OneInputHarness } from '../../src/testing/index.ts';

class Counting {
  count!: ValueState<number>;

  open(context: RuntimeContext) {
    this.count = context.getState(new ValueStateDescriptor<number>('count'));
  }

  next(): number {
    const count = (this.count.value() ?? 0) + 1;
    this.count.update(count);
    return count;
  }
}

class Mapped extends Counting {
  map(value: string): string {
    return `${value} ${this.next()}`;
  }
}

class Repeated extends Counting {
  flatMap(value: string): string[] {
    return Array.from({ length: this.next() }, () => value);
  }
}

class Distinct extends Counting {
  filter(): boolean {
    return this.next() === 1;
  }
}

class Processed extends Counting {
  processElement(value: string): string[] {
    return [`${value} ${this.next()}`];
  }
}

const byItself = { keyBy: (value: string) => value };

test.each([
  ['map', Mapped, ['a 1', 'b 1', 'a 2'], ['a 3', 'c 1']],
  ['flatMap', Repeated, ['a', 'b', 'a', 'a'], ['a', 'a', 'a', 'c']],
  ['filter', Distinct, ['a', 'b'], ['c']],
  ['process', Processed, ['a 1', 'b 1', 'a 2'], ['a 3', 'c 1']],
])('%s', async (_kind, fn, before, after) => {
  await using first = await OneInputHarness.open(fn as never, byItself);
  await first.process('a', 'b', 'a');
  expect(first.output).toEqual(before);
  const restore = await first.snapshot();
  await using second = await OneInputHarness.open(fn as never, {
    ...byItself,
    restore,
  });
  await second.process('a', 'c');
  expect(second.output).toEqual(after);
});

test('state without a key is one sentence with the cure', async () => {
  await expect(OneInputHarness.open(new Mapped())).rejects.toThrow(
    'This state is only accessible by functions executed on a KeyedStream. Call keyBy before operator',
  );
});
