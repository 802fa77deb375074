// What one subtask had at one checkpoint, as plain data: whose state it is, and where each piece of it is kept. Twin of
// python/isthmus/_worker/state/storage/subtask_state.py.
//
// It crosses the bridge (SNAPSHOT, DEPLOY) and goes into manifests; state itself does neither. On the wire it is a map of
// the protocol's codec (docs/protocol.md §9), of which test/vectors/subtask-state.json has examples.
//
//   D1. What is read has every field, of its type, or is refused with the path of the one that has not.

import { StateError } from '../../errors.ts';
import type { Language, TypeSpec } from '../../graph/job-graph.ts';
import type { Form } from '../tables.ts';

/** Of the form that is written here; one of a later release is refused. */
export const STATE_VERSION = 1;
/** Bytes of a SHA-256. */
const CHECKSUM_BYTES = 32;

/** Where a chunk is kept, and how to know that it is whole. */
export interface ChunkHandle {
  /** How its bytes are to be read: stored-value.ts, or 2 for a pickle of Python. */
  readonly codec: number;
  /** −1: of a table that has no keys. */
  readonly group: number;
  /** Whether it begins the key group anew or says what has changed (chunks.ts). */
  readonly kind: number;
  /** Index in `files`; where that is empty, the number of the chunk in STATE frames. */
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
  /** SHA-256 of its bytes. */
  readonly checksum: Uint8Array;
}

export interface KeptTable {
  readonly name: string;
  readonly form: Form;
  /** In the order in which they are to be loaded. */
  readonly chunks: readonly ChunkHandle[];
}

/** An operator as whose state something was kept. */
export interface KeptOperator {
  readonly uid: string;
  readonly name: string;
  readonly kind: string;
  readonly language: Language;
  /** The declared type of its keys, if any. */
  readonly keyType?: TypeSpec;
  readonly tables: readonly KeptTable[];
}

export interface SubtaskState {
  /** The checkpoint that these are the changes since; absent where it is all there is. */
  readonly base?: number;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Names of files in the folder of the job's state; empty where chunks go over the bridge. */
  readonly files: readonly string[];
  /** Every operator of the chain, also those that keep nothing. */
  readonly operators: readonly KeptOperator[];
}

/** As it goes into a control frame or a manifest. */
export function stateToData(state: SubtaskState): { [field: string]: unknown } {
  const { base, subtask, parallelism, maxParallelism, files, operators } = state;
  return {
    version: STATE_VERSION,
    ...(base === undefined ? {} : { base }),
    subtask,
    parallelism,
    maxParallelism,
    files,
    operators: operators.map(({ uid, name, kind, language, keyType, tables }) => ({
      uid,
      name,
      kind,
      language,
      ...(keyType === undefined ? {} : { keyType }),
      tables: tables.map((table) => ({
        name: table.name,
        form: table.form,
        chunks: table.chunks.map((c) => [
          c.codec,
          c.group,
          c.kind,
          c.file,
          c.offset,
          c.bytes,
          Buffer.from(c.checksum),
        ]),
      })),
    })),
  };
}

/** @throws StateError when it is not what `stateToData` makes (D1) */
export function stateOfData(data: unknown): SubtaskState {
  const given = new Fields(data, '');
  const version = given.count('version');
  if (version !== STATE_VERSION) {
    throw new StateError(
      `The state of a subtask is of form ${version}, this release of Isthmus reads form ${STATE_VERSION}. ` +
        'Restore it with the release that wrote it, or a later one.',
    );
  }
  const files = given.list('files', (file, path) => text(file, path));
  return {
    ...(given.get('base') === undefined ? {} : { base: given.count('base') }),
    subtask: given.count('subtask'),
    parallelism: given.count('parallelism'),
    maxParallelism: given.count('maxParallelism'),
    files,
    operators: given.list('operators', (operator, path) => keptOperator(operator, path, files)),
  };
}

/** A form without a row does not compile. */
const FORMS: Readonly<Record<Form, true>> = {
  keyed: true,
  map: true,
  namespaced: true,
  derived: true,
  drawn: true,
  list: true,
  union: true,
  broadcast: true,
};

function keptOperator(data: unknown, path: string, files: readonly string[]): KeptOperator {
  const given = new Fields(data, path);
  const language = given.text('language');
  if (language !== 'python' && language !== 'typescript') throw malformed(`${path}.language`);
  const keyType = given.get('keyType');
  if (keyType !== undefined && keyType !== null && !isType(keyType)) {
    throw malformed(`${path}.keyType`);
  }
  return {
    uid: given.text('uid'),
    name: given.text('name'),
    kind: given.text('kind'),
    language,
    ...(keyType === undefined || keyType === null ? {} : { keyType }),
    tables: given.list('tables', (table, at) => keptTable(table, at, files)),
  };
}

function keptTable(data: unknown, path: string, files: readonly string[]): KeptTable {
  const given = new Fields(data, path);
  const form = given.text('form');
  if (!Object.hasOwn(FORMS, form)) throw malformed(`${path}.form`);
  return {
    name: given.text('name'),
    form: form as Form,
    chunks: given.list('chunks', (chunk, at) => chunkHandle(chunk, at, files)),
  };
}

function chunkHandle(data: unknown, path: string, files: readonly string[]): ChunkHandle {
  if (!Array.isArray(data) || data.length !== 7) throw malformed(path);
  const [codec, group, kind, file, offset, bytes, checksum] = data as unknown[];
  const numbers = [codec, (group as number) + 1, file, offset, bytes];
  if (!numbers.every(isCount) || (kind !== 0 && kind !== 1 && kind !== 2)) throw malformed(path);
  if (!(checksum instanceof Uint8Array) || checksum.byteLength !== CHECKSUM_BYTES) {
    throw malformed(path);
  }
  if (files.length > 0 && (file as number) >= files.length) throw malformed(path);
  return {
    codec: codec as number,
    group: group as number,
    kind,
    file: file as number,
    offset: offset as number,
    bytes: bytes as number,
    checksum,
  };
}

/** Fields of a map, each of which must be there. */
class Fields {
  readonly #fields: { readonly [name: string]: unknown };
  readonly #path: string;

  constructor(data: unknown, path: string) {
    if (
      typeof data !== 'object' ||
      data === null ||
      Array.isArray(data) ||
      ArrayBuffer.isView(data)
    ) {
      throw malformed(path);
    }
    this.#fields = data as { [name: string]: unknown };
    this.#path = path;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  text(name: string): string {
    return text(this.get(name), this.#at(name));
  }

  count(name: string): number {
    const value = this.get(name);
    if (!isCount(value)) throw malformed(this.#at(name));
    return value;
  }

  list<T>(name: string, read: (item: unknown, path: string) => T): T[] {
    const items = this.get(name);
    const path = this.#at(name);
    if (!Array.isArray(items)) throw malformed(path);
    return items.map((item, i) => read(item, `${path}[${i}]`));
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

function isType(value: unknown): value is TypeSpec {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, fields = [], names, key, value: item, element } = value as { [f: string]: unknown };
  if (typeof kind !== 'string' || !Array.isArray(fields) || !fields.every(isType)) return false;
  if (names !== undefined) {
    if (!Array.isArray(names) || names.length !== fields.length) return false;
    if (!names.every((name) => typeof name === 'string')) return false;
  }
  if (kind === 'TUPLE' || kind === 'ROW') {
    return Object.hasOwn(value, 'fields') && (kind === 'TUPLE' || names !== undefined);
  }
  if (kind === 'MAP') return isType(key) && isType(item);
  const holds = ['LIST', 'PRIMITIVE_ARRAY', 'BASIC_ARRAY', 'OBJECT_ARRAY'].includes(kind);
  return holds ? isType(element) : true;
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw malformed(path);
  return value;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function malformed(path: string): StateError {
  const where = path === '' ? 'It is no map' : `"${path}" is missing or malformed`;
  return new StateError(
    `The state of a subtask cannot be read. ${where}; restore from another checkpoint.`,
  );
}
