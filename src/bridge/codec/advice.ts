// What to send instead of a value that cannot travel to Python. Whoever follows it keeps what the value said: a test follows
// each. Twin of python/isthmus/_bridge/codec/advice.py.

import { types } from 'node:util';

/** Why an object that is no plain one cannot travel, and what to send. */
export function adviceFor(value: object): string {
  if (value instanceof Promise) return 'it is a promise: await it, or make the function async';
  const instead = insteadOf(value);
  if (instead !== undefined) return `Python has nothing like it; send ${instead}`;
  return `an instance of a class would come back as a plain dict; ${ofClass(value)}`;
}

/** An expression of `value`, which may be followed by an explanation in brackets. */
function insteadOf(value: object): string | undefined {
  if (types.isAnyArrayBuffer(value)) return 'new Uint8Array(value)';
  if (value instanceof DataView) {
    return 'new Uint8Array(value.buffer, value.byteOffset, value.byteLength)';
  }
  if (ArrayBuffer.isView(value)) return ofTypedArray(value);
  if (types.isBoxedPrimitive(value)) return 'value.valueOf()';
  if (types.isRegExp(value)) return '[value.source, value.flags]';
  if (types.isNativeError(value) || value instanceof Error) {
    return '{ name: value.name, message: value.message, stack: value.stack }';
  }
  if (types.isDate(value)) return 'new Date(value)';
  if (types.isMap(value)) return 'new Map(value)';
  if (types.isSet(value)) return 'new Set(value)';
  if (types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef) {
    return 'what it refers to (weak collections cannot be listed)';
  }
  if (value instanceof URL) return 'value.href';
  if (value instanceof Blob) return 'new Uint8Array(await value.arrayBuffer())';
  if (hasMethod(value, 'toJSON')) return 'value.toJSON()';
  if (Symbol.iterator in value) return '[...value]';
  return undefined;
}

const LIKE: { readonly [name: string]: string } = {
  Uint8ClampedArray: 'Uint8Array',
  Float16Array: 'Float32Array',
};

/** Also of subclasses. */
function ofTypedArray(value: ArrayBufferView): string {
  const name = (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  return `new ${LIKE[name] ?? name}(value)`;
}

function ofClass(value: object): string {
  const fields = Object.keys(value);
  const others = gettersOf(value).map((name) => `${name}: value.${name}`);
  if (fields.length === 0 && others.length === 0) {
    return 'it has no fields that can be listed, so send a plain object of what it stands for';
  }
  const parts = [...(fields.length > 0 ? ['...value'] : []), ...others];
  return `send { ${parts.join(', ')} } if that is meant (private fields are not in it)`;
}

const MANY = 8;

/** Names of getters that its classes have. */
function gettersOf(value: object): string[] {
  const found = new Set<string>();
  let prototype = Object.getPrototypeOf(value) as object | null;
  while (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (property.get !== undefined && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) found.add(name);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return found.size > MANY ? [] : [...found];
}

function hasMethod(value: object, name: string): boolean {
  return typeof (value as Record<string, unknown>)[name] === 'function';
}
