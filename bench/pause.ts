// How long a barrier stops the runtime, and how large increments are: `node bench/pause.ts [keys]`.

import { KeyedBackend } from '../src/state/backend.ts';
import { ValueStateDescriptor } from '../src/state/descriptors.ts';
import { SubtaskStore } from '../src/state/store.ts';

const keys = Number(process.argv[2] ?? 600_000);
const store = new SubtaskStore({ subtask: 0, parallelism: 1, maxParallelism: 128 }, [], true);
const at: { key: unknown } = { key: undefined };
const state = new KeyedBackend(store.of('op'), at, () => 0).value(
  new ValueStateDescriptor<number, undefined>('v'),
);
const put = (from: number, step: number, value: number) => {
  for (let i = from; i < keys; i += step) {
    at.key = `key-${String(i).padStart(14, '0')}`;
    state.update(value);
  }
};
put(0, 1, 0);
const pauses: number[] = [];
const steps: number[] = [];
const sizes: number[] = [];
for (let checkpoint = 1; checkpoint <= 20; checkpoint++) {
  let begin = performance.now();
  const chunks = store.freeze(checkpoint).steps();
  pauses.push(performance.now() - begin);
  let size = 0;
  for (;;) {
    begin = performance.now();
    const step = chunks.next();
    steps.push(performance.now() - begin);
    if (step.done === true) break;
    size += step.value?.[6].byteLength ?? 0;
  }
  sizes.push(size);
  store.completed(checkpoint);
  put(checkpoint % 10, 10, checkpoint);
}
steps.sort((a, b) => a - b);
const [full, ...increments] = sizes as [number, ...number[]];
const at99 = (steps[Math.floor(steps.length * 0.99)] as number).toFixed(2);
process.stdout.write(
  `${keys} keys: pause ${(pauses[0] as number).toFixed(1)} ms in full, at most ${Math.max(...pauses.slice(1)).toFixed(1)} ms after\n` +
    `steps: p99 ${at99} ms\n` +
    `full ${(full / 1e6).toFixed(1)} MB; a tenth of the keys ${((100 * Math.max(...increments)) / full).toFixed(1)} %\n`,
);
