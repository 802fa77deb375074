import { chmodSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemFiles } from '../../src/machine/system-files.ts';
import { filesContract } from './files-contract.ts';

const made: string[] = [];

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'isthmus-files-')));
  made.push(path);
  return path;
}

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

filesContract('files of the system', () => ({ files: systemFiles, folder: folder() }));

test('a private folder is private, whatever it was', async () => {
  const path = join(folder(), 'x');
  systemFiles.now.makeFolder(path);
  chmodSync(path, 0o777);
  await systemFiles.makeFolder(path, 'private');
  expect(statSync(path).mode & 0o777).toBe(0o700);
  chmodSync(path, 0o755);
  systemFiles.now.makeFolder(path, 'private');
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('a link is listed as one, and looked through by stat', () => {
  const path = folder();
  systemFiles.now.makeFolder(join(path, 'x'));
  symlinkSync(join(path, 'x'), join(path, 'l'));
  expect(systemFiles.now.entries(path)).toContainEqual({ name: 'l', kind: 'link' });
  expect(systemFiles.now.stat(join(path, 'l'))).toMatchObject({ folder: true });
  expect(systemFiles.now.realPath(join(path, 'l'))).toBe(join(path, 'x'));
});
