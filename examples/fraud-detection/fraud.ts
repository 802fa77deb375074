// A small payment followed by a large one within a minute, as somebody does who tries out a stolen card.
// The twin of fraud.py.
//
//     isthmus run examples/fraud-detection/fraud.ts

import {
  type KeyedProcessContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from 'isthmus';

const SMALL = 1;
const LARGE = 500;
const WITHIN_MS = 60_000;

type Payment = { time: number; card: string; amount: number };

const payments: Payment[] = [
  { time: 1_000, card: 'card 1', amount: 25 },
  { time: 2_000, card: 'card 2', amount: 0.5 },
  { time: 31_000, card: 'card 2', amount: 720 }, // Half a minute after the small one.
  { time: 40_000, card: 'card 3', amount: 0.8 },
  { time: 50_000, card: 'card 1', amount: 900 }, // Large, but nothing small before it.
  { time: 70_000, card: 'card 3', amount: 12 }, // What comes between makes it an ordinary card.
  { time: 75_000, card: 'card 3', amount: 800 },
  { time: 80_000, card: 'card 4', amount: 0.99 },
  { time: 150_000, card: 'card 4', amount: 640 }, // More than a minute later.
  { time: 151_000, card: 'card 2', amount: 0.1 },
  { time: 155_000, card: 'card 2', amount: 610 },
];

/** Keyed by card. */
class Fraud {
  smallAt!: ValueState<number>;

  open(context: RuntimeContext) {
    this.smallAt = context.getState(new ValueStateDescriptor<number>('small payment at'));
  }

  *processElement({ time, card, amount }: Payment, ctx: KeyedProcessContext<string>) {
    const smallAt = this.smallAt.value();
    if (smallAt !== undefined) {
      // The timer below clears late: event time passes it only with the next payment of anybody.
      if (amount > LARGE && time - smallAt <= WITHIN_MS) {
        const seconds = (time - smallAt) / 1000;
        yield `${card}: ${amount.toFixed(2)}, ${seconds.toFixed(0)} s after a small payment`;
      }
      ctx.timerService().deleteEventTimeTimer(smallAt + WITHIN_MS);
      this.smallAt.clear();
    }
    if (amount <= SMALL) {
      this.smallAt.update(time);
      // Forgotten after a minute, also where no further payment comes: state that only grows is a leak.
      ctx.timerService().registerEventTimeTimer(time + WITHIN_MS);
    }
  }

  onTimer() {
    this.smallAt.clear();
  }
}

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
env
  .fromCollection(payments)
  .assignTimestampsAndWatermarks(
    // A watermark with each payment: a collection is read faster than the periodic ones come.
    WatermarkStrategy.forGenerator<Payment>(() => ({
      onEvent: (_payment, timestamp) => timestamp - 1,
    })).withTimestampAssigner((payment) => payment.time),
  )
  .keyBy((payment) => payment.card)
  .process(Fraud)
  .name('fraud')
  .print();
await env.execute('fraud detection');
