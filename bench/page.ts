// The Markdown page of a benchmark run.

import type { Peaks } from './memory.ts';

export interface Measured {
  name: string;
  what: string;
  unit: string;
  rows: { name: string; median: number; runs: number }[];
  /** Of Isthmus. */
  memory?: Peaks;
}

export interface RunFacts {
  date: string;
  machine: string;
  node: string;
  python: string;
}

export function benchmarksPage(measured: Measured[], facts: RunFacts): string {
  const tables = measured.map((workload) => {
    const own = workload.rows[0]?.median ?? Number.NaN;
    const lines = workload.rows.map(({ name, median }) => {
      const ratio = workload.unit === 'records/s' ? own / median : median / own;
      const shown = median.toLocaleString('en-US', {
        maximumFractionDigits: workload.unit === 'records/s' ? 0 : 3,
      });
      return `| ${name} | ${shown} | ${ratio.toFixed(2)} |`;
    });
    return `## ${workload.name}\n\n${workload.what}\n\n| system | ${workload.unit} | Isthmus is better by |\n| --- | ---: | ---: |\n${lines.join('\n')}\n${memoryLine(workload.memory)}`;
  });
  return `# Benchmarks

Made by \`npm run bench\` on ${facts.date}: ${facts.machine}; Node ${facts.node}, CPython ${facts.python}. Medians of ${roundsText(measured)}
in which the systems take turns (PyFlink: one round). Start-up is taken out by the difference of a small and a large run. The machine is
shared: ratios count, absolute figures drift. "CPython loop" is the limit: the same functions in a bare loop, with nothing around them. Memory is the
largest resident set of a process of that role; a TypeScript program holds the runtime itself.

${summary(measured)}

${tables.join('\n')}`;
}

function roundsText(measured: readonly Measured[]): string {
  const runs = measured.map(({ rows }) => rows[0]?.runs ?? 0);
  const [least, most] = [Math.min(...runs), Math.max(...runs)];
  return least === most ? `${most} round(s)` : `${least} to ${most} rounds`;
}

/** Throughputs as one table of ratios. */
function summary(measured: readonly Measured[]): string {
  const peers = ['CPython loop', 'Bytewax', 'PyFlink thread', 'PyFlink process'];
  const lines = measured
    .filter(({ unit, rows }) => unit === 'records/s' && rows.some(({ name }) => name !== 'Isthmus'))
    .map(({ name, rows }) => {
      const own = rows[0]?.median ?? Number.NaN;
      const cells = peers.map((peer) => {
        const found = rows.find((row) => row.name === peer);
        return found === undefined ? '' : ratioText(own / found.median);
      });
      return `| ${name} | ${rateText(own)} | ${cells.join(' | ')} |`;
    });
  return `| throughput | records/s | ${peers.map((peer) => `÷ ${peer}`).join(' | ')} |
| --- | ---: | ${peers.map(() => '---:').join(' | ')} |
${lines.join('\n')}`;
}

function rateText(rate: number): string {
  return rate >= 1e5 ? `${(rate / 1e6).toFixed(2)} M` : `${(rate / 1e3).toFixed(1)} k`;
}

function ratioText(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2);
}

function memoryLine(memory: Peaks | undefined): string {
  const peaks = Object.entries(memory ?? {}).map(([role, mib]) => `${role} ${Math.round(mib)} MiB`);
  return peaks.length === 0 ? '' : `\nPeak memory of Isthmus: ${peaks.join(', ')}.\n`;
}
