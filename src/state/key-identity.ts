// Tables are Maps by key. Keys that are objects (arrays, dates …) are the same key when their canonical form is. Bigints beyond 64
// bits stand under that form, too, since their hash can be chosen.

import { encodeKey, isWideInteger } from './keys.ts';

/** Equal for equal keys, as a `Map` compares. */
export function keyIdentity(key: unknown): unknown {
  if (typeof key === 'string') return key.charCodeAt(0) === 0 ? `\0${key}` : key;
  return hasCanonicalIdentity(key) ? canonicalIdentity(key) : key;
}

function hasCanonicalIdentity(key: unknown): boolean {
  return (typeof key === 'object' && key !== null) || isWideInteger(key);
}

/** Begins with one NUL; strings that do get a second one. */
function canonicalIdentity(key: unknown): string {
  return `\0k${Buffer.from(encodeKey(key)).toString('latin1')}`;
}

/** Equal for equal keys alone, whatever they are. */
export function canonicalText(key: unknown): string {
  return Buffer.from(encodeKey(key)).toString('latin1');
}

/** Gives keys back for identities: only those under their canonical form need to be kept. */
export class KeyOriginals {
  readonly #kept = new Map<unknown, unknown>();

  /** The identity of a key that is to be given back later. */
  keep(key: unknown): unknown {
    const identity = keyIdentity(key);
    if (hasCanonicalIdentity(key) && !this.#kept.has(identity)) this.#kept.set(identity, key);
    return identity;
  }

  key(identity: unknown): unknown {
    if (typeof identity !== 'string' || identity.charCodeAt(0) !== 0) return identity;
    return identity.charCodeAt(1) === 0 ? identity.slice(1) : this.#kept.get(identity);
  }

  drop(identity: unknown): void {
    this.#kept.delete(identity);
  }
}
