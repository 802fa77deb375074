// Sinks of text files by row, with the builder that PyFlink has.

import { ConfigurationError } from '../errors.ts';
import type { JsonValue } from '../graph/job-graph.ts';
import { pathOf } from './arguments.ts';

/** How a record becomes a line. */
export class Encoder {
  readonly charset: string;

  private constructor(charset: string) {
    this.charset = charset;
  }

  /** The record as text. */
  static simpleStringEncoder(charset = 'utf-8'): Encoder {
    if (!/^utf-?8$/i.test(charset)) {
      throw new ConfigurationError(
        `Files are written in UTF-8; the charset ${charset} is not supported.`,
      );
    }
    return new Encoder(charset);
  }
}

/** Into which folder a record goes. */
export class BucketAssigner {
  readonly params: { [key: string]: JsonValue };

  private constructor(params: { [key: string]: JsonValue }) {
    this.params = params;
  }

  /** No folders: all files in the base path. */
  static basePathBucketAssigner(): BucketAssigner {
    return new BucketAssigner({ bucket: 'base-path' });
  }

  /**
   * A folder for each hour by the clock, named by a pattern of Java's letters, `yyyy-MM-dd--HH` by default, in a time zone such
   * as `Europe/Berlin`, or else the local one.
   */
  static dateTimeBucketAssigner(format = 'yyyy-MM-dd--HH', timeZone?: string): BucketAssigner {
    if (timeZone !== undefined) checkTimeZone(timeZone);
    return new BucketAssigner({
      bucket: 'date-hour',
      dateFormat: strftimePattern(format),
      ...(timeZone === undefined ? {} : { timeZone }),
    });
  }
}

/** When a file is finished and the next begun. */
export class RollingPolicy {
  readonly params: { [key: string]: JsonValue };

  private constructor(params: { [key: string]: JsonValue }) {
    this.params = params;
  }

  /** By size in bytes, by age and by time without a record, both in milliseconds. */
  static defaultRollingPolicy(
    partBytes = 128 << 20,
    rolloverIntervalMs = 60_000,
    inactivityMs = 60_000,
  ): RollingPolicy {
    return new RollingPolicy({ maxPartBytes: partBytes, rolloverIntervalMs, inactivityMs });
  }

  /** With every checkpoint, and at the end. */
  static onCheckpointRollingPolicy(): RollingPolicy {
    const never = Number.MAX_SAFE_INTEGER;
    return new RollingPolicy({
      maxPartBytes: never,
      rolloverIntervalMs: never,
      inactivityMs: never,
      onCheckpoint: true,
    });
  }
}

/** How files are named: `prefix-<id>-<n>suffix`. */
export interface OutputFileConfig {
  /** What names of files begin with; `part` by default. */
  partPrefix?: string;
  /** What names of files end with; nothing by default. */
  partSuffix?: string;
}

/** Writes lines into files under a folder; a file has its name only when it is finished. */
export class FileSink {
  readonly params: { [key: string]: JsonValue };

  /** Built by `forRowFormat`. */
  constructor(params: { [key: string]: JsonValue }) {
    this.params = params;
  }

  /** Files of lines, which the encoder makes of the records. */
  static forRowFormat(
    path: string | URL,
    _encoder: Encoder = Encoder.simpleStringEncoder(),
  ): RowFormatBuilder {
    return new RowFormatBuilder(pathOf(path));
  }
}

export class RowFormatBuilder {
  readonly #params: { [key: string]: JsonValue };

  constructor(path: string) {
    this.#params = { path };
  }

  withBucketAssigner(assigner: BucketAssigner): this {
    Object.assign(this.#params, assigner.params);
    return this;
  }

  withRollingPolicy(policy: RollingPolicy): this {
    this.#params.rolling = policy.params;
    return this;
  }

  withOutputFileConfig({ partPrefix, partSuffix }: OutputFileConfig): this {
    if (partPrefix !== undefined) this.#params.prefix = partPrefix;
    if (partSuffix !== undefined) this.#params.suffix = partSuffix;
    return this;
  }

  build(): FileSink {
    return new FileSink({ ...this.#params });
  }
}

const PATTERN_LETTERS: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  yy: '%y',
  MM: '%m',
  dd: '%d',
  HH: '%H',
  mm: '%M',
  ss: '%S',
};

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
  } catch {
    throw new ConfigurationError(
      `There is no time zone ${timeZone}; name one such as Europe/Berlin.`,
    );
  }
}

/** A pattern of Java's letters in those of strftime. */
function strftimePattern(format: string): string {
  return format.replace(
    /([A-Za-z])\1*|'([^']*)'/g,
    (letters, _first, literal: string | undefined) => {
      if (literal !== undefined) return literal;
      const found = PATTERN_LETTERS[letters];
      if (found === undefined) {
        throw new ConfigurationError(
          `The bucket pattern ${format} has the letters ${letters}; known: ${Object.keys(PATTERN_LETTERS).join(', ')}.`,
        );
      }
      return found;
    },
  );
}
