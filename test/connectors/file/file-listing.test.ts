import { mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileListing } from '../../../src/connectors/file/file-listing.ts';
import { systemFiles } from '../../../src/machine/system-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'listing-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function found(listing: FileListing, isFirst = true): Promise<string[]> {
  return (await listing.discover(isFirst)).map(({ of }) => of);
}

test('files of nested folders and links are found once', async () => {
  await mkdir(join(folder, 'sub'));
  await writeFile(join(folder, 'sub', 'a'), '');
  await writeFile(join(folder, '_hidden'), '');
  await symlink(folder, join(folder, 'back'));
  await symlink(join(folder, 'sub'), join(folder, 'also'));
  expect(await found(new FileListing(systemFiles, [folder]))).toEqual([
    join(folder, 'also', 'a'),
    join(folder, 'sub', 'a'),
  ]);
});

test('a path is the same however it is spelt', async () => {
  await writeFile(join(folder, 'a'), '');
  const spelt = [`${folder}/a`, `${folder}/./a`, `${folder}//a`, `file://${folder}/x/../a`];
  const listing = new FileListing(systemFiles, spelt);
  // As often as it is named, each by an id of its own; later it is known by the first.
  const splits = await listing.discover(true);
  expect(splits.map(({ of }) => of)).toEqual(Array(4).fill(join(folder, 'a')));
  expect(new Set(splits.map(({ id }) => id)).size).toBe(4);
  expect((await listing.discover(false)).map(({ id }) => id)).toEqual([splits[0]?.id]);
});

test('a path that vanishes is no error, and one that never was is', async () => {
  const root = join(folder, 'in');
  await mkdir(root);
  const listing = new FileListing(systemFiles, [root], 10);
  expect(await found(listing)).toEqual([]);
  await rmdir(root);
  expect(await found(listing, false)).toEqual([]);
  await mkdir(root);
  await writeFile(join(root, 'a'), '');
  expect(await found(listing, false)).toEqual([join(root, 'a')]);
  await expect(found(new FileListing(systemFiles, [join(folder, 'none')]))).rejects.toThrow(
    'none does not exist',
  );
});
