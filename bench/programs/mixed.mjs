// Workloads that cross between the languages: `node mixed.mjs map-out|dicts|latency N`. Of the built package, as users run it.

import { py, StreamExecutionEnvironment } from 'isthmus';

const workload = process.argv[2];
const n = Number(process.argv[3]);
const udfs = new URL('./udfs.py', import.meta.url);

const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
switch (workload) {
  case 'map-out': {
    // The source lives where its consumer runs: in Python.
    const mapped = env.fromSequence(0, n - 1).map(py(udfs, 'add_one'));
    mapped.addSink(() => {});
    await env.execute('map out');
    break;
  }
  case 'dicts': {
    function* items() {
      for (let i = 0; i < n; i++) {
        yield {
          id: i,
          name: 'item',
          price: 2.5,
          count: 3,
          city: 'Oslo',
          active: true,
          score: 0.75,
          note: 'a short note',
        };
      }
    }
    env
      .fromIterable(items())
      .map(py(udfs, 'enrich'))
      .addSink(() => {});
    await env.execute('dicts');
    break;
  }
  case 'latency': {
    const perMs = 10;
    async function* paced() {
      const began = performance.now();
      for (let i = 0; i < n; ) {
        // As many as are due by now; each carries the time at which it enters.
        const due = Math.min(n, Math.floor((performance.now() - began) * perMs));
        while (i < due) {
          i++;
          yield performance.now();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const waits = [];
    env
      .fromIterable(paced())
      .map(py(udfs, 'identity'))
      .addSink((entered) => {
        waits.push(performance.now() - entered);
      });
    await env.execute('latency');
    // The first second warms both sides up.
    const steady = waits.slice(10_000).sort((a, b) => a - b);
    const at = (share) => steady[Math.floor(steady.length * share)] ?? Number.NaN;
    process.stdout.write(`p50 ${at(0.5).toFixed(3)}\np99 ${at(0.99).toFixed(3)}\n`);
    break;
  }
  default:
    throw new Error(`no workload ${workload}`);
}
await env.close();
