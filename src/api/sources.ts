import type { Readable } from 'node:stream';
import { keptForTheJob } from '../connectors/function/given-stream.ts';
import { GraphError } from '../errors.ts';
import { instanceIfClass } from '../runtime/functions.ts';
import { type Source, isSourceObject } from '../runtime/source.ts';
import { charsetOf } from '../text/charset.ts';
import { checkFields, checkMs, checkText, pathOf } from './arguments.ts';
import type { DataStream } from './data-stream.ts';
import { PyFunction } from './python-function.ts';
import type { WatermarkStrategyLike } from './timestamps.ts';
import type { TransformationInit } from './transformation.ts';
import type { TypeInformation } from './types.ts';

/** What a source may be made of. */
export type SourceIterable<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T> | Readable;

/** What a source function learns. */
export interface SourceContext {
  /** From 0. */
  readonly subtask: number;
  /** How many subtasks the source has. */
  readonly parallelism: number;
  /** Aborted when the job is cancelled or fails. */
  readonly signal: AbortSignal;
}

/** Makes the records of a source; may be asynchronous. */
export type SourceFunction<T> = (
  ctx: SourceContext,
) => SourceIterable<T> | Promise<SourceIterable<T>>;

/** Where streams begin: the sources of an environment. */
export abstract class Sources {
  /** The stream that an operator, or a source, makes. */
  abstract operator<T>(init: TransformationInit): DataStream<T>;

  /** The elements of an array. */
  fromCollection<T>(elements: Iterable<T>, type?: TypeInformation<T>): DataStream<T> {
    if (typeof (elements as Partial<Iterable<T>> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new GraphError(
        'fromCollection() takes an array or another iterable; give fromSource() a function.',
      );
    }
    return this.operator({
      kind: 'source',
      connector: 'collection',
      name: 'Collection Source',
      fns: { elements: Array.from(elements) },
      outputType: type?.spec,
      nonParallel: true,
      params: { bounded: true },
    });
  }

  /** The elements as arguments. */
  fromElements<T>(...elements: T[]): DataStream<T> {
    return this.fromCollection(elements);
  }

  /** An array, iterable, async iterable, Node Readable or web ReadableStream; it is advanced as the job can take more. */
  fromIterable<T>(iterable: SourceIterable<T>, type?: TypeInformation<T>): DataStream<T> {
    return this.operator({
      kind: 'source',
      connector: 'function',
      name: 'Iterable Source',
      fns: { function: keptForTheJob(iterable) },
      outputType: type?.spec,
      nonParallel: true,
    });
  }

  /** The integers from `from` to `to`, both included, at least one; parallel. */
  fromSequence(from: number, to: number): DataStream<number> {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
      throw new GraphError(`A sequence is of whole numbers; it was given ${from} and ${to}.`);
    }
    if (from > to) {
      throw new GraphError(`A number sequence goes upwards: ${from} is greater than ${to}.`);
    }
    return this.operator({
      kind: 'source',
      connector: 'sequence',
      name: 'Sequence Source',
      params: { from, to },
    });
  }

  /**
   * What a function gives in each subtask (parallelism 1 unless `setParallelism` says more), or an iterable. Or a source of your
   * own, of splits with positions, or a class of such (docs/connectors.md): it is as parallel as the job. With `py(...)` it has
   * parallelism 1, too, unless `setParallelism` says more.
   *
   * @param watermarks makes event time and watermarks, of each split by itself
   */
  fromSource<T>(
    source:
      | Source<T>
      | (new () => Source<T>)
      | SourceFunction<T>
      | SourceIterable<T>
      | PyFunction<never, unknown>,
    name = 'Custom Source',
    type?: TypeInformation<T>,
    watermarks?: WatermarkStrategyLike<T>,
  ): DataStream<T> {
    const stream = this.#source(source, name, type);
    return watermarks === undefined ? stream : stream.stamped(watermarks, { perSplit: true });
  }

  #source<T>(
    given: Parameters<Sources['fromSource']>[0],
    name: string,
    type: TypeInformation<T> | undefined,
  ): DataStream<T> {
    const source = instanceIfClass(given);
    if (isSourceObject(source)) {
      return this.operator<T>({
        kind: 'source',
        name,
        fns: { connector: source },
        params: { bounded: source.bounded === true },
        outputType: type?.spec,
      });
    }
    return this.operator<T>({
      kind: 'source',
      connector: 'function',
      name,
      fns: { function: keptForTheJob(source) },
      outputType: type?.spec,
      nonParallel: typeof source !== 'function' && !(source instanceof PyFunction),
    }).setParallelism(1);
  }

  /** The lines of a file, or of all files of a folder. */
  readTextFile(path: string | URL): DataStream<string> {
    return this.fromFiles([path]);
  }

  /**
   * The lines of files and folders, dealt out over the subtasks; relative paths are relative to the working directory.
   *
   * @param options `monitorMs`: look for new files so often, and never end; `encoding`: utf-8 unless it says utf-16, utf-32
   *   (each with le, be or by the file's byte order mark) or latin1
   */
  fromFiles(
    paths: string | URL | Iterable<string | URL>,
    options: { monitorMs?: number; encoding?: string } = {},
  ): DataStream<string> {
    // A string is an iterable, too: of its characters.
    const each = typeof paths === 'string' || paths instanceof URL ? [paths] : Array.from(paths);
    if (each.length === 0)
      throw new GraphError('fromFiles() needs the path of a file or a folder.');
    checkFields('fromFiles()', options, ['monitorMs', 'encoding']);
    if (options.encoding !== undefined) charsetOf(options.encoding);
    const { monitorMs } = options;
    if (monitorMs !== undefined) checkMs('interval to look for new files', monitorMs, 1);
    return this.operator({
      kind: 'source',
      connector: 'lines',
      name: 'File Source',
      params: { paths: each.map(pathOf), ...options },
    });
  }

  /**
   * A named input that whoever starts the job may feed; by itself it reads its default: what `fromSource` takes, or
   * paths of files. Those of JSON lines (`.jsonl`, `.ndjson`) give a value for each line, all others lines of text.
   */
  fromInput<T = string>(
    name: string,
    options: {
      default?:
        | string
        | URL
        | readonly string[]
        | Source<T>
        | (new () => Source<T>)
        | SourceFunction<T>
        | SourceIterable<T>
        | PyFunction<never, unknown>;
    } = {},
  ): DataStream<T> {
    checkText('name of an input', name);
    const { default: given } = options;
    const paths =
      typeof given === 'string' || given instanceof URL
        ? [pathOf(given)]
        : Array.isArray(given) && given.every((path) => typeof path === 'string')
          ? given.map(pathOf)
          : undefined;
    return this.operator<T>({
      kind: 'source',
      connector: 'input',
      name,
      params: { name, ...(paths === undefined ? {} : { default: paths, jsonLines: true }) },
      ...(given === undefined || paths !== undefined
        ? { language: 'typescript' }
        : { fns: { function: keptForTheJob(given) } }),
      nonParallel: true,
    });
  }
}
