// Keys: one encoding for both languages, and the subtask a key belongs to. Twin of python/isthmus/_worker/state/keys.py.
//
//   K1. Keys that Python calls equal have the same encoding, hence the same key group: 1, true and 1n here as 1, 1.0 and True there.
//   K2. Every key group belongs to exactly one subtask; a subtask's groups are contiguous.
//   K3. NaN is one key; 0 and −0 are one.
//
// The encoding is that of docs/protocol.md §8. State of a TypeScript operator compares its keys as `Map` does, so 1 and true
// may share a subtask and never share state.

import { crc32 } from 'node:zlib';
import { CodecError } from '../errors.ts';
import {
  DateTime,
  Decimal,
  TimeDelta,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  ROW_KINDS,
  Row,
  Uuid,
} from '../bridge/codec/values.ts';
import { canonicalDecimal } from './decimal-key.ts';

/** Refuses what is no key where nothing needs its bytes, so that a job fails at any parallelism or at none. */
export function checkKey(key: unknown): void {
  if (key === undefined || typeof key === 'function' || typeof key === 'symbol') encodeKey(key);
}

/** The canonical bytes of a key. Throws a CodecError when it has none. */
export function encodeKey(key: unknown): Uint8Array {
  switch (typeof key) {
    case 'string':
      return tagged('s', key);
    case 'number':
      return numberKey(key);
    case 'boolean':
      return ascii(key ? 'i1' : 'i0'); // K1
    case 'bigint':
      return integerKey(key);
    case 'object':
      return key === null ? ascii('N') : objectKey(key);
    default:
      throw new CodecError(
        `A key is ${typeof key === 'undefined' ? 'undefined' : `a ${typeof key}`}, which has no canonical form. ` +
          'Use a string, a number or an array of such; null where a record has no key.',
      );
  }
}

/** A 32-bit hash of canonical bytes. */
export function keyHash(encoded: Uint8Array): number {
  return Math.imul(crc32(encoded), 0x9e3779b1) >>> 0;
}

export function keyGroup(encoded: Uint8Array, maxParallelism: number): number {
  const mixed = keyHash(encoded);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % maxParallelism;
}

export function subtaskOfKeyGroup(
  group: number,
  parallelism: number,
  maxParallelism: number,
): number {
  return Math.floor((group * parallelism) / maxParallelism); // K2
}

/** The first and the last key group that `subtask` owns. */
export function keyGroupRange(
  subtask: number,
  parallelism: number,
  maxParallelism: number,
): [first: number, last: number] {
  const first = Math.ceil((subtask * maxParallelism) / parallelism);
  const last = Math.ceil(((subtask + 1) * maxParallelism) / parallelism) - 1;
  return [first, last];
}

/** Primitive keys remembered by a router; beyond it, it starts afresh. */
const REMEMBERED_KEYS = 1 << 16;

/** Says which subtask a key belongs to. */
export class KeyGroups {
  readonly maxParallelism: number;
  readonly parallelism: number;
  readonly #targets = new Map<unknown, number>();

  constructor(maxParallelism: number, parallelism: number) {
    this.maxParallelism = maxParallelism;
    this.parallelism = parallelism;
  }

  group(key: unknown): number {
    return keyGroup(encodeKey(key), this.maxParallelism);
  }

  owner(group: number): number {
    return subtaskOfKeyGroup(group, this.parallelism, this.maxParallelism);
  }

  /** The subtask that owns the key. Primitive keys seen before cost one lookup. */
  target(key: unknown): number {
    if (typeof key === 'object' || isWideInteger(key)) return this.owner(this.group(key));
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = this.owner(this.group(key));
      if (this.#targets.size >= REMEMBERED_KEYS) this.#targets.clear();
      this.#targets.set(key, target);
    }
    return target;
  }

  targets(keys: readonly unknown[]): number[] {
    return keys.map((key) => this.target(key));
  }
}

/**
 * Whether a `Map` should not hold the key as it is: V8 hashes a bigint by its lowest 64 bits, so those beyond may all have one
 * hash, and a table of n then costs n² steps.
 */
export function isWideInteger(key: unknown): key is bigint {
  return typeof key === 'bigint' && BigInt.asIntN(64, key) !== key;
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function tagged(tag: string, text: string): Buffer {
  return Buffer.from(tag + text, 'utf8');
}

function numberKey(key: number): Buffer {
  if (Number.isSafeInteger(key)) {
    return ascii(key < 0 ? `i-${(-key).toString(16)}` : `i${key.toString(16)}`);
  }
  if (Number.isInteger(key)) return integerKey(BigInt(key));
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = 0x64;
  if (Number.isNaN(key))
    bytes.write('7ff8000000000000', 1, 'hex'); // K3
  else bytes.writeDoubleBE(key, 1);
  return bytes;
}

function integerKey(key: bigint): Buffer {
  return ascii(key < 0n ? `i-${(-key).toString(16)}` : `i${key.toString(16)}`);
}

function objectKey(key: object): Buffer {
  if (Array.isArray(key)) return joined('l', key.map(encodeKey));
  if (key instanceof Uint8Array) return Buffer.concat([ascii('b'), key]);
  if (key instanceof Date) return dateKey(key);
  if (key instanceof DateTime) return ascii(`t${key.epochMicros}`);
  if (key instanceof LocalDateTime) return ascii(`n${key.micros}`);
  if (key instanceof LocalDate) return ascii(`a${key.epochDay}`);
  if (key instanceof LocalTime) {
    return key.offsetSeconds === undefined
      ? ascii(`c${key.micros}`)
      : ascii(`C${key.micros - key.offsetSeconds * 1_000_000}`);
  }
  if (key instanceof TimeDelta) return ascii(`w${key.micros}`);
  if (key instanceof Decimal) return decimalKey(key);
  if (key instanceof Uuid) return ascii('u' + hexToLatin1(key.text));
  if (key instanceof Instant) return ascii(`I${key.seconds}.${key.nanos}`);
  if (key instanceof Row) return rowKey(key);
  if (key instanceof Set) return joined('S', sorted([...key].map(encodeKey)));
  if (key instanceof Map) return mapKey([...key]);
  const prototype: unknown = Object.getPrototypeOf(key);
  if (prototype === Object.prototype || prototype === null) return mapKey(Object.entries(key));
  throw new CodecError(
    `A key is an instance of ${key.constructor.name}, which has no canonical form. ` +
      'Use a string, a number, an array or a plain object.',
  );
}

function dateKey(key: Date): Buffer {
  const millis = key.getTime();
  if (Number.isNaN(millis)) {
    throw new CodecError(
      'A key is an invalid Date, which is no moment. Use null where a record has none.',
    );
  }
  return ascii(`t${BigInt(millis) * 1000n}`);
}

function hexToLatin1(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('latin1');
}

function decimalKey(key: Decimal): Buffer {
  const canonical = canonicalDecimal(key.text);
  switch (canonical.kind) {
    case 'number':
      return numberKey(canonical.value);
    case 'integer':
      return integerKey(canonical.value);
    case 'decimal':
      return ascii(`D${canonical.text}`);
  }
}

function rowKey(row: Row): Buffer {
  const kind = ascii(String(ROW_KINDS.indexOf(row.kind)));
  const { names } = row;
  if (names === undefined) return joined('r', [kind, ...row.values.map(encodeKey)]);
  const fields = row.values.map((value, i) => pair(names[i], value));
  return joined('R', [kind, ...sorted(fields)]);
}

function mapKey(entries: readonly (readonly [unknown, unknown])[]): Buffer {
  return joined('m', sorted(entries.map(([key, value]) => pair(key, value))));
}

function pair(key: unknown, value: unknown): Buffer {
  return joined('p', [encodeKey(key), encodeKey(value)]);
}

function sorted(parts: Uint8Array[]): Uint8Array[] {
  return parts.sort((a, b) => Buffer.compare(a, b));
}

/** Parts behind each other, each with its length before it. */
function joined(tag: string, parts: readonly Uint8Array[]): Buffer {
  const pieces: Uint8Array[] = [ascii(tag)];
  for (const part of parts) {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(part.byteLength);
    pieces.push(length, part);
  }
  return Buffer.concat(pieces);
}
