import { EventEmitter } from 'node:events';

/**
 * A stream that is given as a value is read only when the job runs, and one that a function gives when all is open. It may fail
 * before: without anybody who listens that would end the process. The error stays with the stream, which gives it to whoever
 * iterates it.
 */
export function keptForTheJob<T>(source: T): T {
  if (source instanceof EventEmitter && Symbol.asyncIterator in source && 'errored' in source) {
    source.on('error', () => {});
  }
  return source;
}
