// Every workload of the benchmarks. Each row names source, function, consumer, record and number of keys.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nexmarkWorkloads } from './nexmark/workloads.ts';
import type { Peers } from './peers.ts';
import { bytewax, isthmus, loop, mixed, pyflink, python, root, script } from './systems.ts';
import type { Workload } from './workload.ts';

export function workloads(peers: Peers): Workload[] {
  return [
    {
      name: 'seed program, whole process',
      what: 'collection of 5 → map → nothing',
      unit: 's',
      large: 0,
      whole: true,
      systems: [
        isthmus('seed.py'),
        {
          name: 'empty node + empty python',
          command: ['/bin/sh', '-c', `"${process.execPath}" -e 0; "${python}" -c pass`],
        },
        ...pyflink(peers, 'seed.py'),
      ],
    },
    {
      name: 'map + filter',
      what: 'integer sequence (Python) → map, filter → nothing',
      unit: 'records/s',
      large: 8_000_000,
      systems: [
        isthmus('map_filter.py', '{n}'),
        ...bytewax(peers, 'map_filter'),
        loop('map_filter'),
        ...pyflink(peers, 'map_filter.py', '{n}'),
      ],
    },
    {
      name: 'map, all in Python',
      what: 'integer sequence (Python) → map → Python sink',
      unit: 'records/s',
      large: 8_000_000,
      systems: [isthmus('map_out.py', '{n}'), ...bytewax(peers, 'map_out'), loop('map_out')],
    },
    {
      name: 'map, all records out to TypeScript',
      what: 'integer sequence (Python) → map → TypeScript sink through the bridge',
      unit: 'records/s',
      large: 8_000_000,
      systems: [mixed('map-out'), ...bytewax(peers, 'map_out'), loop('map_out')],
    },
    {
      name: 'word count, running',
      what: 'integer sequence → (word, 1) → key_by → reduce → nothing; 1,000 keys, tuples',
      unit: 'records/s',
      large: 4_000_000,
      systems: [
        isthmus('word_count.py', '{n}'),
        ...bytewax(peers, 'word_count'),
        loop('word_count'),
        ...pyflink(peers, 'word_count.py', '{n}'),
      ],
    },
    {
      name: 'log lines, parsed and counted',
      what: 'text file → regular expression → key_by status → running count; lines of 150 bytes, 5 keys',
      unit: 'records/s',
      large: 500_000,
      argument: logFile,
      systems: [
        isthmus('log_lines.py', '{n}'),
        ...bytewax(peers, 'log_lines'),
        loop('log_lines'),
        ...pyflink(peers, 'log_lines.py', '{n}'),
      ],
    },
    {
      name: '8-field dict records, Node → Python → Node',
      what: 'TypeScript source → Python map → TypeScript sink; objects of 8 fields',
      unit: 'records/s',
      large: 1_000_000,
      systems: [
        mixed('dicts'),
        script('bare pipe, msgpackr and msgspec', 'peers/naive-pipe.ts', python, '{n}'),
        loop('dicts'),
        {
          ...script('pythonia calls', 'peers/pythonia-calls.ts', '{n}'),
          scale: 0.005,
          env: { PYTHON_BIN: python },
        },
      ],
    },
    {
      name: 'latency at 10,000 records/s',
      what: 'TypeScript source → Python map → TypeScript sink; entry to arrival',
      unit: 'ms',
      large: 50_000,
      printed: true,
      systems: [mixed('latency')],
    },
    {
      name: 'keyed shuffle, parallelism 2',
      what: 'integer sequence → key_by → running sum → nothing; 10,000 keys, 2 workers',
      unit: 'records/s',
      large: 3_000_000,
      systems: [
        isthmus('keyed_shuffle.py', '{n}'),
        loop('keyed_shuffle'),
        ...pyflink(peers, 'keyed_shuffle.py', '{n}'),
      ],
    },
    {
      name: 'CPU-bound function, 1 worker',
      what: 'integer sequence → about 50 µs of pure Python → nothing',
      unit: 'records/s',
      large: 60_000,
      systems: [isthmus('cpu_bound.py', '{n}', '1'), loop('cpu_bound')],
    },
    {
      name: 'CPU-bound function, 2 workers',
      what: 'integer sequence → about 50 µs of pure Python → nothing',
      unit: 'records/s',
      large: 120_000,
      systems: [isthmus('cpu_bound.py', '{n}', '2'), loop('cpu_bound')],
    },
    {
      name: 'keyed process function with value state',
      what: 'integer sequence → (key, 88 bytes) → key_by → value state → nothing; 1,000 keys',
      unit: 'records/s',
      large: 2_000_000,
      systems: [
        isthmus('value_state.py', '{n}'),
        loop('value_state'),
        ...pyflink(peers, 'value_state.py', '{n}'),
      ],
    },
    {
      name: 'sliding window of 60 s every 1 s, built-in sum',
      what: 'integer sequence 1 ms apart → key_by → sum of the window → nothing; 1,000 keys, as many results as records',
      unit: 'records/s',
      large: 1_500_000,
      systems: [isthmus('sliding_window.py', '{n}'), loop('sliding_window')],
    },
    {
      name: 'NumPy function by map_batch',
      what: 'integer sequence → np.sqrt(values * 2.5 + 1) in batches → nothing',
      unit: 'records/s',
      large: 20_000_000,
      systems: [isthmus('numpy_batch.py', '{n}'), loop('numpy_batch')],
    },
    {
      name: 'memory over 50 M records',
      what: 'integer sequence (Python) → map, filter → nothing; the whole process',
      unit: 's',
      large: 1,
      whole: true,
      systems: [isthmus('map_filter.py', '50000000')],
    },
    {
      name: '10 M string keys on the heap',
      what: 'integer sequence → key_by 18-character strings → value state of an integer; the whole process',
      unit: 's',
      large: 1,
      whole: true,
      systems: [isthmus('many_keys.py', '10000000')],
    },
    {
      name: '10 M string keys in the embedded store',
      what: 'the same with state.backend.type=rocksdb; the whole process',
      unit: 's',
      large: 1,
      whole: true,
      systems: [isthmus('many_keys.py', '10000000', 'rocksdb')],
    },
    ...nexmarkWorkloads(peers),
  ];
}

const logs = new Map<number, string>();
/** A generated log of so many lines, made once. */
function logFile(lines: number): string {
  let path = logs.get(lines);
  if (path === undefined) {
    mkdirSync(join(root, 'bench', 'results'), { recursive: true });
    path = join(root, 'bench', 'results', `access-${lines}.log`);
    if (!existsSync(path)) {
      const generator = join(root, 'examples', 'log-analysis', 'generate.py');
      writeFileSync(
        path,
        execFileSync(python, [generator, '--lines', String(lines)], { maxBuffer: 2 ** 30 }),
      );
    }
    logs.set(lines, path);
  }
  return path;
}
