// TypeScript subtasks whose state is in files, which other processes go on with.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { SubtaskState } from '../../src/state/storage/subtask-state.ts';
import type { Told } from '../fixtures/typescript-subtask.ts';

const program = fileURLToPath(new URL('../fixtures/typescript-subtask.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'isthmus-subtasks-'));
const outFolder = join(folder, 'out');
const stateFolder = join(folder, 'state');
const started: ChildProcess[] = [];
const KEYS = Array.from({ length: 40 }, (_, n) => `k${n}`);

afterEach(async () => {
  await Promise.all(started.splice(0).map(kill));
  rmSync(folder, { recursive: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function tell<Answer>(child: ChildProcess, told: Told): Promise<Answer> {
  child.send(told);
  const [{ answer, error }] = (await once(child, 'message')) as [
    { answer: Answer; error?: string },
  ];
  if (error !== undefined) throw new Error(error);
  return answer;
}

/** A process of so many subtasks, which go on from the states. */
async function open(attempt: number, parallelism: number, restore: SubtaskState[]) {
  const child = fork(program, { serialization: 'advanced', execArgv: [] });
  started.push(child);
  const opening = { parallelism, attempt, restore, stateFolder, outFolder };
  await tell(child, { call: 'open', opening });
  return {
    feed: () => tell(child, { call: 'feed', keys: KEYS }),
    save: (checkpoint: number) => tell<SubtaskState[]>(child, { call: 'save', checkpoint }),
    complete: (checkpoint: number) => tell(child, { call: 'complete', checkpoint }),
    end: (checkpoint: number) => tell(child, { call: 'end', checkpoint }),
    kill: () => kill(child),
  };
}

test('state and files of killed subtasks go on at parallelism 1, 3 and 2', async () => {
  const first = await open(0, 1, []);
  await first.feed();
  const saved = await first.save(1);
  await first.feed(); // In no checkpoint.
  await first.kill();

  const second = await open(1, 3, saved);
  await second.feed();
  const again = await second.save(2);
  await second.complete(2);
  await second.feed();
  await second.kill();
  expect(again.map(({ files }) => files.length)).toEqual([1, 1, 1]);

  const third = await open(2, 2, again);
  await third.feed();
  await third.end(3);
  const names = readdirSync(outFolder);
  expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  const lines = names.flatMap((name) =>
    readFileSync(join(outFolder, name), 'utf8').split('\n').slice(0, -1),
  );
  expect(lines.sort()).toEqual(KEYS.flatMap((key) => [1, 2, 3].map((n) => `${key} ${n}`)).sort());
});
