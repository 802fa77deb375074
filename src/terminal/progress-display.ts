// What a job is doing, on stderr: on a terminal a table that is drawn over itself, elsewhere a line now and then, or JSON lines.

import { isSink } from '../graph/kinds.ts';
import { writeQuietly } from '../bridge/output-stream.ts';
import type { JobEvent, JobEventOf } from '../runtime/job-events.ts';
import type { JobOperatorMetrics } from '../runtime/job-metrics.ts';

const LINE_EVERY_MS = 2_000;

export interface ProgressTarget {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** `wanted`: the option `isthmus.progress`. Undefined where nothing is to be shown. */
export function progressDisplay(
  job: string,
  wanted: string | undefined,
  target: ProgressTarget = stderr(),
): ProgressDisplay | undefined {
  if (wanted === 'json') return new ProgressDisplay(job, 'json', target);
  const shown = wanted === 'always' || (wanted === 'auto' && target.isTTY);
  return shown ? new ProgressDisplay(job, 'text', target) : undefined;
}

export class ProgressDisplay {
  readonly #job: string;
  readonly #kind: 'text' | 'json';
  readonly #target: ProgressTarget;
  readonly #began = performance.now();
  #before: { at: number; passed: Map<number, number> } | undefined;
  #drawnLines = 0;
  #lineAt = 0;
  #operators: readonly JobOperatorMetrics[] = [];

  constructor(job: string, kind: 'text' | 'json', target: ProgressTarget) {
    this.#job = job;
    this.#kind = kind;
    this.#target = target;
  }

  readonly listen = (event: JobEvent): void => {
    switch (event.kind) {
      case 'metrics':
        this.#operators = event.operators;
        this.#show(event.operators, false);
        return;
      case 'restart':
        this.#note(event);
        return;
      case 'status':
        if (isTheEnd(event.status)) this.#end(event.status);
    }
  };

  #note({ attempt, pauseMs, error: { code, message } }: JobEventOf<'restart'>): void {
    const failed = attempt + 1;
    if (this.#kind === 'json') {
      const line = { job: this.#job, restart: { failed, pauseMs, error: { code, message } } };
      this.#target.write(`${JSON.stringify(line)}\n`);
      return;
    }
    this.hide();
    this.#target.write(`${this.#job}: attempt ${failed} failed, attempt ${failed + 1} follows\n`);
  }

  /** The last word. */
  #end(status: string): void {
    this.#show(this.#operators, true);
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    if (this.#kind === 'text') this.#target.write(`${this.#job}: ${status} after ${seconds} s\n`);
    this.#drawnLines = 0;
  }

  /** Takes the table away, for what the program prints. */
  hide(): void {
    if (this.#drawnLines === 0) return;
    this.#target.write(`\x1b[${this.#drawnLines}A\x1b[J`);
    this.#drawnLines = 0;
  }

  #show(operators: readonly JobOperatorMetrics[], last: boolean): void {
    const now = performance.now();
    const rates = this.#rates(operators, now, last);
    if (this.#kind === 'json') {
      const shown = operators.map((operator, i) => ({ ...operator, rate: rates[i] }));
      const line = { job: this.#job, elapsedMs: Math.round(now - this.#began), operators: shown };
      this.#target.write(`${JSON.stringify(line)}\n`);
    } else if (this.#target.isTTY) {
      this.hide();
      const lines = table(operators, rates, this.#target.columns);
      this.#target.write(lines.map((line) => `${line}\n`).join(''));
      this.#drawnLines = lines.length;
    } else if (last || now - this.#lineAt >= LINE_EVERY_MS) {
      this.#lineAt = now;
      const parts = operators.map(
        (operator, i) => `${told(operator)} ${count(passed(operator))} (${count(rates[i] ?? 0)}/s)`,
      );
      this.#target.write(`${this.#job}: ${parts.join(', ')}\n`);
    }
  }

  /** Records a second since the last look; over the whole job at the end. */
  #rates(operators: readonly JobOperatorMetrics[], now: number, last: boolean): number[] {
    const before = last ? undefined : this.#before;
    const since = before?.at ?? this.#began;
    const rates = operators.map((operator) => {
      const records = passed(operator) - (before?.passed.get(operator.id) ?? 0);
      return Math.round((records * 1000) / Math.max(1, now - since));
    });
    this.#before = { at: now, passed: new Map(operators.map((o) => [o.id, passed(o)])) };
    return rates;
  }
}

/** Records that an operator has let out; of a sink, which lets none out, those it has taken. */
function passed(operator: JobOperatorMetrics): number {
  return isSink(operator) ? operator.in : operator.out;
}

/** By its name, with what its windows, bounds and limits are. */
function told({ name, settings }: JobOperatorMetrics): string {
  return settings === undefined ? name : `${name} (${settings})`;
}

/** What an operator's windows, bounds and limits are is in a line below it. */
function table(
  operators: readonly JobOperatorMetrics[],
  rates: readonly number[],
  columns: number,
): string[] {
  const width = Math.max(10, Math.min(40, columns - 52));
  const row = (name: string, language: string, ...numbers: string[]) =>
    `${name.slice(0, width).padEnd(width)} ${language.padEnd(10)}${numbers.map((n) => n.padStart(13)).join('')}`;
  return [
    row('operator', '', 'in', 'out', 'records/s'),
    ...operators.flatMap((operator, i) => [
      row(
        operator.name,
        operator.language,
        count(operator.in),
        count(operator.out),
        count(rates[i] ?? 0),
      ),
      ...(operator.settings === undefined
        ? []
        : [`  ${operator.settings}`.slice(0, Math.max(10, columns - 1))]),
    ]),
  ];
}

function isTheEnd(status: string): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'CANCELED';
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function stderr(): ProgressTarget {
  return {
    isTTY: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 100,
    // What cannot be shown is no failure of the job.
    write: (text) => writeQuietly(process.stderr, text),
  };
}
