// A checkpoint of another job's folder becomes the first of this one's.

import { basename, dirname, join } from 'node:path';
import { StateError } from '../errors.ts';
import type { Files } from '../machine/files.ts';
import { CheckpointFolder, filesOf, readManifest } from './checkpoint-folder.ts';
import type { Manifest } from './manifest.ts';

/** Bytes that are copied at a time. */
const PIECE = 1 << 20;

/**
 * Copies a checkpoint with all files that it names, which are synced before its manifest is sealed.
 *
 * @param path the folder of a job, of which the newest whole checkpoint counts, or one manifest in it
 * @throws StateError when there is none
 */
export async function adopt(files: Files, into: CheckpointFolder, path: string): Promise<void> {
  const [manifest, from] = await found(files, path);
  for (const name of filesOf(manifest)) {
    await copy(files, join(from, basename(name)), join(into.path, basename(name)));
  }
  await files.syncFolder(into.path);
  await into.seal(manifest);
}

async function found(files: Files, path: string): Promise<[Manifest, folder: string]> {
  const there = await files.stat(path);
  if (there?.folder === false) return [await readManifest(files, path), dirname(path)];
  const damaged: string[] = [];
  const folder = new CheckpointFolder(files, path, (message) => damaged.push(message));
  const manifest = there === undefined ? undefined : await folder.newest();
  if (manifest !== undefined) return [manifest, path];
  const why = there === undefined ? 'there is no such file or folder' : 'it has no checkpoint';
  throw new StateError(
    `The job cannot begin from ${path}: ${[why, ...damaged].join('. ')}. Give the folder of a job among its checkpoints.`,
  );
}

async function copy(files: Files, from: string, to: string): Promise<void> {
  const source = await files.open(from, 'read');
  try {
    const target = await files.open(to, 'private');
    try {
      const piece = Buffer.alloc(PIECE);
      for (let at = 0, got = -1; got !== 0; at += got) {
        got = await source.read(piece, at);
        if (got > 0) await target.write(piece.subarray(0, got));
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
