// Calls of functions of the other language, one at a time and many at once. Run: node bench/micro/calls.ts [calls]

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StreamExecutionEnvironment, py } from '../../src/index.ts';

const CALLS = Number(process.argv[2] ?? 5_000);
const called = fileURLToPath(new URL('../../test/fixtures/python/called.py', import.meta.url));

const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
for (const name of ['double', 'later']) {
  const call = await env.call(py<number, number>(called, name));
  for (let i = 0; i < 500; i++) await call(i);
  const took: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const begin = performance.now();
    await call(i);
    took.push(performance.now() - begin);
  }
  const begin = performance.now();
  await Promise.all(took.map((_, i) => call(i)));
  const seconds = (performance.now() - begin) / 1_000;
  console.log(
    `TypeScript → Python ${name}: ${percentiles(took)}; ${Math.round(CALLS / seconds)} a second at once`,
  );
}
await env.close();

const program = `
import time
from concurrent.futures import ThreadPoolExecutor
from isthmus import ts
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
for name in "double", "later":
    call = env.call(ts(${JSON.stringify(called.replace('python/called.py', 'called.ts'))}, name))
    took = []
    for i in range(${CALLS} + 500):
        begin = time.perf_counter()
        call(i)
        took.append((time.perf_counter() - begin) * 1000)
    print(name, *took[500:])
`;
const python = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const printed = execFileSync(python, ['-c', program], { encoding: 'utf8' });
for (const line of printed.trim().split('\n')) {
  const [name, ...took] = line.split(' ');
  console.log(`Python → TypeScript ${name}: ${percentiles(took.map(Number))}`);
}

function percentiles(took: number[]): string {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * sorted.length)] as number).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
