// Peak memory of a process and all it started, by role. Linux only: elsewhere nothing is known.

import { readFileSync, readdirSync } from 'node:fs';

export type Role = 'program' | 'runtime' | 'worker';
/** MiB, each the largest of its role. */
export type Peaks = Partial<Record<Role, number>>;

/** The kernel keeps the peaks; looking more often would take a share of what is measured. */
const LOOK_MS = 400;
/** Of processes that end before that. */
const FIRST_LOOK_MS = 150;

/** Looks at the processes now and then until `stop()`, which returns the peaks. */
export function watchMemory(pid: number): { stop(): Peaks } {
  const peaks: Peaks = {};
  const look = (): void => {
    for (const each of family(pid)) {
      const found = peakOf(each);
      if (found === undefined) continue;
      peaks[found.role] = Math.max(peaks[found.role] ?? 0, found.mebibytes);
    }
  };
  const first = setTimeout(look, FIRST_LOOK_MS);
  const timer = setInterval(look, LOOK_MS);
  return {
    stop: () => {
      clearTimeout(first);
      clearInterval(timer);
      return peaks;
    },
  };
}

function family(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce(
      (found, thread) => {
        const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
        const each = children === '' ? [] : children.split(' ').map(Number);
        return [...found, ...each.flatMap(family)];
      },
      [pid],
    );
  } catch {
    return []; // It has ended meanwhile.
  }
}

function peakOf(pid: number): { role: Role; mebibytes: number } | undefined {
  try {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const role = roleOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    if (kibibytes === undefined || role === undefined) return undefined;
    return { role, mebibytes: Number(kibibytes) / 1024 };
  } catch {
    return undefined;
  }
}

function roleOf(command: string): Role | undefined {
  if (command.includes('isthmus._worker')) return 'worker';
  // A TypeScript program holds the runtime itself.
  if (command.includes('runtime.mjs') || command.includes('mixed.mjs')) return 'runtime';
  return command.includes('-misthmus') || command.includes('-m\0isthmus') ? 'program' : undefined;
}
