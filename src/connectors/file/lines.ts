// `source.lines`: lines of text files, one file after the other, and of new ones where a folder is watched. With `jsonLines`
// files of JSON lines give a value for each line that is not blank.
//
// The position is (file, byte offset of the next line), so a restart goes on at a line. A compressed file has no
// position to seek to: it is read again from its begin, and lines before the offset are passed over.

import { type FileHandle, open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';
import type { Split, Splits } from '../../runtime/splits.ts';
import { type MarkedCharset, charsetOf } from '../../text/charset.ts';
import { FileListing } from './file-listing.ts';
import { LineSplitter } from '../../text/line-splitter.ts';

const BLOCK_BYTES = 1 << 16;
/** Between a path and its number, where it is read more than once. No path has it. */
const TURN = '\0';
/** Files whose lines are JSON, where that is asked for. */
const JSON_LINES = /\.(?:jsonl|ndjson)(?:\.gz)?$/;

export function linesSource(spec: OperatorSpec): Source {
  return new LinesSource(spec);
}

/** Blocks of bytes of a file that is open. */
interface BlockReader {
  read(): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

class LinesSource implements Source {
  readonly #paths: string[];
  readonly #encoding: string;
  readonly #jsonLines: boolean;
  readonly #monitorMs: number | undefined;
  #listing!: FileListing;
  #splits!: Splits;
  /** How often the first look has found a path. */
  readonly #times = new Map<string, number>();
  #todo: Split[] = [];
  /** The file that is read, or was read last. */
  #split: Split | undefined;
  #path = '';
  #reader: BlockReader | undefined;
  #splitter: LineSplitter | undefined;

  constructor(spec: OperatorSpec) {
    this.#paths = spec.params.paths as string[];
    this.#encoding = (spec.params.encoding as string | undefined) ?? 'utf-8';
    this.#jsonLines = spec.params.jsonLines === true;
    this.#monitorMs = (spec.params.monitorMs as number | undefined) ?? undefined;
  }

  async open(ctx: OperatorContext, splits: Splits): Promise<void> {
    // A path that was given out twice has two splits; what is looked for are paths that are new.
    const seen = splits.restored
      ? splits.known.map((id) => id.split(TURN)[0] as string)
      : undefined;
    this.#splits = splits;
    this.#listing = new FileListing(this.#paths, ctx.subtask, ctx.parallelism, seen);
    if (!splits.restored) {
      splits.begin((await this.#listing.look()).map((path) => this.#splitOf(path)));
    }
    this.#todo = splits.toRead();
    if (splits.restored && this.#monitorMs !== undefined) await this.#discover();
  }

  async next(signal: AbortSignal): Promise<SourceBatch | undefined> {
    while (this.#reader === undefined && !(await this.#openNext())) {
      if (this.#monitorMs === undefined) return undefined;
      try {
        await sleep(this.#monitorMs, undefined, { signal });
      } catch {
        return undefined; // Cancelled.
      }
      await this.#discover();
    }
    const splitter = this.#splitter as LineSplitter;
    const { offset } = splitter;
    const values = await this.#readRecords();
    const ends = this.#reader === undefined;
    return { values, split: (this.#split as Split).id, offset, next: splitter.offset, ends };
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }

  async #discover(): Promise<void> {
    for (const path of await this.#listing.look()) {
      const found = this.#splitOf(path);
      this.#splits.add(found);
      this.#todo.push({ ...found, skip: 0 });
    }
  }

  #splitOf(path: string): Pick<Split, 'id' | 'of' | 'offset'> {
    const turn = (this.#times.get(path) ?? 0) + 1;
    this.#times.set(path, turn);
    return { id: turn === 1 ? path : `${path}${TURN}${turn}`, of: path, offset: 0 };
  }

  async #openNext(): Promise<boolean> {
    const split = this.#todo.shift();
    if (split === undefined) return false;
    const path = split.of as string;
    this.#split = split;
    this.#path = path;
    const { charset, markBytes } = await charsetOfFile(this.#encoding, path);
    const offset = Math.max(split.offset as number, markBytes);
    this.#reader = await openBlocks(path, offset);
    this.#splitter = new LineSplitter(charset, offset);
    return true;
  }

  async #readRecords(): Promise<unknown[]> {
    const lines = await this.#readLines();
    if (!this.#jsonLines || !JSON_LINES.test(this.#path)) return lines;
    return lines.filter((line) => line.trim() !== '').map((line) => valueOf(line, this.#path));
  }

  async #readLines(): Promise<string[]> {
    const splitter = this.#splitter as LineSplitter;
    try {
      const block = await (this.#reader as BlockReader).read();
      if (block !== undefined) return splitter.push(block);
      const rest = splitter.end();
      await this.close();
      return rest;
    } catch (cause) {
      const { message } = cause as Error;
      // What is no text has a code of its own; all else is of the file.
      const as = cause instanceof TypeError ? ` as ${this.#encoding} text` : '';
      throw new GraphError(
        `${this.#path} could not be read${as} near byte ${splitter.offset}: ${message}`,
        { cause },
      );
    }
  }
}

function valueOf(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const { message } = cause as Error;
    throw new GraphError(`${path} has a line that is no JSON (${message}): ${line.slice(0, 200)}`, {
      cause,
    });
  }
}

async function charsetOfFile(encoding: string, path: string): Promise<MarkedCharset> {
  const charset = charsetOf(encoding);
  return typeof charset === 'function'
    ? charset(await firstBlock(path))
    : { charset, markBytes: 0 };
}

/** Nothing of a file that cannot be read: reading it says why. */
async function firstBlock(path: string): Promise<Buffer> {
  const blocks = await openBlocks(path, 0);
  try {
    return (await blocks.read()) ?? Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  } finally {
    await blocks.close();
  }
}

async function openBlocks(path: string, offset: number): Promise<BlockReader> {
  return path.endsWith('.gz') ? gzipReader(path, offset) : plainReader(path, offset);
}

async function plainReader(path: string, offset: number): Promise<BlockReader> {
  const file: FileHandle = await open(path).catch((cause: unknown) => {
    throw new GraphError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  });
  let position = offset;
  return {
    async read() {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(BLOCK_BYTES),
        0,
        BLOCK_BYTES,
        position,
      );
      position += bytesRead;
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

function gzipReader(path: string, offset: number): BlockReader {
  const file = createReadStream(path);
  const unzipped = createGunzip({ chunkSize: BLOCK_BYTES });
  file.on('error', (error) => unzipped.destroy(error));
  const blocks = file.pipe(unzipped)[Symbol.asyncIterator]();
  let skip = offset;
  return {
    async read() {
      for (;;) {
        const step = await blocks.next();
        if (step.done === true) return undefined;
        const block = step.value as Buffer;
        if (block.length <= skip) {
          skip -= block.length;
          continue;
        }
        const rest = block.subarray(skip);
        skip = 0;
        return rest;
      }
    },
    async close() {
      await blocks.return?.();
      file.destroy();
    },
  };
}
