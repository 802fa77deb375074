// The TypeScript half of the scenarios; functions.py has the same names.

import {
  type KeyedProcessContext,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type OnTimerContext,
  OutputTag,
  type ProcessContext,
  type RuntimeContext,
  type TimeWindow,
  type ValueState,
  ValueStateDescriptor,
} from '../../src/index.ts';

export interface Event {
  user: string;
  time: number;
  count: number;
}

export const ODD = new OutputTag<number>('odd');
export const RULES = new MapStateDescriptor<number, string>('rules');

class Sides {
  processElement(value: number, ctx: ProcessContext): number[] {
    if (value % 2 === 0) return [value];
    ctx.output(ODD, value);
    return [];
  }
}

class Running {
  count!: ValueState<number>;
  seen!: ListState<number>;
  marks!: MapState<number, number>;

  open(context: RuntimeContext) {
    this.count = context.getState(new ValueStateDescriptor<number>('count'));
    this.seen = context.getListState(new ListStateDescriptor<number>('seen'));
    this.marks = context.getMapState(new MapStateDescriptor<number, number>('marks'));
  }

  processElement(value: Event, ctx: KeyedProcessContext<string>): string[] {
    const count = (this.count.value() ?? 0) + value.count;
    this.count.update(count);
    this.seen.add(value.time);
    this.marks.put(value.time, value.count);
    ctx.timerService().registerEventTimeTimer(100);
    return [`${ctx.getCurrentKey()} ${count}`];
  }

  onTimer(time: number, ctx: OnTimerContext<string>): string[] {
    const seen = this.seen.get().sort((a, b) => a - b);
    const marks = this.marks.values().reduce((a, b) => a + b, 0);
    return [
      `${ctx.getCurrentKey()} at ${time}: ${this.count.value()} [${seen.join(', ')}] ${marks}`,
    ];
  }
}

class Either {
  map1(value: number): string {
    return `first ${value}`;
  }

  map2(value: number): string {
    return `second ${value}`;
  }
}

class Matched {
  sum!: ValueState<number>;

  open(context: RuntimeContext) {
    this.sum = context.getState(new ValueStateDescriptor<number>('sum'));
  }

  processElement1(value: number, ctx: KeyedProcessContext<number>): string[] {
    this.sum.update((this.sum.value() ?? 0) + value);
    ctx.timerService().registerEventTimeTimer(1);
    return [];
  }

  processElement2(value: number): string[] {
    this.sum.update((this.sum.value() ?? 0) + 100 * value);
    return [];
  }

  onTimer(_time: number, ctx: OnTimerContext<number>): string[] {
    return [`${ctx.getCurrentKey()}: ${this.sum.value()}`];
  }
}

const Collect = {
  createAccumulator: () => 0,
  add: (value: Event, sum: number) => sum + value.count,
  getResult: (sum: number) => sum,
  merge: (a: number, b: number) => a + b,
};

class Shown {
  process(key: string, context: { window(): TimeWindow }, events: Event[]): string[] {
    const { start, end } = context.window();
    const total = events.reduce((sum, event) => sum + event.count, 0);
    return [`${key} [${start}, ${end}) ${total}`];
  }
}

class Counted {
  process(key: string, _context: unknown, events: Event[]): string[] {
    return [`${key}: ${events.reduce((sum, event) => sum + event.count, 0)}`];
  }
}

class Ruled {
  processElement(): string[] {
    return [];
  }

  processBroadcastElement(
    value: number,
    ctx: { getBroadcastState(of: typeof RULES): Map<number, string> & MapState<number, string> },
  ): string[] {
    const rules = ctx.getBroadcastState(RULES);
    rules.put(value % 2, `rule ${value % 2}`);
    return [rules.get(value % 2) as string];
  }
}

export const functions = {
  double: (x: number) => x * 2,
  is_even: (x: number) => x % 2 === 0,
  up_to: (x: number) => Array.from({ length: x }, (_, i) => i),
  by_three: (x: number) => x % 3,
  add: (a: number, b: number) => a + b,
  user: (event: Event) => event.user,
  time: (event: Event) => event.time,
  merged: (a: Event, b: Event) => ({
    ...a,
    count: a.count + b.count,
    time: Math.max(a.time, b.time),
  }),
  Sides,
  Running,
  Either,
  Matched,
  Collect,
  Shown,
  Counted,
  Ruled,
  pair: (left: Event, right: Event) => `${left.user} ${left.time} ${right.time}`,
  Slowly: { asyncInvoke: async (value: number) => Promise.resolve([value + 0.5]) },
} as const;
