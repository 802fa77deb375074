// State in rich functions of every kind goes into snapshots and comes back.

import { expect, test } from 'vitest';
import {
  type DataStream,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '../../src/index.ts';
import { OneInputHarness, TwoInputHarness } from '../../src/testing/index.ts';

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

class Reduced extends Counting {
  reduce(a: string, b: string): string {
    return `${a}${b}${this.next()}`;
  }
}

class Sunk extends Counting {
  invoke(value: string): void {
    written.push(`${value} ${this.next()}`);
  }
}

const written: string[] = [];

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

test('reduce, beside its own value', async () => {
  await using first = await OneInputHarness.open(Reduced, byItself);
  await first.process('a', 'a', 'a');
  expect(first.output).toEqual(['a', 'aa1', 'aa1a2']);
  const restore = await first.snapshot();
  await using second = await OneInputHarness.open(Reduced, { ...byItself, restore });
  await second.process('a');
  expect(second.output).toEqual(['aa1a2a3']);
});

test('a sink', async () => {
  await using first = await OneInputHarness.open(Sunk, byItself);
  await first.process('a', 'b');
  const restore = await first.snapshot();
  await using second = await OneInputHarness.open(Sunk, { ...byItself, restore });
  await second.process('a');
  expect(written).toEqual(['a 1', 'b 1', 'a 2']);
});

test('an interval join, beside the records that wait', async () => {
  class Numbered extends Counting {
    *processElement(left: string, right: string) {
      yield `${left}${right} ${this.next()}`;
    }
  }
  const build = (lefts: DataStream<string>, rights: DataStream<string>) =>
    lefts
      .keyBy((value) => value.length)
      .intervalJoin(rights.keyBy((value) => value.length))
      .between(0, 10)
      .process(Numbered);
  await using first = await TwoInputHarness.openStreams(build);
  await first.processAt1(1, 'a', 'b');
  await first.processAt2(2, 'x');
  const restore = await first.snapshot();
  await using second = await TwoInputHarness.openStreams(build, { restore });
  await second.processAt2(3, 'y');
  expect(first.output).toEqual(['ax 1', 'bx 2']);
  expect(second.output).toEqual(['ay 3', 'by 4']);
});
