// Runs a system on a workload and measures: a rate without start-up, the time of a whole process, or what it prints.

import { spawn } from 'node:child_process';
import { type Peaks, watchMemory } from './memory.ts';
import type { System, Workload } from './workload.ts';

/** Figures of one run by label; `''` where there is one. `quick` takes a quarter of the records. */
export async function measure(
  workload: Workload,
  system: System,
  memory: Peaks,
  quick: boolean,
): Promise<[label: string, value: number][]> {
  if (workload.whole) return [['', (await run(system, '', memory)).seconds]];
  const records = Math.round(workload.large * (system.scale ?? 1) * (quick ? 0.25 : 1));
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
