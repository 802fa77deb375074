// How long a barrier stops the runtime, and how large increments are: `node bench/pause.ts [keys] [what]`, where `what` is
// keyed, sums, lists, sessions, timers or joins; all of them where it is left out. A tenth of the keys changes between checkpoints.

import { KeyedBackend } from '../src/state/backend.ts';
import { ValueStateDescriptor } from '../src/state/descriptors.ts';
import { SubtaskStore } from '../src/state/store.ts';
import {
  type DataStream,
  EventTimeSessionWindows,
  TumblingEventTimeWindows,
} from '../src/index.ts';
import { OneInputHarness, TwoInputHarness } from '../src/testing/index.ts';
import type { Frozen } from '../src/state/frozen.ts';

type Pair = [key: string, number: number];

/** What is measured: state with an entry for each key. */
interface Subject {
  put(from: number, step: number, value: number): Promise<void> | void;
  freeze(checkpoint: number): Promise<Frozen> | Frozen;
  completed(checkpoint: number): void;
}

/** Milliseconds of processor time of the thread: other processes may keep it waiting. */
const now = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const keys = Number(process.argv[2] ?? 600_000);
const keyOf = (i: number) => `key-${String(i).padStart(14, '0')}`;

function keyedState(): Subject {
  const store = new SubtaskStore({ subtask: 0, parallelism: 1, maxParallelism: 128 }, [], true);
  const at: { key: unknown } = { key: undefined };
  const state = new KeyedBackend(store.of('op'), at, () => 0).value(
    new ValueStateDescriptor<number, undefined>('v'),
  );
  return {
    put(from, step, value) {
      for (let i = from; i < keys; i += step) {
        at.key = keyOf(i);
        state.update(value);
      }
    },
    freeze: (checkpoint) => store.freeze(checkpoint),
    completed: (checkpoint) => store.completed(checkpoint),
  };
}

function operator(harness: OneInputHarness | TwoInputHarness): Subject {
  const lasting = 10_000_000;
  return {
    async put(from, step, value) {
      for (let i = from; i < keys; i += step) {
        const record: Pair = [keyOf(i), value];
        if (harness instanceof TwoInputHarness) await harness.processAt1(lasting, record);
        else await harness.processAt(lasting, record);
      }
    },
    freeze: (checkpoint) => harness.freeze(checkpoint),
    completed: (checkpoint) => harness.store.completed(checkpoint),
  };
}

const one = async (make: (stream: DataStream<Pair>) => DataStream<unknown>) =>
  operator(await OneInputHarness.openStream(make, {}));
const keyed = (stream: DataStream<Pair>) => stream.keyBy(([key]) => key);
const add = (a: Pair, b: Pair): Pair => [a[0], a[1] + b[1]];
const none = { process: () => [] };
const timers = {
  processElement(
    [, number]: Pair,
    ctx: { timerService(): { registerEventTimeTimer(time: number): void } },
  ): unknown[] {
    ctx.timerService().registerEventTimeTimer(10_000_000 + number);
    return [];
  },
};

const subjects: Record<string, () => Promise<Subject> | Subject> = {
  keyed: keyedState,
  sums: () => one((s) => keyed(s).window(TumblingEventTimeWindows.of(3_600_000)).reduce(add)),
  lists: () => one((s) => keyed(s).window(TumblingEventTimeWindows.of(3_600_000)).process(none)),
  sessions: () => one((s) => keyed(s).window(EventTimeSessionWindows.withGap(1000)).reduce(add)),
  timers: () => one((s) => keyed(s).process(timers as never)),
  joins: async () =>
    operator(
      await TwoInputHarness.openStreams(
        (a: DataStream<Pair>, b: DataStream<Pair>) =>
          keyed(a)
            .intervalJoin(keyed(b))
            .between(-8, 8)
            .process(() => null),
        {},
      ),
    ),
};

const wanted = process.argv[3] === undefined ? Object.keys(subjects) : [process.argv[3]];
for (const name of wanted) {
  const subject = await (subjects[name] as () => Promise<Subject> | Subject)();
  await subject.put(0, 1, 0);
  const pauses: number[] = [];
  const steps: number[] = [];
  const sizes: number[] = [];
  for (let checkpoint = 1; checkpoint <= 10; checkpoint++) {
    let begin = now();
    const chunks = (await subject.freeze(checkpoint)).steps();
    pauses.push(now() - begin);
    let size = 0;
    for (;;) {
      begin = now();
      const step = chunks.next();
      steps.push(now() - begin);
      if (step.done === true) break;
      size += step.value?.[6].byteLength ?? 0;
    }
    sizes.push(size);
    subject.completed(checkpoint);
    await subject.put(checkpoint % 10, 10, checkpoint);
  }
  steps.sort((a, b) => a - b);
  const [full, ...increments] = sizes as [number, ...number[]];
  const at99 = (steps[Math.floor(steps.length * 0.99)] as number).toFixed(2);
  process.stdout.write(
    `${name}, ${keys} keys: pause ${(pauses[0] as number).toFixed(1)} ms in full, at most ${Math.max(...pauses.slice(1)).toFixed(1)} ms after; ` +
      `steps: p99 ${at99} ms, at most ${(steps.at(-1) as number).toFixed(1)}; ` +
      `full ${(full / 1e6).toFixed(1)} MB; a tenth of the keys ${((100 * Math.max(...increments)) / full).toFixed(1)} %\n`,
  );
}
