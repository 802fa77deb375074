// Checks of what callers give where no compiler has looked: programs in JavaScript, values of type `any`.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { GraphError } from '../errors.ts';
import { closestWord } from '../graph/operator-text.ts';
import { MAX_KEY_GROUPS } from '../graph/validate.ts';

/** @throws GraphError when a parallelism is none that there is */
export function checkParallelism(what: string, parallelism: unknown): void {
  checkCount(what, parallelism);
  if ((parallelism as number) > MAX_KEY_GROUPS) {
    throw new GraphError(
      `The ${what} is ${shown(parallelism)}; it must be a whole number from 1 to ${MAX_KEY_GROUPS}.`,
    );
  }
}

/** Node's timers take no longer time. */
const LONGEST_MS = 2 ** 31 - 1;

/** @throws GraphError when a time is no number of milliseconds from `least` on that a timer can wait for */
export function checkMs(what: string, ms: unknown, least = 0, greatest = LONGEST_MS): void {
  if (typeof ms !== 'number' || !(ms >= least && ms <= greatest)) {
    throw new GraphError(
      `The ${what} is ${shown(ms)}; it must be a number of milliseconds from ${least} to ${greatest}.`,
    );
  }
}

/** @throws GraphError when `count` is not a whole number of at least 1 */
export function checkCount(what: string, count: unknown): void {
  if (!Number.isInteger(count) || (count as number) < 1) {
    throw new GraphError(
      `The ${what} is ${shown(count)}; it must be a whole number of at least 1.`,
    );
  }
}

/** @throws GraphError when an object of options has a field that is none of `known`; it says which may be meant */
export function checkFields(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new GraphError(`${what} takes an object of options; it was given ${shown(options)}.`);
  }
  for (const field of Object.keys(options)) {
    if (known.includes(field)) continue;
    const near = closestWord(field, known);
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    throw new GraphError(
      `${what} has no option ${field}.${hint} Its options: ${known.join(', ')}.`,
    );
  }
}

/** @throws GraphError when `text` is no string */
export function checkText(what: string, text: unknown): void {
  if (typeof text !== 'string') {
    throw new GraphError(`The ${what} must be a string; it is ${shown(text)}.`);
  }
}

/** @throws GraphError when a uid is no string, or names nothing */
export function checkUid(of: string, uid: unknown): void {
  checkText(`uid of ${of}`, uid);
  if (uid === '') {
    throw new GraphError(
      `The uid of ${of} is empty; leave it out, or give a name that is one among those of the job.`,
    );
  }
}

/** @throws GraphError when `choice` is none of `choices` */
export function checkChoice(what: string, choice: unknown, choices: readonly string[]): void {
  if (!(choices as readonly unknown[]).includes(choice)) {
    throw new GraphError(
      `The ${what} is ${shown(choice)}; it must be one of ${choices.join(', ')}.`,
    );
  }
}

/** @throws GraphError when `where` is neither a string nor a URL */
export function checkWhere(what: string, where: unknown): void {
  if (typeof where !== 'string' && !(where instanceof URL)) {
    throw new GraphError(`${what} must be a path or a URL; it is ${shown(where)}.`);
  }
}

/**
 * A path as an absolute one; relative ones are relative to the working directory.
 *
 * @throws GraphError when it is none, or a URL of another place than this machine's files
 */
export function pathOf(path: unknown): string {
  checkWhere('A path of files', path);
  if (typeof path === 'string' && !path.startsWith('file:')) return resolve(path);
  const url = new URL(path as string | URL);
  if (url.protocol !== 'file:') {
    throw new GraphError(`${url.href} is no file URL; files are read and written on this machine.`);
  }
  return fileURLToPath(url);
}

/** @throws GraphError when a folder that is named is not there */
export function checkFolder(what: string, folder: string | undefined): void {
  if (folder !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new GraphError(`There is no folder ${folder}, which ${what} names.`);
  }
}

/** @throws GraphError when `value` is nothing that JSON can say; it names the place within it */
export function checkJson(what: string, value: unknown, place = ''): void {
  if (value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) checkJson(what, element, `${place}[${index}]`);
    return;
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const [key, field] of Object.entries(value)) checkJson(what, field, `${place}.${key}`);
    return;
  }
  throw new GraphError(
    `${what}${place} is ${shown(value)}; arguments of Python classes are numbers, strings, booleans, null, and arrays and plain objects of these.`,
  );
}

function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80 });
}
