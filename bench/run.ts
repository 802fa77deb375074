// `npm run bench [-- --quick] [--only WORD] [--no-peers]`: every system side by side in one run, medians of several.
//
// A rate is (large − small) / (time of large − time of small), each a whole process, so start-up is taken out. Systems
// take turns within a round, so that a slow minute of the machine hits all of them alike. Figures are ratios first.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Peaks, watchMemory } from './memory.ts';
import { benchmarksPage, type Measured } from './page.ts';
import { ensurePeers, type Peers } from './peers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = join(root, 'bench', 'programs');
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3));

interface System {
  name: string;
  command: string[];
  env?: Record<string, string>;
  /** Fewer records for the slow ones; the rate is what counts. */
  scale?: number;
}

interface Workload {
  name: string;
  /** Source, function, consumer, record, keys: what the row measures. */
  what: string;
  unit: 'records/s' | 's' | 'ms';
  large: number;
  systems: System[];
  /** Whole process time instead of a rate. */
  whole?: boolean;
  /** The process prints its own figure (a number per line: name, value). */
  printed?: boolean;
  /** Turns a number of records into the argument of the programs. */
  argument?: (records: number) => string;
}

const python = join(root, '.venv', 'bin', 'python');
const node = process.execPath;
const isthmusEnv = { PYTHONPATH: join(root, 'python') };
const peers: Peers = flags['no-peers'] ? {} : await ensurePeers(join(root, 'bench', 'venvs'));

const isthmus = (program: string, ...rest: string[]): System => ({
  name: 'Isthmus',
  command: [python, '-m', 'isthmus', join(programs, program), '{n}', ...rest],
  env: isthmusEnv,
});
const whole = (program: string, ...rest: string[]): System => ({
  name: 'Isthmus',
  command: [python, '-m', 'isthmus', join(programs, program), ...rest],
  env: isthmusEnv,
});
/** What they take in seconds rather than minutes; measured rates decide whether it is enough. */
const FLINK_SCALE = { process: 0.008, thread: 0.04 };

const pyflink = (program: string, ...rest: string[]): System[] =>
  peers.pyflink === undefined
    ? []
    : (['process', 'thread'] as const).map((mode) => ({
        name: `PyFlink ${mode}`,
        command: [
          join(peers.pyflink as string, 'python'),
          join(root, 'bench', 'peers', 'pyflink_main.py'),
          mode,
          join(programs, program),
          '{n}',
          ...rest,
        ],
        env: { PATH: `${peers.pyflink}:${process.env['PATH']}` },
        scale: FLINK_SCALE[mode],
      }));
const loop = (workload: string): System => ({
  name: 'CPython loop',
  command: [python, join(root, 'bench', 'peers', 'loop.py'), workload, '{n}'],
});
const bytewax = (workload: string): System[] =>
  peers.bytewax === undefined
    ? []
    : [
        {
          name: 'Bytewax',
          command: [
            join(peers.bytewax, 'python'),
            join(root, 'bench', 'peers', 'bytewax_flow.py'),
            workload,
            '{n}',
          ],
          scale: 0.5,
        },
      ];
const mixed = (workload: string): System => ({
  name: 'Isthmus',
  command: [node, join(root, 'bench', 'programs', 'mixed.mjs'), workload, '{n}'],
  env: isthmusEnv,
});

const NEXMARK: Record<string, string> = {
  q0: 'pass through',
  q1: 'currency conversion (map)',
  q2: 'selection (filter)',
  q3: 'join without an end (two keyed inputs, state)',
  q4: 'mean price by category (timers, two keyings)',
  q5: 'hot items (sliding windows, then all of a window)',
  q6: 'mean of the last ten by seller',
  q7: 'highest bid (window of all)',
  q8: 'new sellers (window join as a union)',
  q11: 'sessions of bidders',
  q12: 'bidders by processing time',
};

/** A Nexmark query on every system that can say it. */
function nexmark(query: string): Workload {
  const folder = join(root, 'bench', 'nexmark');
  const program = join(folder, 'pipelines.py');
  const pyflinkMain = join(root, 'bench', 'peers', 'pyflink_main.py');
  const own: System = {
    name: 'Isthmus',
    command: [python, '-m', 'isthmus', program, query, '{n}'],
    env: isthmusEnv,
  };
  const bare: System = {
    name: 'CPython loop',
    command: [python, join(folder, 'loops.py'), query, '{n}'],
  };
  const peer = peers.pyflink;
  const flink =
    peer === undefined
      ? []
      : (['process', 'thread'] as const).map((mode) => ({
          name: `PyFlink ${mode}`,
          command: [join(peer, 'python'), pyflinkMain, mode, program, query, '{n}'],
          env: { PATH: `${peer}:${process.env['PATH']}` },
          scale: FLINK_SCALE[mode],
        }));
  return {
    name: `Nexmark ${query}`,
    what: `${NEXMARK[query]}; events made in Python → query → nothing`,
    unit: 'records/s',
    large: 1_500_000,
    systems: [own, bare, ...flink],
  };
}

const logs = new Map<number, string>();
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

const seed = join(programs, 'seed.py');
const all: Workload[] = [
  {
    name: 'seed program, whole process',
    what: 'collection of 5 → map → nothing',
    unit: 's',
    large: 0,
    whole: true,
    systems: [
      { name: 'Isthmus', command: [python, '-m', 'isthmus', seed], env: isthmusEnv },
      {
        name: 'empty node + empty python',
        command: ['/bin/sh', '-c', `"${node}" -e 0; "${python}" -c pass`],
      },
      ...pyflink('seed.py').map((system) => ({
        ...system,
        command: system.command.filter((part) => part !== '{n}'),
      })),
    ],
  },
  {
    name: 'map + filter',
    what: 'integer sequence (Python) → map, filter → nothing',
    unit: 'records/s',
    large: 8_000_000,
    systems: [
      isthmus('map_filter.py'),
      ...bytewax('map_filter'),
      loop('map_filter'),
      ...pyflink('map_filter.py'),
    ],
  },
  {
    name: 'map, all in Python',
    what: 'integer sequence (Python) → map → Python sink',
    unit: 'records/s',
    large: 8_000_000,
    systems: [isthmus('map_out.py'), ...bytewax('map_out'), loop('map_out')],
  },
  {
    name: 'map, all records out to TypeScript',
    what: 'integer sequence (Python) → map → TypeScript sink through the bridge',
    unit: 'records/s',
    large: 8_000_000,
    systems: [mixed('map-out'), ...bytewax('map_out'), loop('map_out')],
  },
  {
    name: 'word count, running',
    what: 'integer sequence → (word, 1) → key_by → reduce → nothing; 1,000 keys, tuples',
    unit: 'records/s',
    large: 4_000_000,
    systems: [
      isthmus('word_count.py'),
      ...bytewax('word_count'),
      loop('word_count'),
      ...pyflink('word_count.py'),
    ],
  },
  {
    name: 'log lines, parsed and counted',
    what: 'text file → regular expression → key_by status → running count; lines of 150 bytes, 5 keys',
    unit: 'records/s',
    large: 500_000,
    argument: logFile,
    systems: [
      isthmus('log_lines.py'),
      ...bytewax('log_lines'),
      loop('log_lines'),
      ...pyflink('log_lines.py'),
    ],
  },
  {
    name: '8-field dict records, Node → Python → Node',
    what: 'TypeScript source → Python map → TypeScript sink; objects of 8 fields',
    unit: 'records/s',
    large: 1_000_000,
    systems: [
      mixed('dicts'),
      {
        name: 'bare pipe, msgpackr and msgspec',
        command: [node, join(root, 'bench', 'peers', 'naive-pipe.ts'), python, '{n}'],
      },
      {
        name: 'pythonia calls',
        command: [node, join(root, 'bench', 'peers', 'pythonia-calls.ts'), '{n}'],
        scale: 0.005,
        env: { ...isthmusEnv, PYTHON_BIN: python },
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
    systems: [isthmus('keyed_shuffle.py'), loop('keyed_shuffle'), ...pyflink('keyed_shuffle.py')],
  },
  {
    name: 'CPU-bound function, 1 worker',
    what: 'integer sequence → about 50 µs of pure Python → nothing',
    unit: 'records/s',
    large: 60_000,
    systems: [isthmus('cpu_bound.py', '1'), loop('cpu_bound')],
  },
  {
    name: 'CPU-bound function, 2 workers',
    what: 'integer sequence → about 50 µs of pure Python → nothing',
    unit: 'records/s',
    large: 120_000,
    systems: [isthmus('cpu_bound.py', '2'), loop('cpu_bound')],
  },
  {
    name: 'keyed process function with value state',
    what: 'integer sequence → (key, 88 bytes) → key_by → value state → nothing; 1,000 keys',
    unit: 'records/s',
    large: 2_000_000,
    systems: [isthmus('value_state.py'), loop('value_state'), ...pyflink('value_state.py')],
  },
  {
    name: 'sliding window of 60 s every 1 s, built-in sum',
    what: 'integer sequence 1 ms apart → key_by → sum of the window → nothing; 1,000 keys, as many results as records',
    unit: 'records/s',
    large: 1_500_000,
    systems: [isthmus('sliding_window.py'), loop('sliding_window')],
  },
  {
    name: 'NumPy function by map_batch',
    what: 'integer sequence → np.sqrt(values * 2.5 + 1) in batches → nothing',
    unit: 'records/s',
    large: 20_000_000,
    systems: [isthmus('numpy_batch.py'), loop('numpy_batch')],
  },
  {
    name: 'memory over 50 M records',
    what: 'integer sequence (Python) → map, filter → nothing; the whole process',
    unit: 's',
    large: 1,
    whole: true,
    systems: [whole('map_filter.py', '50000000')],
  },
  {
    name: '10 M string keys on the heap',
    what: 'integer sequence → key_by 18-character strings → value state of an integer; the whole process',
    unit: 's',
    large: 1,
    whole: true,
    systems: [whole('many_keys.py', '10000000')],
  },
  {
    name: '10 M string keys in the embedded store',
    what: 'the same with state.backend.type=rocksdb; the whole process',
    unit: 's',
    large: 1,
    whole: true,
    systems: [whole('many_keys.py', '10000000', 'rocksdb')],
  },
  ...Object.keys(NEXMARK).map(nexmark),
];

const chosen = all.filter(({ name }) => flags.only === undefined || name.includes(flags.only));
const measured: Measured[] = [];
for (const workload of chosen) {
  const results = new Map<string, number[]>();
  const memory: Peaks = {};
  for (let round = 0; round < rounds; round++) {
    for (const system of workload.systems) {
      const slow = system.name.startsWith('PyFlink');
      // A PyFlink job takes half a minute: once is enough to see a factor of ten.
      if (slow && round > 0) continue;
      process.stderr.write(`${workload.name}: ${system.name} (${round + 1}/${rounds})\n`);
      const figures = await measure(workload, system, memory).catch((error: Error) => {
        // A peer that cannot run here is missing from the table; the others still count.
        if (system.name === 'Isthmus') throw error;
        process.stderr.write(`${error.message}\n`);
        return [];
      });
      for (const [label, value] of figures) {
        const name = label === '' ? system.name : `${system.name} ${label}`;
        results.set(name, [...(results.get(name) ?? []), value]);
      }
    }
  }
  const rows = [...results].map(([name, figures]) => ({
    name,
    median: median(figures),
    runs: figures.length,
  }));
  measured.push({ name: workload.name, what: workload.what, unit: workload.unit, rows, memory });
  print(measured.at(-1) as Measured);
}

// What was not run this time stays as it was.
const resultsFile = join(root, 'bench', 'results', 'benchmarks.json');
const earlier = existsSync(resultsFile)
  ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Measured[])
  : [];
const results = all.flatMap(({ name }) => {
  const found = measured.find((m) => m.name === name) ?? earlier.find((m) => m.name === name);
  return found === undefined ? [] : [found];
});
const page = benchmarksPage(results, {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  node: process.version,
  python: execFileSync(python, ['-c', 'import platform; print(platform.python_version())'])
    .toString()
    .trim(),
  rounds,
});
mkdirSync(join(root, 'bench', 'results'), { recursive: true });
writeFileSync(join(root, 'bench', 'results', 'benchmarks.md'), page);
writeFileSync(resultsFile, JSON.stringify(results, null, 2));
process.stdout.write('written: bench/results/benchmarks.md\n');

async function measure(
  workload: Workload,
  system: System,
  memory: Peaks,
): Promise<[label: string, value: number][]> {
  if (workload.whole) return [['', (await run(system, '', memory)).seconds]];
  const records = Math.round(workload.large * (system.scale ?? 1) * (flags.quick ? 0.25 : 1));
  const argument = workload.argument ?? String;
  if (workload.printed) {
    const { output } = await run(system, argument(records), memory);
    return output
      .trim()
      .split('\n')
      .map((line) => {
        const [label, value] = line.split(' ');
        return [label ?? '', Number(value)];
      });
  }
  const few = Math.max(1, Math.round(records / 10));
  const small = await run(system, argument(few), memory);
  // Start-up differs from run to run: what is measured must last longer than that.
  for (let many = records; ; many *= 4) {
    const large = await run(system, argument(many), memory);
    const seconds = large.seconds - small.seconds;
    if (seconds >= 0.8 || many >= 64 * records) {
      return [['', (many - few) / Math.max(1e-6, seconds)]];
    }
  }
}

function run(
  system: System,
  argument: string,
  memory: Peaks,
): Promise<{ seconds: number; output: string }> {
  const [command, ...rest] = system.command.map((part) => (part === '{n}' ? argument : part));
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command as string, rest, {
      env: { ...process.env, ...system.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
    });
    const watch = system.name === 'Isthmus' ? watchMemory(child.pid as number) : undefined;
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      errors = (errors + data.toString()).slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      for (const [role, peak] of Object.entries(watch?.stop() ?? {}) as [keyof Peaks, number][]) {
        memory[role] = Math.max(memory[role] ?? 0, peak);
      }
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, output });
      else
        reject(
          new Error(`${system.name} ended with ${code}: ${command} ${rest.join(' ')}\n${errors}`),
        );
    });
  });
}

function median(figures: number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

function print(workload: Measured): void {
  process.stdout.write(`\n${workload.name} — ${workload.what}\n`);
  for (const { name, median: value } of workload.rows) {
    const digits = workload.unit === 'records/s' ? 0 : 3;
    const figure = value.toLocaleString('en-US', { maximumFractionDigits: digits });
    process.stdout.write(`  ${name.padEnd(28)}${figure.padStart(14)} ${workload.unit}\n`);
  }
}
