// Bodies of control frames: one msgpack map with string keys. Twin of python/isthmus/_bridge/control.py.

import { Packr } from 'msgpackr';
import { BridgeProtocolError } from '../../errors.ts';
import { decodePlain } from './decode.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });

export function encodeControl(value: unknown): Uint8Array {
  return packr.pack(value);
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
