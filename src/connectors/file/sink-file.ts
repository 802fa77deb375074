// Row-encoded files in buckets, as PyFlink's FileSink writes them. Twin of _worker/connectors/file/sink_file.py.
//
//   F1. Where the job takes checkpoints, a file that is full becomes visible with the next one; those of the end with the
//       last. Without, at once.
//   F2. A file that is open at a checkpoint stays so: the checkpoint has its length, and a restore cuts it there. So one each
//       second does not make a file each second. (`onCheckpoint` asks for just that.)
//   F3. Files are numbered. A checkpoint has the number that comes next: those from there on, it does not know, and who goes
//       on from it removes them.

import { join } from 'node:path';
import type { OperatorSpec, TypeSpec } from '../../graph/job-graph.ts';
import type { FilesNow } from '../../machine/files.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Processes } from '../../machine/processes.ts';
import type { Committer, Prepared, Sink, SinkContext, SinkWriter } from '../../operators/sink.ts';
import { bucketName } from './bucket-name.ts';
import { fileFormatter } from '../../text/format.ts';
import {
  type OpenPart,
  PartFile,
  type Place,
  makeFolder,
  publishPending,
  removePending,
  syncFolders,
} from './part-file.ts';
import { pathsBelow, removeLeftBehind, toldOf } from './unfinished-files.ts';

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
  rolling?: {
    maxPartBytes?: number;
    rolloverIntervalMs?: number;
    inactivityMs?: number;
    onCheckpoint?: boolean;
  };
  type?: TypeSpec;
}

/** What a writer goes on with. Plain data. */
interface WriterState {
  /** In the names of its files. */
  readonly id: string;
  /** The number of the next one (F3). */
  readonly next: number;
  readonly open: readonly OpenPart[];
}

/** A committable is a file's name below the sink's folder. */
export function fileSink(
  { params }: OperatorSpec,
  machine: Pick<Machine, 'files' | 'processes'>,
): Sink<unknown, string, WriterState> {
  const given = params as unknown as FileSinkParams;
  return {
    writer: (context, restored) => new FileWriter(given, machine, context, restored),
    committer: () => committerOf(machine.files.now, given.path),
  };
}

function committerOf(files: FilesNow, base: string): Committer<string> {
  return {
    commit: (committables) => {
      const names = committables.map(({ value }) => value);
      for (const name of names) publishPending(files, base, name);
      syncFolders(files, base, names);
    },
    abort: (committables) => {
      for (const { value } of committables) removePending(files, base, value);
    },
  };
}

class FileWriter implements SinkWriter<unknown, string, WriterState> {
  readonly keeps = false;
  readonly #params: FileSinkParams;
  readonly #context: SinkContext;
  readonly #maxBytes: number;
  readonly #rolloverMs: number;
  readonly #inactivityMs: number;
  readonly #format: (value: unknown) => string;
  readonly #place: Place;
  readonly #id: string;
  #next: number;
  /** Open ones, by bucket. */
  readonly #parts = new Map<string, PartFile>();
  /** Full, and not named by a checkpoint yet. */
  #full: PartFile[] = [];
  /** Names that files got since the folders were synced last (F1). */
  #published: string[] = [];
  #now = 0;
  #bucket = '';
  #bucketUntil = 0;

  constructor(
    params: FileSinkParams,
    { files: { now: files }, processes }: Pick<Machine, 'files' | 'processes'>,
    context: SinkContext,
    restored: readonly WriterState[],
  ) {
    this.#params = params;
    this.#context = context;
    this.#maxBytes = params.rolling?.maxPartBytes ?? 128 << 20;
    this.#rolloverMs = params.rolling?.rolloverIntervalMs ?? 60_000;
    this.#inactivityMs = params.rolling?.inactivityMs ?? 60_000;
    this.#format = fileFormatter(params.type);
    this.#place = { files, base: params.path, writer: processes.own };
    this.#id = restored[0]?.id ?? uuid(() => context.random());
    this.#next = restored[0]?.next ?? 0;
    makeFolder(files, params.path);
    if (context.subtask === 0) this.#removeLeftBehind(processes);
    this.#goOn(restored);
  }

  write(value: unknown): void {
    const now = this.#context.now();
    const bucket = this.#bucketAt(now);
    const part = this.#parts.get(bucket) ?? this.#begin(bucket, now);
    part.text += `${this.#format(value)}\n`;
    part.writtenMs = now;
    if (part.text.length >= WRITE_BYTES || part.bytes + part.text.length >= this.#maxBytes) {
      part.write();
      if (part.bytes >= this.#maxBytes) this.#roll(part);
    }
  }

  onTime(now: number): void {
    for (const part of this.#parts.values()) {
      if (now >= this.#rollsAt(part)) this.#roll(part);
      else this.#context.wakeAt(this.#rollsAt(part));
    }
  }

  prepare(_checkpoint: number, sealed: boolean): Prepared<string, WriterState> {
    const rolls = sealed || this.#params.rolling?.onCheckpoint === true;
    const open: OpenPart[] = [];
    for (const part of this.#parts.values()) {
      if (rolls) {
        this.#roll(part);
      } else {
        part.sync();
        open.push(part.saved()); // F2
      }
    }
    const named = [...this.#full, ...this.#parts.values()];
    const fresh = named.filter((part) => !part.pending);
    for (const part of fresh) part.stage();
    const renamed = [...fresh.map(({ name }) => name), ...this.#published];
    syncFolders(this.#place.files, this.#params.path, renamed);
    this.#published = [];
    const committables = this.#full.map(({ name }) => name);
    this.#full = [];
    return {
      committables,
      states: sealed ? [] : [{ id: this.#id, next: this.#next, open }],
    };
  }

  close(): void {
    const failures: unknown[] = [];
    // Each, whatever is wrong with others.
    for (const part of [...this.#parts.values(), ...this.#full]) {
      try {
        part.drop();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    this.#parts.clear();
    this.#full = [];
    if (failures.length > 0) throw failures[0];
  }

  #removeLeftBehind(processes: Processes): void {
    const left = removeLeftBehind(this.#place.files, processes, this.#params.path);
    const { info, warn } = toldOf(left);
    if (info !== undefined) this.#context.log('info', info);
    if (warn !== undefined) this.#context.log('warn', warn);
  }

  /** Where the writers of these states were at their checkpoint. */
  #goOn(restored: readonly WriterState[]): void {
    if (restored.length > 0) removeLater(this.#place, restored); // F3
    for (const open of restored.flatMap((state) => state.open)) {
      const part = PartFile.resume(this.#place, open);
      if (part === undefined) {
        this.#context.log(
          'warn',
          `${join(this.#params.path, open.name)} was finished by a later checkpoint than the one restored; its records from ` +
            'there on are written again.',
        );
      } else if (this.#parts.has(part.bucket)) {
        part.end(); // Of two writers that have become one.
        this.#full.push(part);
      } else {
        this.#parts.set(part.bucket, part);
        this.#context.wakeAt(this.#rollsAt(part));
      }
    }
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

  #begin(bucket: string, now: number): PartFile {
    const folder = join(this.#params.path, bucket);
    makeFolder(this.#place.files, folder);
    const part = PartFile.begin(this.#place, bucket, this.#nextName(folder), now);
    this.#parts.set(bucket, part);
    this.#context.wakeAt(this.#rollsAt(part));
    return part;
  }

  /** After a restore of another checkpoint than the last one there may be finished files of a number already. */
  #nextName(folder: string): string {
    const { prefix = 'part', suffix = '' } = this.#params;
    for (;;) {
      const name = `${prefix}-${this.#id}-${this.#next++}${suffix}`;
      if (this.#place.files.stat(join(folder, name)) === undefined) return name;
    }
  }

  #rollsAt(part: PartFile): number {
    return Math.min(part.createdMs + this.#rolloverMs, part.writtenMs + this.#inactivityMs);
  }

  #roll(part: PartFile): void {
    part.end();
    // F1
    if (this.#context.checkpointing) {
      this.#full.push(part);
    } else {
      part.publish();
      this.#published.push(part.name);
    }
    this.#parts.delete(part.bucket); // Until here `close` removes it.
  }
}

/** Files that writers have begun after these states (F3), and that a checkpoint names which is not the one restored. */
function removeLater({ files, base }: Place, states: readonly WriterState[]): void {
  const next = new Map(states.map((state) => [state.id, state.next]));
  for (const [path, name] of pathsBelow(files, base)) {
    const [, id = '', number] = PENDING.exec(name) ?? [];
    const known = next.get(id);
    if (known !== undefined && Number(number) >= known) files.remove(path);
  }
}

const PENDING = /^\..*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\d+).*\.pending$/;

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
