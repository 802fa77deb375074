// `sink.file`: row-encoded files in buckets, as PyFlink's FileSink writes them. Twin of _worker/connectors/file/sink_file.py.
//
//   F1. Lines are written to `.<part>.inprogress.<uuid>`; the file gets its name when it is finished, so that a reader
//       never sees half a file. What a kill has left is removed when a sink starts on the folder (unfinished-files.ts).
//   F2. With checkpoints on, a rolled file becomes visible with the checkpoint that covers it, those of the end with the
//       last one; without, at once.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { GraphError } from '../../errors.ts';
import type { OperatorSpec, TypeSpec } from '../../graph/job-graph.ts';
import type { Emit, Operator, OperatorContext } from '../../runtime/operator.ts';
import { bucketName } from './bucket-name.ts';
import { fileFormatter } from '../../text/format.ts';
import { removeLeftBehind, toldOf, writerId } from './unfinished-files.ts';

const WRITE_BYTES = 1 << 16;

interface FileSinkParams {
  path: string;
  prefix?: string;
  suffix?: string;
  bucket?: 'date-hour' | 'base-path';
  /** Of the bucket, in strftime's letters. */
  dateFormat?: string;
  /** Of the bucket; the local one where none is said. */
  timeZone?: string;
  rolling?: { maxPartBytes?: number; rolloverIntervalMs?: number; inactivityMs?: number };
  type?: TypeSpec;
}

interface Part {
  hidden: string;
  final: string;
  /** Undefined when it is closed. */
  fd: number | undefined;
  createdMs: number;
  writtenMs: number;
  text: string;
  bytes: number;
}

interface FinishedPart {
  hidden: string;
  final: string;
  fd?: undefined;
}

export function sinkFileOperator(spec: OperatorSpec): Operator {
  return new SinkFileOperator(spec.params as unknown as FileSinkParams);
}

class SinkFileOperator implements Operator {
  readonly #params: FileSinkParams;
  readonly #maxBytes: number;
  readonly #rolloverMs: number;
  readonly #inactivityMs: number;
  readonly #format: (value: unknown) => string;
  readonly #parts = new Map<string, Part>();
  /** Finished, not yet covered by a checkpoint. */
  #pending: FinishedPart[] = [];
  readonly #covered = new Map<number, FinishedPart[]>();
  #finished!: { values: FinishedPart[] };
  #ctx!: OperatorContext;
  #checkpointed = false;
  #id = '';
  readonly #writer = writerId();
  #counter = 0;
  #now = 0;
  #bucket = '';
  #bucketUntil = 0;

  constructor(params: FileSinkParams) {
    this.#params = params;
    this.#maxBytes = params.rolling?.maxPartBytes ?? 128 << 20;
    this.#rolloverMs = params.rolling?.rolloverIntervalMs ?? 60_000;
    this.#inactivityMs = params.rolling?.inactivityMs ?? 60_000;
    this.#format = fileFormatter(params.type);
  }

  open(ctx: OperatorContext, _emit: Emit): void {
    this.#ctx = ctx;
    this.#checkpointed = ctx.checkpointing === true;
    this.#id = uuid(ctx.random);
    makeFolder(this.#params.path);
    // With checkpoints what a job had finished before it died may belong to the one it goes on from.
    if (ctx.subtask === 0 && !this.#checkpointed) this.#removeLeftBehind();
    this.#finished = ctx.state.splitList('finished parts') as { values: FinishedPart[] };
    // The checkpoint we begin from is complete, so what it covers is to be seen.
    for (const part of this.#finished.values) publish(part);
    this.#finished.values = [];
  }

  #removeLeftBehind(): void {
    const { info, warn } = toldOf(removeLeftBehind(this.#params.path));
    if (info !== undefined) this.#ctx.log('info', info);
    if (warn !== undefined) this.#ctx.log('warn', warn);
  }

  process(value: unknown): void {
    const now = this.#ctx.clock.now();
    const bucket = this.#bucketAt(now);
    const part = this.#parts.get(bucket) ?? this.#begin(bucket, now);
    part.text += `${this.#format(value)}\n`;
    part.writtenMs = now;
    if (part.text.length >= WRITE_BYTES || part.bytes + part.text.length >= this.#maxBytes) {
      this.#write(part);
      if (part.bytes >= this.#maxBytes) this.#roll(bucket, part);
    }
  }

  onProcessingTime(now: number): void {
    for (const [bucket, part] of this.#parts) {
      if (now >= this.#rollsAt(part)) this.#roll(bucket, part);
      else this.#ctx.requestProcessingTime(this.#rollsAt(part));
    }
  }

  finish(): void {
    for (const [bucket, part] of this.#parts) this.#roll(bucket, part);
  }

  beforeBarrier(checkpoint: number): void {
    for (const [bucket, part] of this.#parts) this.#roll(bucket, part);
    this.#covered.set(checkpoint, this.#pending);
    this.#pending = [];
    this.#finished.values = [...this.#covered.values()].flat();
  }

  notifyCheckpointComplete(checkpoint: number): void {
    for (const [covering, parts] of this.#covered) {
      if (covering > checkpoint) continue;
      parts.forEach(publish);
      this.#covered.delete(covering);
    }
  }

  /** After a failure what is unfinished never gets its name, and is removed. */
  close(): void {
    const failures: unknown[] = [];
    // Each, whatever is wrong with others.
    for (const { hidden, fd } of [...this.#parts.values(), ...this.#pending]) {
      try {
        rmSync(hidden, { force: true });
        if (fd !== undefined) closeSync(fd);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    this.#parts.clear();
    this.#pending = [];
    if (failures.length > 0) throw failures[0];
  }

  #bucketAt(now: number): string {
    if (this.#params.bucket === 'base-path') return '';
    if (now < this.#now || now >= this.#bucketUntil) {
      this.#bucket = bucketName(
        this.#params.dateFormat ?? '%Y-%m-%d--%H',
        new Date(now),
        this.#params.timeZone,
      );
      this.#now = now;
      this.#bucketUntil = now - (now % 1_000) + 1_000;
    }
    return this.#bucket;
  }

  #begin(bucket: string, now: number): Part {
    const folder = join(this.#params.path, bucket);
    makeFolder(folder);
    const name = `${this.#params.prefix ?? 'part'}-${this.#id}-${this.#counter++}${this.#params.suffix ?? ''}`;
    const hidden = join(folder, `.${name}.inprogress.${this.#writer}`);
    const part: Part = {
      hidden,
      final: join(folder, name),
      fd: openSync(hidden, 'w'),
      createdMs: now,
      writtenMs: now,
      text: '',
      bytes: 0,
    };
    this.#parts.set(bucket, part);
    this.#ctx.requestProcessingTime(this.#rollsAt(part));
    return part;
  }

  #rollsAt(part: Part): number {
    return Math.min(part.createdMs + this.#rolloverMs, part.writtenMs + this.#inactivityMs);
  }

  #write(part: Part): void {
    const bytes = Buffer.from(part.text);
    part.text = '';
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(part.fd as number, bytes, written);
    }
    part.bytes += bytes.length;
  }

  #roll(bucket: string, part: Part): void {
    this.#write(part);
    const fd = part.fd as number;
    fsyncSync(fd);
    part.fd = undefined;
    closeSync(fd);
    const finished = { hidden: part.hidden, final: part.final };
    if (this.#checkpointed)
      this.#pending.push(finished); // F2
    else publish(finished);
    this.#parts.delete(bucket); // Until here `close` removes it.
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new GraphError(
      `The output folder ${folder} cannot be made: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Gives a finished file its name; again after a restart does no harm. */
function publish(part: FinishedPart): void {
  if (existsSync(part.hidden)) renameSync(part.hidden, part.final);
}

/** A random (version 4) UUID from the randomness of the job. */
function uuid(random: () => number): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
