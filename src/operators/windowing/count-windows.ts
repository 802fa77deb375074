import { ConfigurationError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import type { CountWindow } from './windows.ts';

/** Windows of a number of records. Engines know them by `describe()`: records are counted, not assigned. */
export class CountWindows {
  readonly size: number;
  /** Undefined: windows do not overlap. */
  readonly slide: number | undefined;

  constructor(size: number, slide?: number) {
    for (const count of slide === undefined ? [size] : [size, slide]) {
      if (Number.isInteger(count) && count > 0) continue;
      throw new ConfigurationError(
        `A count window is of ${count} records; it must be a whole number of at least 1.`,
      );
    }
    this.size = size;
    this.slide = slide;
  }

  assignWindows(): Iterable<CountWindow> {
    throw new ConfigurationError('Count windows are counted, not assigned; use countWindow().');
  }

  isEventTime(): boolean {
    return false;
  }

  describe(): { [key: string]: JsonValue } {
    const { size, slide } = this;
    return { kind: 'count', size, ...(slide === undefined ? {} : { slide }) };
  }
}
