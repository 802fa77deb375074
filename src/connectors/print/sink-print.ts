import type { OperatorSpec, TypeSpec } from '../../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../../runtime/operator.ts';
import { printFormatter } from '../../text/format.ts';

const FLUSH_CHARS = 1 << 16;

/**
 * `sink.print`: a line for each record on the program's stdout. Prefix as in PyFlink: none, `id> `, and where the sink is
 * parallel `N> ` or `id:N> ` with N the subtask, from 1. Params: `identifier`, `stderr`, `type` (declared element type).
 */
export function sinkPrintOperator(spec: OperatorSpec): Operator {
  return new SinkPrintOperator(spec);
}

class SinkPrintOperator implements Operator {
  readonly #identifier: string;
  readonly #stderr: boolean;
  readonly #format: (value: unknown) => string;
  #ctx!: OperatorContext;
  #prefix = '';
  #text = '';

  constructor(spec: OperatorSpec) {
    this.#identifier = (spec.params.identifier as string | undefined) ?? '';
    this.#stderr = spec.params.stderr === true;
    this.#format = printFormatter(spec.params.type as unknown as TypeSpec | undefined);
  }

  open(ctx: OperatorContext, _emit: Emit): void {
    this.#ctx = ctx;
    const parallel = ctx.parallelism > 1 ? String(ctx.subtask + 1) : '';
    const joined = [this.#identifier, parallel].filter((part) => part !== '').join(':');
    this.#prefix = joined === '' ? '' : `${joined}> `;
  }

  process(value: unknown): MaybePromise<void> {
    // Lines are gathered until the subtask comes by: a write each would cost more than the rest of the pipeline.
    if (this.#text === '') this.#ctx.requestProcessingTime(this.#ctx.clock.now());
    this.#text += `${this.#prefix}${this.#format(value)}\n`;
    return this.#text.length >= FLUSH_CHARS ? this.#flush() : undefined;
  }

  onProcessingTime(): MaybePromise<void> {
    return this.#flush();
  }

  finish(): MaybePromise<void> {
    return this.#flush();
  }

  beforeBarrier(): MaybePromise<void> {
    return this.#flush();
  }

  /** Also after a failure: what was made before it is shown, whoever reads it when. */
  close(): void {
    void this.#flush();
  }

  #flush(): MaybePromise<void> {
    const text = this.#text;
    if (text === '') return undefined;
    this.#text = '';
    return this.#ctx.print?.(text, this.#stderr);
  }
}
