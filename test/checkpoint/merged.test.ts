import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WHOLE } from '../../src/state/chunks.ts';
import { bytesOf, onTopOf } from '../../src/checkpoint/merged.ts';
import type { SubtaskState } from '../../src/state/storage/subtask-state.ts';
import { SEED } from '../seed.ts';
import { SimulatedDisk } from '../simulation/simulated-disk.ts';
import { type Written, changed, kept, read, whole } from './states.ts';

const FOLDER = '/c';

function disk() {
  const { files } = new SimulatedDisk({ random: Math.random });
  files.now.makeFolder(FOLDER);
  return files;
}

test('what is whole voids what came before it, changes go behind it', async () => {
  const files = disk();
  const base = await kept(files, FOLDER, { checkpoint: 1 }, [whole(0, 'a'), whole(1, 'b')]);
  const next = await kept(files, FOLDER, { checkpoint: 2, base: 1 }, [
    changed(0, 'c'),
    whole(1, 'd'),
  ]);
  const merged = onTopOf(base, next);
  expect(await read(files, FOLDER, merged)).toEqual(['0 a', '0 c', '1 d']);
  expect(merged.base).toBeUndefined();
  expect(bytesOf(merged)).toBe(3);
});

test('a file that nothing is read from any more is not named', async () => {
  const files = disk();
  let state = await kept(files, FOLDER, { checkpoint: 1 }, [whole(0, 'a')]);
  for (let checkpoint = 2; checkpoint < 5; checkpoint++) {
    const where = { checkpoint, base: checkpoint - 1 };
    state = onTopOf(state, await kept(files, FOLDER, where, [whole(0, String(checkpoint))]));
  }
  expect(state.files).toHaveLength(1);
  expect(await read(files, FOLDER, state)).toEqual(['0 4']);
});

test('an increment without a table leaves it as it was', async () => {
  const files = disk();
  const base = await kept(files, FOLDER, { checkpoint: 1 }, [whole(0, 'a')]);
  const merged = onTopOf(base, await kept(files, FOLDER, { checkpoint: 2, base: 1 }, []));
  expect(await read(files, FOLDER, merged)).toEqual(['0 a']);
  expect(merged.files).toEqual(base.files);
});

test('an operator that is no more takes its state with it', async () => {
  const files = disk();
  const base = await kept(files, FOLDER, { checkpoint: 1, uid: 'old' }, [whole(0, 'a')]);
  const next = await kept(files, FOLDER, { checkpoint: 2, uid: 'new' }, [whole(0, 'b')]);
  expect(await read(files, FOLDER, onTopOf(base, next))).toEqual(['0 b']);
});

test('whatever the increments, the chunks that are left are those since each last whole one', async () => {
  const chunk = fc.record({
    group: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom(0 as const, 1 as const),
    data: fc.stringMatching(/^[a-z]{1,3}$/),
  });
  const increments = fc.array(fc.array(chunk, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(increments, async (steps: Written[][]) => {
      const files = disk();
      const expected = new Map<number, string[]>();
      let state: SubtaskState = await kept(files, FOLDER, { checkpoint: 0 }, []);
      for (const [step, chunks] of steps.entries()) {
        const checkpoint = step + 1;
        for (const { group, kind, data } of chunks) {
          if (kind === WHOLE) expected.set(group, [data]);
          else expected.set(group, [...(expected.get(group) ?? []), data]);
        }
        state = onTopOf(state, await kept(files, FOLDER, { checkpoint }, chunks));
      }
      const found = new Map<number, string[]>();
      for (const text of await read(files, FOLDER, state)) {
        const [group, data] = text.split(' ') as [string, string];
        found.set(Number(group), [...(found.get(Number(group)) ?? []), data]);
      }
      const sorted = (of: Map<number, string[]>) => [...of].sort(([a], [b]) => a - b);
      expect(sorted(found)).toEqual(sorted(expected));
    }),
    { seed: SEED, numRuns: 100 },
  );
});
