// `source.lines`: lines of text files, one file after the other, and of new ones where a folder is watched. With `jsonLines`
// files of JSON lines give a value for each line that is not blank.
//
// The position is (file, byte offset of the next line), so a restart goes on at a line. A compressed file has no
// position to seek to: it is read again from its begin, and lines before the offset are passed over.

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { Files, OpenFile } from '../../machine/files.ts';
import type {
  Source,
  SourceBatch,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
} from '../../runtime/source.ts';
import { type MarkedCharset, charsetOf } from '../../text/charset.ts';
import { diskError } from './disk-error.ts';
import { FileListing } from './file-listing.ts';
import { LineSplitter } from '../../text/line-splitter.ts';

const BLOCK_BYTES = 1 << 16;
/** Files whose lines are JSON, where that is asked for. */
const JSON_LINES = /\.(?:jsonl|ndjson)(?:\.gz)?$/;

export function linesSource({ params }: OperatorSpec, files: Files): Source<unknown, string> {
  return new LinesSource(params as unknown as Said, files);
}

/** Parameters of the operator. */
interface Said {
  readonly paths: string[];
  readonly encoding?: string;
  readonly jsonLines?: boolean;
  readonly monitorMs?: number | null;
}

/** Blocks of bytes of a file that is open. */
interface BlockReader {
  read(): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

class LinesSource implements Source<unknown, string> {
  readonly #said: Said;
  readonly #files: Files;

  constructor(said: Said, files: Files) {
    this.#said = said;
    this.#files = files;
  }

  enumerator(): SplitEnumerator<string> {
    const { paths, monitorMs } = this.#said;
    return new FileListing(
      this.#files,
      paths,
      monitorMs === 0 ? undefined : (monitorMs ?? undefined),
    );
  }

  reader(): SourceReader<unknown, string> {
    return new LinesReader(this.#said, this.#files);
  }
}

/** One file after the other. */
class LinesReader implements SourceReader<unknown, string> {
  readonly #files: Files;
  readonly #encoding: string;
  readonly #jsonLines: boolean;
  readonly #todo: SourceSplit<string>[] = [];
  /** The file that is read, or was read last. */
  #split: SourceSplit<string> | undefined;
  #path = '';
  #reader: BlockReader | undefined;
  #splitter: LineSplitter | undefined;
  #isClosed = false;

  constructor({ encoding = 'utf-8', jsonLines = false }: Said, files: Files) {
    this.#files = files;
    this.#encoding = encoding;
    this.#jsonLines = jsonLines;
  }

  add(split: SourceSplit<string>): void {
    this.#todo.push(split);
  }

  async next(): Promise<SourceBatch | undefined> {
    if (this.#reader === undefined && !(await this.#openNext())) return undefined;
    const values = await this.#readRecords();
    const { offset: next } = this.#splitter as LineSplitter;
    const { id: split } = this.#split as SourceSplit<string>;
    return { split, values, next, ends: this.#reader === undefined };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }

  async #openNext(): Promise<boolean> {
    const split = this.#todo.shift();
    if (split === undefined) return false;
    const path = split.of;
    this.#split = split;
    this.#path = path;
    const { charset, markBytes } = await this.#charsetOf(path);
    const offset = Math.max(split.offset as number, markBytes);
    this.#reader = await openBlocks(this.#files, path, offset);
    this.#splitter = new LineSplitter(charset, offset);
    // Nobody waits for a file that was being opened when the job ended.
    if (this.#isClosed) await this.#closeFile();
    return !this.#isClosed;
  }

  async #charsetOf(path: string): Promise<MarkedCharset> {
    const charset = charsetOf(this.#encoding);
    return typeof charset === 'function'
      ? charset(await firstBlock(this.#files, path))
      : { charset, markBytes: 0 };
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
      await this.#closeFile();
      return rest;
    } catch (cause) {
      const { message } = cause as Error;
      // What is no text has a code of its own; all else is of the file.
      const as = cause instanceof TypeError ? ` as ${this.#encoding} text` : '';
      throw diskError(
        `${this.#path} could not be read${as} near byte ${splitter.offset}: ${message}`,
        cause,
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

/** Nothing of a file that cannot be read: reading it says why. */
async function firstBlock(files: Files, path: string): Promise<Buffer> {
  const blocks = await openBlocks(files, path, 0);
  try {
    return (await blocks.read()) ?? Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  } finally {
    await blocks.close();
  }
}

async function openBlocks(files: Files, path: string, offset: number): Promise<BlockReader> {
  const file = await files.open(path, 'read').catch((cause: unknown) => {
    throw diskError(`${path} cannot be read: ${(cause as Error).message}`, cause);
  });
  return path.endsWith('.gz') ? gzipReader(file, offset) : plainReader(file, offset);
}

function plainReader(file: OpenFile, offset: number): BlockReader {
  let position = offset;
  return {
    async read() {
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      const bytes = await file.read(block, position);
      position += bytes;
      return bytes === 0 ? undefined : block.subarray(0, bytes);
    },
    close: () => file.close(),
  };
}

function gzipReader(file: OpenFile, offset: number): BlockReader {
  const zipped = Readable.from(blocksOf(plainReader(file, 0)), { objectMode: false });
  const unzipped = createGunzip({ chunkSize: BLOCK_BYTES });
  zipped.on('error', (error) => unzipped.destroy(error));
  const blocks = zipped.pipe(unzipped)[Symbol.asyncIterator]();
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
      zipped.destroy();
      await file.close();
    },
  };
}

async function* blocksOf(reader: BlockReader): AsyncGenerator<Buffer> {
  for (let block = await reader.read(); block !== undefined; block = await reader.read()) {
    yield block;
  }
}
