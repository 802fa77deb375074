import { describe, expect, test } from 'vitest';
import { CheckpointFolder } from '../../src/checkpoint/checkpoint-folder.ts';
import { type Manifest, decodeManifest, encodeManifest } from '../../src/checkpoint/manifest.ts';
import type { Files } from '../../src/machine/files.ts';
import { Simulation } from '../simulation/simulation.ts';
import { SimulatedDisk } from '../simulation/simulated-disk.ts';
import { kept, read, whole } from './states.ts';

const FOLDER = '/c/job';

interface Made {
  disk: SimulatedDisk;
  files: Files;
  folder: CheckpointFolder;
  warnings: string[];
}

async function made(options: { seed?: number; fault?: (op: string) => string | undefined } = {}) {
  const { random } = new Simulation(options.seed ?? 1);
  const disk = new SimulatedDisk({ random, ...(options.fault && { fault: options.fault }) });
  const warnings: string[] = [];
  const folder = new CheckpointFolder(disk.files, FOLDER, (message) => warnings.push(message));
  disk.files.now.makeFolder('/c');
  disk.files.now.syncFolder('/');
  await folder.make();
  disk.files.now.syncFolder('/c');
  return { disk, files: disk.files, folder, warnings } satisfies Made;
}

async function manifest(files: Files, checkpoint: number, data = `s${checkpoint}`) {
  const state = await kept(files, FOLDER, { checkpoint }, [whole(0, data)]);
  const tasks = [{ task: 0, states: [state] }];
  return { job: 'j', jobName: 'job', checkpoint, attempt: 0, at: 1_700_000_000_000, tasks };
}

async function contents(files: Files, found: Manifest | undefined): Promise<string[]> {
  const [state] = found?.tasks[0]?.states ?? [];
  return state === undefined ? [] : read(files, FOLDER, state);
}

test('a manifest is what was written, and nothing else', async () => {
  const { files } = await made();
  const one = await manifest(files, 2 ** 33);
  const bytes = encodeManifest(one);
  const read = decodeManifest(bytes, 'm');
  expect(encodeManifest(read)).toEqual(bytes);
  expect(read).toMatchObject({ ...one, tasks: [{ task: 0, states: [{ subtask: 0 }] }] });
  for (let cut = 0; cut < bytes.length; cut += 7) {
    expect(() => decodeManifest(bytes.subarray(0, cut), 'm')).toThrow(/is damaged/);
  }
  for (let at = 0; at < bytes.length; at += 5) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    expect(() => decodeManifest(damaged, 'm')).toThrow(/is damaged|is of form/);
  }
  const later = Buffer.from(Buffer.from(bytes).toString('latin1').replace(' 1 ', ' 2 '), 'latin1');
  expect(() => decodeManifest(later, 'm')).toThrow(
    /is of form 2, this release of Isthmus reads form 1/,
  );
});

describe('the newest whole checkpoint counts', () => {
  test('one that is damaged is told of and passed over', async () => {
    const { files, folder, warnings } = await made();
    await folder.seal(await manifest(files, 1));
    await folder.seal(await manifest(files, 2));
    const file = files.now.open(`${FOLDER}/chk-0000000002.manifest`, 'append');
    file.write(Buffer.from('x'));
    file.close();
    expect((await folder.newest())?.checkpoint).toBe(1);
    expect(warnings).toEqual([expect.stringMatching(/chk-0000000002.manifest is damaged: it has/)]);
  });

  test('one whose file is gone, or shorter, too', async () => {
    const { files, folder, warnings } = await made();
    const last = await manifest(files, 3, 'three');
    for (const checkpoint of [1, 2]) await folder.seal(await manifest(files, checkpoint));
    await folder.seal(last);
    const file = files.now.open(`${FOLDER}/0000000003-a0-t0-s0.state`, 'append');
    file.truncate(2);
    file.close();
    expect((await folder.newest())?.checkpoint).toBe(2);
    await files.remove(`${FOLDER}/0000000002-a0-t0-s0.state`);
    expect((await folder.newest())?.checkpoint).toBe(1);
    expect(warnings.join('\n')).toMatch(/has 2 of 5 bytes/);
    expect(warnings.join('\n')).toMatch(/is not there/);
  });
});

test('older ones go, with the files that only they name', async () => {
  const { files, folder } = await made();
  for (let checkpoint = 1; checkpoint <= 5; checkpoint++) {
    await folder.seal(await manifest(files, checkpoint));
  }
  // Left by a subtask that died, and of one that is on its way.
  await kept(files, FOLDER, { checkpoint: 4, task: 7 }, [whole(0, 'x')]);
  await kept(files, FOLDER, { checkpoint: 6 }, [whole(0, 'x')]);
  await folder.retain(2);
  const names = (await files.entries(FOLDER)).map(({ name }) => name).sort();
  expect(names).toEqual([
    '0000000004-a0-t0-s0.state',
    '0000000005-a0-t0-s0.state',
    '0000000006-a0-t0-s0.state',
    'chk-0000000004.manifest',
    'chk-0000000005.manifest',
  ]);
  expect(await folder.highest()).toBe(6);
});

test('power may go at any operation: there is the old checkpoint or the new one, whole', async () => {
  const seen = new Set<number | undefined>();
  for (let at = 1; at < 60; at++) {
    let operations = 0;
    let counts = false;
    const dies = (): string | undefined => (counts && ++operations >= at ? 'EIO' : undefined);
    const { disk, files, folder } = await made({ seed: at, fault: dies });
    await folder.seal(await manifest(files, 1));
    counts = true;
    try {
      await folder.seal(await manifest(files, 2));
      await folder.retain(1);
    } catch {
      // As its disk has.
    }
    counts = false;
    disk.losePower();
    const found = await folder.newest();
    expect(found, `operation ${at}`).toBeDefined();
    expect(await contents(files, found)).toEqual([`0 s${found?.checkpoint}`]);
    seen.add(found?.checkpoint);
  }
  expect(seen).toEqual(new Set([1, 2]));
});

test('nothing is found of a checkpoint that could not be sealed', async () => {
  let full = false;
  const { files, folder } = await made({
    fault: (op) => (full && op === 'write' ? 'ENOSPC' : undefined),
  });
  await folder.seal(await manifest(files, 1));
  const next = await manifest(files, 2);
  full = true;
  await expect(folder.seal(next)).rejects.toThrow(/ENOSPC/);
  full = false;
  const names = (await files.entries(FOLDER)).map(({ name }) => name);
  expect(names.filter((name) => name.includes('manifest'))).toEqual(['chk-0000000001.manifest']);
});
