// Tables are Maps by key. Keys that are objects (arrays, dates …) are the same key when their canonical form is.

import { encodeKey } from '../bridge/keys.ts';

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

/** Gives keys back for identities: only those of objects need to be kept. */
export class KeyOriginals {
  readonly #objects = new Map<unknown, unknown>();

  /** The identity of a key that is to be given back later. */
  keep(key: unknown): unknown {
    const identity = keyIdentity(key);
    if (typeof key === 'object' && key !== null && !this.#objects.has(identity)) {
      this.#objects.set(identity, key);
    }
    return identity;
  }

  key(identity: unknown): unknown {
    if (typeof identity !== 'string' || identity.charCodeAt(0) !== 0) return identity;
    return identity.charCodeAt(1) === 0 ? identity.slice(1) : this.#objects.get(identity);
  }

  drop(identity: unknown): void {
    this.#objects.delete(identity);
  }
}
