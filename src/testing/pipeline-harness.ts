import { settingsOf } from '../config/resolve.ts';
import { kindOf, nameOf, type OperatorName } from '../graph/kinds.ts';
import { isOutput } from '../graph/ports.ts';
import type { DataStream } from '../api/data-stream.ts';
import { OperatorOutput } from '../api/operator-output.ts';
import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import { MIN_TIMESTAMP } from '../runtime/operator.ts';
import type { OperatorHarness } from './harness.ts';
import type { Emitted, HarnessOptions } from './harness-options.ts';
import { ManualClock } from './manual-clock.ts';
import { moveClock } from './move-clock.ts';
import { type Build, PieceOfProgram } from './piece-of-program.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import { type Reader, Stage, handOn } from './stage.ts';

/** How a harness runs a pipeline. */
export interface PipelineOptions extends Pick<HarnessOptions, 'batch' | 'clock' | 'config'> {
  /** What `snapshot()` of another harness of the pipeline gave. */
  restore?: PipelineSnapshot;
}

/** The state of each operator, by its place in the pipeline. */
export type PipelineSnapshot = readonly SavedSubtask[];

/** A stream that a test feeds. */
export class PipelineInput {
  /** Who reads it; told by the harness. */
  readonly readers: Reader[] = [];
  /** Copies what the test may go on to change. */
  readonly #isolate: Isolate;

  constructor(isolate: Isolate) {
    this.#isolate = isolate;
  }

  /** Records without a timestamp. */
  process(...values: unknown[]): Promise<void> {
    return this.processAt(MIN_TIMESTAMP, ...values);
  }

  /** Records of one event time, in milliseconds. */
  processAt(timestamp: number, ...values: unknown[]): Promise<void> {
    return this.processTimed(...values.map((value) => [value, timestamp] as const));
  }

  /** `[record, timestamp]` pairs. */
  async processTimed(...records: (readonly [value: unknown, timestamp: number])[]): Promise<void> {
    for (const [value, timestamp] of records) {
      await handOn({ value: this.#isolate(value), timestamp }, this.readers, this.#isolate);
    }
  }

  /** Event time of this stream reaches `timestamp`. */
  async watermark(timestamp: number): Promise<void> {
    for (const reader of this.readers) await reader.passOn(timestamp);
  }

  /** This stream becomes idle, or active again. */
  async idle(idle: boolean): Promise<void> {
    for (const reader of this.readers) await reader.passOn(idle);
  }

  /** This stream ends. */
  async end(): Promise<void> {
    for (const reader of this.readers) await reader.end();
  }
}

/**
 * Runs a whole pipeline of TypeScript operators without a job, at parallelism 1: records, watermarks and processing time go in
 * by hand, and what leaves the pipeline or any operator of it can be looked at. Partitioners have nothing to do there.
 */
export class PipelineHarness {
  readonly clock: ManualClock;
  /** The streams that the pipeline was made of, in order. */
  readonly inputs: readonly PipelineInput[];
  /** What the stream that the pipeline gave back has emitted so far, with timestamps. */
  readonly records: Emitted[] = [];
  readonly #outputs = new Map<string, unknown[]>();
  readonly #stages = new Map<OperatorSpec, Stage>();

  private constructor(clock: ManualClock, inputs: readonly PipelineInput[]) {
    this.clock = clock;
    this.inputs = inputs;
  }

  /**
   * Opens what `build` makes of as many streams as it has parameters.
   *
   * @throws GraphError where a function of it is Python
   * @example
   * await using harness = await PipelineHarness.open((lines: DataStream<string>) =>
   *   lines.flatMap(words).keyBy((word) => word).reduce(count),
   * );
   * await harness.process('a b a');
   */
  // biome-ignore lint/suspicious/noExplicitAny: streams of any records.
  static async open<Streams extends DataStream<any>[]>(
    build: (...streams: Streams) => unknown,
    options: PipelineOptions = {},
  ): Promise<PipelineHarness> {
    const isolate = recordIsolator(settingsOf(options.config ?? {}));
    const inputs = Array.from(
      { length: Math.max(1, build.length) },
      () => new PipelineInput(isolate),
    );
    const piece = new PieceOfProgram(build as unknown as Build<unknown>, inputs.length);
    const harness = new PipelineHarness(options.clock ?? new ManualClock(), inputs);
    for (const spec of piece.operators) await harness.#add(piece, spec, options);
    if (piece.made instanceof OperatorOutput) {
      const result = sink(({ value, timestamp }) =>
        harness.records.push({ value: isolate(value), timestamp }),
      );
      for (const { from, sideTag } of piece.made.legs)
        harness.#read(piece, from.id, result, sideTag);
    }
    return harness;
  }

  // In.

  /** Records without a timestamp, of a pipeline with one input. */
  process(...values: unknown[]): Promise<void> {
    return this.#only.process(...values);
  }

  /** Records of one event time, in milliseconds. */
  processAt(timestamp: number, ...values: unknown[]): Promise<void> {
    return this.#only.processAt(timestamp, ...values);
  }

  /** `[record, timestamp]` pairs. */
  processTimed(...records: (readonly [value: unknown, timestamp: number])[]): Promise<void> {
    return this.#only.processTimed(...records);
  }

  /** Event time of all inputs reaches `timestamp`. */
  async watermark(timestamp: number): Promise<void> {
    for (const input of this.inputs) await input.watermark(timestamp);
  }

  /** The clock reaches `nowMs`; what is due in between happens at its time. */
  processingTime(nowMs: number): Promise<void> {
    return moveClock(this.clock, [...this.#stages.values()], nowMs);
  }

  /** Waits until no call of an asynchronous operator is under way. */
  async wait(timeoutMs?: number): Promise<void> {
    for (const stage of this.#stages.values()) await stage.wait(timeoutMs);
  }

  /** All inputs end: each operator sees the final watermark and finishes before those behind it do. */
  async end(): Promise<void> {
    for (const input of this.inputs) await input.end();
  }

  // Out.

  /** The values that the stream which the pipeline gave back has emitted so far. */
  get output(): unknown[] {
    return this.records.map(({ value }) => value);
  }

  /** As `output`, and forgets them. */
  take(): unknown[] {
    return this.records.splice(0).map(({ value }) => value);
  }

  /** The values that have reached `toOutput(name)`, or a `print()` of that name. */
  outputOf(name: string): unknown[] {
    const values = this.#outputs.get(name);
    if (values !== undefined) return [...values];
    throw new GraphError(
      `The pipeline has no output "${name}"; it has ${list([...this.#outputs.keys()])}.`,
    );
  }

  /** An operator by its name or uid: its own output, side outputs, state and timers. */
  operator(name: string): OperatorHarness {
    const found = [...this.#stages].filter(([spec]) => spec.name === name || spec.uid === name);
    const [only, second] = found;
    if (only !== undefined && second === undefined) return only[1];
    const names = list([...this.#stages.keys()].map((spec) => spec.name));
    throw new GraphError(
      `The pipeline has ${found.length} operators "${name}"; its operators are ${names}. Give the one meant a name().`,
    );
  }

  /** The state of all operators, for `restore` of another harness of the same pipeline. */
  async snapshot(): Promise<PipelineSnapshot> {
    const states: SavedSubtask[] = [];
    for (const stage of this.#stages.values()) states.push(await stage.snapshot());
    return states;
  }

  /** Closes the functions. */
  async close(): Promise<void> {
    for (const stage of this.#stages.values()) await stage.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #only(): PipelineInput {
    const [only, second] = this.inputs;
    if (only !== undefined && second === undefined) return only;
    throw new GraphError(
      `The pipeline has ${this.inputs.length} inputs; say which: harness.inputs[0].process(…).`,
    );
  }

  async #add(
    piece: PieceOfProgram<unknown>,
    spec: OperatorSpec,
    { restore, batch, config }: PipelineOptions,
  ): Promise<void> {
    const edges = piece.edges.filter(({ to }) => to === spec.id);
    if (isOutput(spec) || kindOf(spec).prints === true) {
      const values = this.#outputs.get(spec.name) ?? [];
      this.#outputs.set(spec.name, values);
      const isolate = recordIsolator(settingsOf(config ?? {}));
      const output = sink(({ value }) => values.push(isolate(value)));
      for (const { from, sideTag } of edges) this.#read(piece, from, output, sideTag);
      return;
    }
    const inlets = edges.map((edge) => ({ input: edge.input, keyBy: piece.keyOf(edge) }));
    const { name, params } = spec;
    const kind = nameOf(spec) as OperatorName;
    const given: HarnessOptions = { kind, name, params, clock: this.clock };
    const saved = restore?.[this.#stages.size];
    if (saved !== undefined) given.restore = saved;
    if (batch !== undefined) given.batch = batch;
    if (config !== undefined) given.config = config;
    const stage = await Stage.open(piece.functionsOf(spec), given, inlets);
    this.#stages.set(spec, stage);
    for (const [channel, { from, sideTag }] of edges.entries()) {
      this.#read(piece, from, stage.inlets[channel] as Reader, sideTag);
    }
  }

  #read(
    piece: PieceOfProgram<unknown>,
    from: number,
    reader: Reader,
    sideTag: string | undefined,
  ): void {
    const input = this.inputs[piece.sources.indexOf(from)];
    if (input !== undefined) input.readers.push(reader);
    for (const [spec, stage] of this.#stages) if (spec.id === from) stage.readBy(reader, sideTag);
  }
}

/** Keeps records; time is nothing to it. */
function sink(keep: (record: Emitted) => unknown): Reader {
  return {
    take: (record) => void keep(record),
    passOn: () => {},
    end: () => {},
  };
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}
