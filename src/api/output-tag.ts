import { GraphError } from '../errors.ts';
import type { TypeInformation } from './types.ts';

/** Names a side output. Two tags with the same id are the same side output. */
export class OutputTag<T> {
  /** One among those of its operator. */
  readonly id: string;
  /** The declared type of its records, where one matters (numbers that Python is to see as floats). */
  readonly type: TypeInformation<T> | undefined;
  declare protected readonly recordType: T;

  constructor(id: string, type?: TypeInformation<T>) {
    if (typeof id !== 'string' || id === '') {
      throw new GraphError('The id of an OutputTag must be a string that is not empty.');
    }
    this.id = id;
    this.type = type;
  }
}
