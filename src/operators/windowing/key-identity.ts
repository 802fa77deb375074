// Contents are kept in Maps by key. Keys that are objects (arrays, dates …) are the same key when their canonical form is.

import { encodeKey } from '../../bridge/keys.ts';

/** Equal for equal keys, as a `Map` compares. */
export function keyIdentity(key: unknown): unknown {
  if (typeof key === 'string') return key.charCodeAt(0) === 0 ? `\0${key}` : key;
  if (typeof key !== 'object' || key === null) return key;
  return objectIdentity(key);
}

/** Begins with one NUL; strings that do get a second one. */
function objectIdentity(key: object): string {
  return `\0k${Buffer.from(encodeKey(key)).toString('latin1')}`;
}
