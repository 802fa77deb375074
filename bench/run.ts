// `npm run bench [-- --quick] [--only WORD] [--no-peers] [--publish]`: every system side by side in one run, medians of several.
//
// A rate is (large − small) / (time of large − time of small), each a whole process, so start-up is taken out. Systems
// take turns within a round, so that a slow minute of the machine hits all of them alike. Figures are ratios first.
// `--publish` makes docs/benchmarks.md of the results.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './measure.ts';
import type { Peaks } from './memory.ts';
import { benchmarksPage, type Measured } from './page.ts';
import { ensurePeers, type Peers } from './peers.ts';
import { python, root } from './systems.ts';
import { workloads } from './workloads.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3));
const peers: Peers = flags['no-peers'] ? {} : await ensurePeers(join(root, 'bench', 'venvs'));
const all = workloads(peers);
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
      const figures = await measure(workload, system, memory, flags.quick).catch((error: Error) => {
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
});
mkdirSync(join(root, 'bench', 'results'), { recursive: true });
writeFileSync(join(root, 'bench', 'results', 'benchmarks.md'), page);
writeFileSync(resultsFile, JSON.stringify(results, null, 2));
if (flags.publish) writeFileSync(join(root, 'docs', 'benchmarks.md'), page);
process.stdout.write(`written: ${flags.publish ? 'docs' : 'bench/results'}/benchmarks.md\n`);

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
