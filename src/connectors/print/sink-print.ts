import type { OperatorSpec, TypeSpec } from '../../graph/job-graph.ts';
import type { Sink, SinkContext, SinkWriter } from '../../operators/sink.ts';
import type { MaybePromise } from '../../runtime/operator.ts';
import { printFormatter } from '../../text/format.ts';

const FLUSH_CHARS = 1 << 16;

/**
 * A line for each record on the program's stdout. Prefix as in PyFlink: none, `id> `, and where the sink is parallel `N> ` or
 * `id:N> ` with N the subtask, from 1. Params: `identifier`, `stderr`, `type` (declared element type).
 */
export function printSink({ params }: OperatorSpec): Sink {
  return { writer: (context) => new PrintWriter(params, context) };
}

class PrintWriter implements SinkWriter {
  readonly keeps = false;
  readonly #context: SinkContext;
  readonly #stderr: boolean;
  readonly #format: (value: unknown) => string;
  readonly #prefix: string;
  #text = '';

  constructor(params: OperatorSpec['params'], context: SinkContext) {
    this.#context = context;
    this.#stderr = params.stderr === true;
    this.#format = printFormatter(params.type as unknown as TypeSpec | undefined);
    const identifier = (params.identifier as string | undefined) ?? '';
    const parallel = context.parallelism > 1 ? String(context.subtask + 1) : '';
    const joined = [identifier, parallel].filter((part) => part !== '').join(':');
    this.#prefix = joined === '' ? '' : `${joined}> `;
  }

  write(value: unknown): MaybePromise<void> {
    // Lines are gathered until the subtask comes by: a write each would cost more than the rest of the pipeline.
    if (this.#text === '') this.#context.wakeAt(this.#context.now());
    this.#text += `${this.#prefix}${this.#format(value)}\n`;
    return this.#text.length >= FLUSH_CHARS ? this.flush() : undefined;
  }

  onTime(): MaybePromise<void> {
    return this.flush();
  }

  flush(): MaybePromise<void> {
    const text = this.#text;
    if (text === '') return undefined;
    this.#text = '';
    return this.#context.print(text, this.#stderr);
  }

  /** Also after a failure: what was made before it is shown, whoever reads it when. */
  close(): void {
    void this.flush();
  }
}
