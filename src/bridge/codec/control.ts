// Bodies of control frames: one msgpack map with string keys.

import { Packr, Unpackr } from 'msgpackr';
import { BridgeProtocolError } from '../../errors.ts';

// 'auto' (a number where it is safe, a bigint beyond) is missing from msgpackr's types.
const int64AsType = 'auto' as unknown as 'number';
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType });

export function encodeControl(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** Throws a BridgeProtocolError when the body is not one msgpack map. */
export function decodeControl(body: Uint8Array): unknown {
  let value: unknown;
  try {
    value = unpackr.unpack(body);
  } catch (cause) {
    throw new BridgeProtocolError('body: it is not msgpack', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BridgeProtocolError('body: it is not a map');
  }
  return value;
}
