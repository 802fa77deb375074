// Configuration files as Flink has them: the nested config.yaml of Flink 2, and the flat lines of flink-conf.yaml before it.
//
//   F1. Values are texts as they stand in the file: what they mean is said by the table of settings, not by YAML.
//   F2. What cannot be read is an error with file and line; nothing is skipped.

import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Document, LineCounter, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { ConfigurationError } from '../errors.ts';
import { yaml } from './yaml.ts';

/** A setting of a file, whole key and text. */
export interface FileEntry {
  key: string;
  value: string;
  line: number;
}

/** What a folder such as Flink's `conf` has the configuration in. */
const IN_FOLDER = ['config.yaml', 'flink-conf.yaml'];

/**
 * The settings of a file, or of a folder's `config.yaml` or `flink-conf.yaml`.
 *
 * @throws ConfigurationError when it cannot be read
 */
export function readConfigurationFile(path: string): { path: string; entries: FileEntry[] } {
  const file = fileOf(path);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ConfigurationError(`The configuration file ${file} cannot be read: ${why}`, {
      cause,
    });
  }
  return { path: file, entries: once(file, entriesOf(file, textOf(file, bytes))) };
}

/** F2 */
function textOf(file: string, bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const LINE_FEED = 10;
  let line = 1;
  for (let from = 0, to; (to = bytes.indexOf(LINE_FEED, from)) >= 0; from = to + 1, line++) {
    if (!isUtf8(bytes.subarray(from, to))) break;
  }
  throw new ConfigurationError(`${file}, line ${line}: the file is no UTF-8 text.`);
}

function fileOf(path: string): string {
  const isFile = (name: string) => statSync(name, { throwIfNoEntry: false })?.isFile() === true;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  const found = IN_FOLDER.map((name) => join(path, name)).find(isFile);
  if (found !== undefined) return found;
  throw new ConfigurationError(`The folder ${path} has no ${IN_FOLDER.join(' and no ')}.`);
}

function entriesOf(file: string, text: string): FileEntry[] {
  const { LineCounter, isMap, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe', // F1
    prettyErrors: false,
    lineCounter: lines,
  });
  const reading = new Reading(file, document, lines);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem?.code === 'MULTIPLE_DOCS')
    throw reading.error(problem.pos[0], 'a second document begins; a configuration is one');
  if (problem === undefined && document.contents === null) return [];
  if (problem === undefined && isMap(document.contents))
    return reading.flattened(document.contents, '');
  const isTwice = document.errors.some(({ code }) => code === 'DUPLICATE_KEY');
  const flat = isTwice ? 1 : flatLines(text);
  if (typeof flat !== 'number') return flat;
  if (problem !== undefined) throw reading.error(problem.pos[0], problem.message);
  throw new ConfigurationError(`${file}, line ${flat}: this is no setting of the form key: value.`);
}

/** The keys of Flink 1.x: whole ones, one a line; the number of the line that is none such. */
function flatLines(text: string): FileEntry[] | number {
  const found: FileEntry[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const bare = line.replace(/(^|\s)#.*$/, '').trimEnd();
    if (bare === '') continue;
    const parts = /^([A-Za-z0-9_.-]+)\s*[:=]\s*(.*)$/.exec(bare);
    if (parts === null) return index + 1;
    const [, key = '', value = ''] = parts;
    const plain = value.replace(/^(["'])(.*)\1$/, '$2');
    // What YAML has a meaning for is to be read by YAML, which says what is wrong with it.
    if (plain === value && /^["'[{&*!|>]/.test(value)) return index + 1;
    found.push({ key, value: plain, line: index + 1 });
  }
  return found;
}

/** A setting that is said twice is a slip: which one was meant? */
function once(file: string, entries: FileEntry[]): FileEntry[] {
  const lines = new Map<string, number>();
  for (const { key, line } of entries) {
    const first = lines.get(key);
    if (first !== undefined) {
      throw new ConfigurationError(
        `${file}, line ${line}: ${key} is set again; line ${first} sets it.`,
      );
    }
    lines.set(key, line);
  }
  return entries;
}

class Reading {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  /** `a: {b: 1}` is `a.b: 1`. */
  flattened(map: YAMLMap, prefix: string): FileEntry[] {
    const { isAlias, isMap, isScalar, isSeq } = yaml();
    return map.items.flatMap(({ key, value }) => {
      if (!isScalar(key)) throw this.error(map.range?.[0], 'a key must be a word');
      const whole = prefix + String(key.value);
      const node = isAlias(value) ? value.resolve(this.#document) : value;
      if (isMap(node)) return this.flattened(node, `${whole}.`);
      const line = this.#lineOf(key.range?.[0]);
      if (isSeq(node)) return [{ key: whole, value: this.#listText(node), line }];
      // Nothing behind the colon leaves the setting as it is.
      return isScalar(node) && !isNull(node)
        ? [{ key: whole, value: String(node.value), line }]
        : [];
    });
  }

  error(offset: number | undefined, message: string): ConfigurationError {
    return new ConfigurationError(
      `${this.#file}, line ${this.#lineOf(offset)}: ${message.replace(/\.$/, '')}.`,
    );
  }

  /** As Flink keeps lists: in YAML's form with brackets. */
  #listText(list: YAMLSeq): string {
    const { isAlias, isScalar } = yaml();
    const items = list.items.map((item) => {
      const node = isAlias(item) ? item.resolve(this.#document) : item;
      if (!isScalar(node)) return JSON.stringify(JSON.stringify(list.toJSON()));
      const text = String(node.value);
      return /^[^\s,'"[\]{}#]+$/.test(text) ? text : JSON.stringify(text);
    });
    return `[${items.join(', ')}]`;
  }

  #lineOf(offset = 0): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}

function isNull({ type, value }: Scalar): boolean {
  return type === 'PLAIN' && (value === '' || value === '~' || value === 'null');
}
