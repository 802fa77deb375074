import type { Sink } from '../../operators/sink.ts';

/** Hands records to the program that started the job: what it collects, and named outputs. */
export function collectSink(): Sink {
  return {
    writer: (context) => ({ keeps: false, write: (value) => context.deliver(value) }),
  };
}
