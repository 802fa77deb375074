// What a completed checkpoint is made of, as one file: whose state is where. It is written last, so that it is there only if
// everything that it names is.
//
//   F1. The first line has the SHA-256 and the length of the rest: a manifest that is damaged or cut short is known as such.
//   F2. One of a later form is refused in a sentence, and never read in part.

import { createHash } from 'node:crypto';
import { decodeControl, encodeControl } from '../bridge/codec/control.ts';
import { StateError } from '../errors.ts';
import { type SubtaskState, stateOfData, stateToData } from '../state/storage/subtask-state.ts';

const FORM = 1;
const MAGIC = 'isthmus checkpoint';

/** A task at a checkpoint. */
export interface TaskState {
  readonly task: number;
  readonly states: readonly SubtaskState[];
}

export interface Manifest {
  readonly job: string;
  readonly jobName: string;
  readonly checkpoint: number;
  /** The attempt that took it. */
  readonly attempt: number;
  /** Milliseconds since the epoch, when it was asked for. */
  readonly at: number;
  readonly tasks: readonly TaskState[];
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const tasks = manifest.tasks.map(({ task, states }) => ({
    task,
    states: states.map(stateToData),
  }));
  const body = encodeControl({ ...manifest, tasks });
  const head = `${MAGIC} ${FORM} ${hashOf(body)} ${body.byteLength}\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** @throws StateError when it is not a whole manifest of a form that is known here (F1, F2) */
export function decodeManifest(bytes: Uint8Array, path: string): Manifest {
  const end = bytes.indexOf(0x0a);
  const head = Buffer.from(bytes.subarray(0, Math.max(0, end))).toString('latin1');
  const [, form, hash, length] = /^isthmus checkpoint (\d+) ([0-9a-f]{64}) (\d+)$/.exec(head) ?? [];
  if (form === undefined) throw damaged(path, 'it does not begin as one');
  if (Number(form) !== FORM) {
    throw new StateError(
      `The checkpoint ${path} is of form ${form}, this release of Isthmus reads form ${FORM}. ` +
        'Restore it with the release that wrote it, or a later one.',
    );
  }
  const body = bytes.subarray(end + 1);
  if (body.byteLength !== Number(length)) {
    throw damaged(path, `it has ${body.byteLength} of ${length} bytes`);
  }
  if (hashOf(body) !== hash) throw damaged(path, 'its bytes are not those that were written');
  const data = decodeControl(body) as unknown as Omit<Manifest, 'tasks'> & {
    tasks: { task: number; states: unknown[] }[];
  };
  const tasks = data.tasks.map(({ task, states }) => ({ task, states: states.map(stateOfData) }));
  return { ...data, tasks };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function damaged(path: string, how: string): StateError {
  return new StateError(`The checkpoint ${path} is damaged: ${how}. Restore from another one.`);
}
