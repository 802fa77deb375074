import { expect, test } from 'vitest';
import {
  AsyncDataStream,
  type DataStream,
  type KeyedProcessContext,
  MapStateDescriptor,
  OutputTag,
  type RuntimeContext,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  py,
} from '../../src/index.ts';
import { OneInputHarness, PipelineHarness } from '../../src/testing/index.ts';

type Sale = { shop: string; euros: number; at: number };

const COUNT = new ValueStateDescriptor<number>('count');

class Numbered {
  #context!: RuntimeContext;
  open(context: RuntimeContext): void {
    this.#context = context;
  }
  *processElement(total: Sale, ctx: KeyedProcessContext<string>) {
    const count = this.#context.getState(COUNT);
    count.update((count.value() ?? 0) + 1);
    ctx.timerService().registerProcessingTimeTimer(5_000);
    yield `${count.value()}: ${total.shop} ${total.euros}`;
  }
  *onTimer(timestamp: number, ctx: KeyedProcessContext<string>) {
    yield `${ctx.getCurrentKey()} at ${timestamp}`;
  }
}

const late = new OutputTag<Sale>('late');

function perSecond(sales: DataStream<Sale>) {
  const totals = sales
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forBoundedOutOfOrderness<Sale>(100).withTimestampAssigner(({ at }) => at),
    )
    .keyBy(({ shop }) => shop)
    .window(TumblingEventTimeWindows.of(1_000))
    .sideOutputLateData(late)
    .sum('euros')
    .name('totals');
  totals.getSideOutput(late).toOutput('late');
  return totals
    .keyBy(({ shop }) => shop)
    .process(Numbered)
    .name('numbered');
}

test('records, watermarks and processing time go through all of a pipeline', async () => {
  await using harness = await PipelineHarness.open(perSecond);
  await harness.process(
    { shop: 'a', euros: 1, at: 100 },
    { shop: 'b', euros: 2, at: 200 },
    { shop: 'a', euros: 4, at: 1_200 },
  );
  expect(harness.output).toEqual([]);
  await harness.processingTime(200);
  expect(harness.records).toEqual([
    { value: '1: a 1', timestamp: 999 },
    { value: '1: b 2', timestamp: 999 },
  ]);
  await harness.process({ shop: 'b', euros: 8, at: 300 });
  expect(harness.outputOf('late')).toEqual([{ shop: 'b', euros: 8, at: 300 }]);
  const numbered = harness.operator('numbered');
  expect(numbered.state(COUNT, 'a')).toBe(1);
  expect(numbered.processingTimers()).toEqual([
    { key: 'a', time: 5_000 },
    { key: 'b', time: 5_000 },
  ]);
  expect(harness.operator('totals').watermarks).toEqual([1_099]);
  harness.take();
  await harness.processingTime(5_001);
  expect(harness.take()).toEqual(['a at 5000', 'b at 5000']);
  await harness.end();
  // Its timer is one of the past by now.
  expect(harness.output).toEqual(['2: a 4', 'a at 5000']);
});

test('inputs merge their watermarks, and those that are idle hold nothing back', async () => {
  await using harness = await PipelineHarness.open(
    (lefts: DataStream<number>, rights: DataStream<number>) =>
      lefts
        .union(rights)
        .keyBy(() => 0)
        .window(TumblingEventTimeWindows.of(10))
        .reduce((a, b) => a + b),
  );
  const [lefts, rights] = harness.inputs;
  await lefts?.processAt(1, 1, 2);
  await rights?.processAt(2, 4);
  await lefts?.watermark(50);
  expect(harness.output).toEqual([]);
  await rights?.idle(true);
  expect(harness.output).toEqual([7]);
  await rights?.idle(false);
  await lefts?.processAt(61, 10);
  await lefts?.end();
  expect(harness.output).toEqual([7]);
  await rights?.end();
  expect(harness.output).toEqual([7, 10]);
  await expect(async () => harness.process(1)).rejects.toThrow('has 2 inputs; say which');
});

test('what is emitted while an operator finishes is not late behind it', async () => {
  await using harness = await PipelineHarness.open((numbers: DataStream<number>) =>
    AsyncDataStream.orderedWait(numbers, async (n: number) => [n], 60_000)
      .keyBy(() => 0)
      .window(TumblingEventTimeWindows.of(10))
      .reduce((a, b) => a + b),
  );
  await harness.processAt(3, 1, 2);
  await harness.end();
  expect(harness.output).toEqual([3]);
});

test('broadcast state, side outputs in the midst, and a copy for each reader', async () => {
  const RATES = new MapStateDescriptor<string, number>('rates');
  const unknown = new OutputTag<[string, number]>('unknown');
  await using harness = await PipelineHarness.open(
    (prices: DataStream<[string, number]>, rates: DataStream<[string, number]>) => {
      const converted = prices.connect(rates.broadcast(RATES)).process<number>({
        processElement([currency, price], ctx) {
          const rate = ctx.getBroadcastState(RATES).get(currency);
          if (rate !== undefined) return [price * rate];
          ctx.output(unknown, [currency, price]);
          return [];
        },
        processBroadcastElement([currency, rate], ctx) {
          ctx.getBroadcastState(RATES).put(currency, rate);
        },
      });
      const unknowns = converted.getSideOutput(unknown);
      unknowns.map((pair) => void (pair[0] += '!'));
      unknowns.toOutput('unknown');
      return converted;
    },
  );
  await harness.inputs[1]?.process(['$', 2]);
  await harness.inputs[0]?.process(['$', 10], ['£', 3]);
  expect(harness.output).toEqual([20]);
  expect(harness.outputOf('unknown')).toEqual([['£', 3]]);
});

test('in BATCH a pipeline gives final results only', async () => {
  const build = (words: DataStream<string>) =>
    words
      .map((word) => [word, 1] as [string, number])
      .keyBy(([word]) => word)
      .sum(1);
  await using harness = await PipelineHarness.open(build, { batch: true });
  await harness.process('b', 'a', 'b');
  await harness.end();
  expect(harness.output).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

test('the state of a pipeline goes on in another harness', async () => {
  await using before = await PipelineHarness.open(perSecond);
  await before.process({ shop: 'a', euros: 1, at: 100 });
  await using after = await PipelineHarness.open(perSecond, { restore: await before.snapshot() });
  await after.process({ shop: 'a', euros: 2, at: 150 });
  await after.end();
  expect(after.output).toEqual(['1: a 3']);
});

test('what a pipeline does not have is said with what it has', async () => {
  await using harness = await PipelineHarness.open(perSecond);
  expect(() => harness.operator('sums')).toThrow('has 0 operators "sums"; its operators are "');
  expect(() => harness.outputOf('early')).toThrow('has no output "early"; it has "late"');
  await expect(
    PipelineHarness.open((n: DataStream<number>) => n.map(py<number, number>('math', 'sqrt'))),
  ).rejects.toThrow('is Python; test it in Python');
  expect(() => OneInputHarness.openStream(perSecond)).toThrow('or all of them by PipelineHarness');
});
