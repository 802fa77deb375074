import { mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileListing, subtaskOfPath } from '../../../src/connectors/file/file-listing.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'listing-'));
});
afterEach(() => rm(folder, { recursive: true }));

function listings(paths: string[], parallelism = 3): FileListing[] {
  return Array.from({ length: parallelism }, (_, i) => new FileListing(paths, i, parallelism));
}

async function allOf(watching: FileListing[]): Promise<string[]> {
  return (await Promise.all(watching.map((listing) => listing.look()))).flat();
}

test('files that come and go between looks are given out once', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `f${i}`);
  const order = fc.shuffledSubarray(names, { minLength: 12 });
  const lookers = fc.array(fc.nat(2), { minLength: 24, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(order, lookers, async (shuffled, who) => {
      const root = await mkdtemp(join(folder, 'in-'));
      const watching = listings([root]);
      const look = async (at: number) => (watching[who[at] as number] as FileListing).look();
      const found: string[] = [];
      for (const [index, name] of shuffled.entries()) {
        await writeFile(join(root, name), '');
        await writeFile(join(root, `a${name}`), ''); // Seen by one subtask only.
        found.push(...(await look(2 * index)));
        await rm(join(root, `a${name}`));
        found.push(...(await look(2 * index + 1)));
      }
      found.push(...(await allOf(watching)));
      const given = found.map((path) => basename(path)).filter((name) => name.startsWith('f'));
      expect(given.toSorted()).toEqual(names.toSorted());
    }),
    { numRuns: 20 },
  );
});

test('files of nested folders and links belong to one subtask', async () => {
  await mkdir(join(folder, 'sub'));
  await writeFile(join(folder, 'sub', 'a'), '');
  await symlink(folder, join(folder, 'back'));
  await symlink(join(folder, 'sub'), join(folder, 'also'));
  const given = await allOf(listings([folder]));
  expect(given.toSorted()).toEqual([join(folder, 'also', 'a'), join(folder, 'sub', 'a')]);
});

test.each([1, 2, 3])('a path is the same however it is spelt, at parallelism %i', async (p) => {
  await writeFile(join(folder, 'a'), '');
  const spelt = [`${folder}/a`, `${folder}/./a`, `${folder}//a`, `file://${folder}/x/../a`];
  const watching = listings(spelt, p);
  expect(await allOf(watching)).toEqual(Array(4).fill(join(folder, 'a'))); // As often as it is named.
  expect(await allOf(watching)).toEqual([]);
  await mkdir(join(folder, 'b'));
  const folders = listings([join(folder, 'b'), `${folder}/./b`], p);
  expect(await allOf(folders)).toEqual([]);
  await writeFile(join(folder, 'b', 'c'), '');
  expect(await allOf(folders)).toEqual([join(folder, 'b', 'c')]);
});

test('files that are named are dealt by turns', async () => {
  const paths = ['d', 'c', 'b', 'a'].map((name) => join(folder, name));
  for (const path of paths) await writeFile(path, '');
  const [even, odd] = listings(paths, 2) as [FileListing, FileListing];
  expect(await even.look()).toEqual([paths[0], paths[2]]);
  expect(await odd.look()).toEqual([paths[1], paths[3]]);
});

test('a path that vanishes is no error, and one that never was is', async () => {
  const root = join(folder, 'in');
  await mkdir(root);
  const listing = new FileListing([root], 0, 1);
  expect(await listing.look()).toEqual([]);
  await rmdir(root);
  expect(await listing.look()).toEqual([]);
  await mkdir(root);
  await writeFile(join(root, 'a'), '');
  expect(await listing.look()).toEqual([join(root, 'a')]);
  await expect(new FileListing([join(folder, 'none')], 0, 1).look()).rejects.toThrow(
    'none does not exist',
  );
});

test('Python deals alike', () => {
  // The same numbers are in test/python/worker/test_file_listing.py.
  const dealt = ['a', 'b', 'c', 'größe.txt'].map((name) => subtaskOfPath(`/data/in/${name}`, 3));
  expect(dealt).toEqual([1, 2, 0, 1]);
});
