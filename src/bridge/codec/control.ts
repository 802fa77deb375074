// Bodies of control frames: one msgpack map with string keys. Twin of python/isthmus/_bridge/control.py.

import { Packr } from 'msgpackr';
import { BridgeProtocolError } from '../../errors.ts';
import { decodePlain } from './decode.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });

/**
 * Lone surrogates, which user code may put into messages, become `\udc80` and the like. Integers of more than 32 bits stay
 * integers: msgpackr would make floats of them, and times, offsets and sizes are counted with.
 */
export function encodeControl(value: unknown): Uint8Array {
  return packr.pack(isWellFormed(value) ? value : wellFormed(value));
}

const isLong = (value: number): boolean =>
  Number.isSafeInteger(value) && (value > 0xffff_ffff || value < -0x8000_0000);

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return !isLong(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  for (const name in value) {
    if (!name.isWellFormed() || !isWellFormed((value as Record<string, unknown>)[name]))
      return false;
  }
  return true;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/\p{Surrogate}/gu, (lone) => `\\u${lone.charCodeAt(0).toString(16)}`);
  }
  if (typeof value === 'number') return isLong(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [wellFormed(name), wellFormed(item)]),
  );
}

/** Throws a BridgeProtocolError when the body is not one msgpack map of plain values. */
export function decodeControl(body: Uint8Array): unknown {
  let value: unknown;
  try {
    value = decodePlain(body);
  } catch (cause) {
    throw new BridgeProtocolError(`body: it is not msgpack: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.getPrototypeOf(value) !== Object.prototype
  ) {
    throw new BridgeProtocolError('body: it is not a map');
  }
  return value;
}
