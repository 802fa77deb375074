import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FilesNow } from '../../src/machine/files.ts';
import { filesContract } from '../machine/files-contract.ts';
import { LockStep } from './lock-step.ts';
import { type Operation, SimulatedDisk } from './simulated-disk.ts';
import { Simulation } from './simulation.ts';

filesContract('a simulated disk', () => {
  const disk = new SimulatedDisk({ random: Math.random });
  disk.files.now.makeFolder('/d');
  return { files: disk.files, folder: '/d' };
});

const SEEDS = 200;

function write(files: FilesNow, path: string, text: string, sync: boolean): void {
  const file = files.open(path, 'write');
  file.write(Buffer.from(text));
  if (sync) file.sync();
  file.close();
}

function read(files: FilesNow, path: string): string | undefined {
  if (files.stat(path) === undefined) return undefined;
  const file = files.open(path, 'read');
  const bytes = Buffer.alloc(file.size());
  file.read(bytes, 0);
  return bytes.toString();
}

/** What is found under `/d/f` when the power has gone behind `act`, over many seeds. */
function outcomes(
  act: (files: FilesNow) => void,
  before: (files: FilesNow) => void = () => {},
): Set<string | undefined> {
  const seen = new Set<string | undefined>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const disk = new SimulatedDisk({ random: new Simulation(seed).random });
    const { now } = disk.files;
    now.makeFolder('/d');
    now.syncFolder('/');
    before(now);
    act(now);
    disk.losePower();
    seen.add(read(now, '/d/f'));
  }
  return seen;
}

describe('a loss of power', () => {
  test('leaves what was synced, names and bytes', () => {
    const durable = outcomes((files) => {
      write(files, '/d/f', 'abc', true);
      files.syncFolder('/d');
    });
    expect([...durable]).toEqual(['abc']);
  });

  test('may tear bytes that were not', () => {
    const torn = outcomes((files) => {
      write(files, '/d/f', 'abc', false);
      files.syncFolder('/d');
    });
    expect(torn).toEqual(new Set(['', 'a', 'ab', 'abc', '\0\0\0', 'a\0\0', 'ab\0']));
  });

  test('may lose a name that was not, and what a file was before is never lost with it', () => {
    expect(outcomes((files) => write(files, '/d/f', 'abc', true))).toEqual(
      new Set([undefined, 'abc']),
    );
    const replaced = outcomes(
      (files) => {
        write(files, '/d/new', 'new', true);
        files.rename('/d/new', '/d/f');
      },
      (files) => {
        write(files, '/d/f', 'old', true);
        files.syncFolder('/d');
      },
    );
    expect(replaced).toEqual(new Set(['old', 'new']));
  });

  test('behind a rename of what was not synced the name is there and its bytes are not', () => {
    const replaced = outcomes((files) => {
      write(files, '/d/new', 'new', false);
      files.rename('/d/new', '/d/f');
      files.syncFolder('/d');
    });
    expect(replaced).toContain('');
    expect(replaced).not.toContain(undefined);
  });

  test('leaves no use in what was open', () => {
    const disk = new SimulatedDisk({ random: Math.random });
    const file = disk.files.now.open('/f', 'write');
    disk.losePower();
    expect(() => file.write(Buffer.from('a'))).toThrow('EIO');
  });
});

test('a write that fails may have arrived in part', () => {
  const { random } = new Simulation(1);
  let full = false;
  const fault = (operation: Operation) => (full && operation === 'write' ? 'ENOSPC' : undefined);
  const { now } = new SimulatedDisk({ random, fault }).files;
  const file = now.open('/f', 'write');
  file.write(Buffer.from('abc'));
  full = true;
  expect(() => file.write(Buffer.from('defghijk'))).toThrow('ENOSPC');
  expect('abcdefghijk'.startsWith(read(now, '/f') as string)).toBe(true);
});

test('what is written, synced, renamed and synced again survives, whatever else goes on', () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    text: fc.string({ maxLength: 5 }),
    sync: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 20 }), (seed, steps) => {
      const disk = new SimulatedDisk({ random: new Simulation(seed).random });
      const { now } = disk.files;
      now.makeFolder('/d');
      now.syncFolder('/');
      const durable = new Map<string, string>();
      for (const { name, text, sync } of steps) {
        const temporary = `/d/${name}.new`;
        write(now, temporary, text, true);
        now.rename(temporary, `/d/${name}`);
        if (!sync) durable.delete(name);
        else {
          now.syncFolder('/d');
          durable.set(name, text);
        }
      }
      disk.losePower();
      for (const [name, text] of durable) expect(read(now, `/d/${name}`)).toBe(text);
    }),
  );
});

test('is the disk of the simulated workers, too', async () => {
  const disk = new SimulatedDisk({ random: new Simulation(1).random });
  disk.files.now.makeFolder('/d');
  const lockStep = await LockStep.start();
  try {
    expect(await lockStep.contract(disk.files.now)).toEqual([]);
  } finally {
    await lockStep.close();
  }
  expect(disk.files.now.entries('/d').length).toBeGreaterThan(5);
});
