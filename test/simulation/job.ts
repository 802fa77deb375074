// The job that is simulated: both languages, keyed state, timers of both kinds, a window, and exchanges between subtasks.

import { fileURLToPath } from 'node:url';
import type { ProgramOutput } from '../../src/bridge/output-stream.ts';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import type { BuiltGraph } from '../../src/api/graph-builder.ts';
import { builtIn } from '../../src/built-in.ts';
import {
  py,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../src/index.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import type { JobEvent } from '../../src/runtime/job-events.ts';
import { JobExecution, type JobOptions } from '../../src/runtime/job-execution.ts';
import { packageDir } from '../fixtures/python-jobs.ts';
import type { LockStep } from './lock-step.ts';
import { SimulatedWorkers } from './simulated-workers.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { Simulation } from './simulation.ts';

type Described = { n: number; key: string };
type Summed = { key: string; sum: number };

const PYTHON = fileURLToPath(new URL('./functions.py', import.meta.url));
export const RECORDS = 600;
const DEATH_WITHIN_MS = 300;
/** The same of a job that goes on from checkpoints. */
const DEATH_WITHIN_CHECKPOINTS_MS = 1_500;

export const SETTINGS = {
  'pipeline.auto-watermark-interval': '20 ms',
  // So that senders wait for credit.
  'isthmus.channel.window-bytes': '2048',
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '9',
  'restart-strategy.fixed-delay.delay': '10 ms',
};

export const checkpointsEvery = (ms: number) => ({
  'execution.checkpointing.interval': `${ms} ms`,
  'execution.checkpointing.timeout': '5 s',
  'execution.checkpointing.dir': '/checkpoints',
});

/** The job as plain data. Its results do not depend on the order in which things happen. */
export function keyedJob(checkpointMs?: number): BuiltGraph {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  env.configure(SETTINGS);
  if (checkpointMs !== undefined) env.configure(checkpointsEvery(checkpointMs));
  env
    .fromSequence(1, RECORDS)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner((n) => n * 20),
    )
    .map(py<number, Described>(PYTHON, 'described'))
    .keyBy(py<Described, string>(PYTHON, 'key_of'))
    .process(py<Described, Summed>(PYTHON, 'Sums'))
    .keyBy(({ key }) => key)
    .window(TumblingEventTimeWindows.of(Time.seconds(2)))
    .reduce((a, b) => ({ key: a.key, sum: a.sum + b.sum }))
    .keyBy(py<Summed, number>(PYTHON, 'parity'))
    .process(py<Summed, string>(PYTHON, 'Labels'))
    .rebalance()
    .map((label) => label.toUpperCase())
    .toOutput('labels');
  return env.build('simulated');
}

export interface Run {
  /** What happened in it. */
  trace: string[];
  /** What came out of it, sorted. */
  results: string[];
}

/** What happens to a run. */
export interface Fortune {
  /** Of workers, at some time each; the job begins again then. */
  deaths?: number;
  /** The disk that another run has left. */
  disk?: SimulatedDisk;
  /** Before it begins. */
  before?: (simulation: Simulation) => void;
  /** When the machine loses its power (ms): the run is over. */
  powerLossAt?: number;
}

/** A run of a job by a seed. */
export async function simulate(
  built: BuiltGraph,
  seed: number,
  lockStep: LockStep,
  { deaths = 0, disk, before, powerLossAt }: Fortune = {},
): Promise<Run> {
  const within =
    built.graph.settings.checkpointIntervalMs === undefined
      ? DEATH_WITHIN_MS
      : DEATH_WITHIN_CHECKPOINTS_MS;
  const simulation = new Simulation(seed, disk);
  before?.(simulation);
  const workers = new SimulatedWorkers(simulation, lockStep);
  for (let i = 0; i < deaths; i++) {
    simulation.in(simulation.random() * within, () => workers.killOne());
  }
  const { execution, results } = start(built, {
    pool: workers,
    machine: simulation.machine,
    output: QUIET,
    // Without checkpoints a job begins again from the beginning, and so do its results; with them nobody asks.
    takeBackResults: () => {
      if (built.graph.settings.checkpointIntervalMs !== undefined) throw new Error('taken back');
      results.length = 0;
      return true;
    },
    listeners: [
      (event) => {
        if (event.kind === 'log') simulation.note(`log ${event.message.split('\n')[0]}`);
        if (event.kind.startsWith('checkpoint-')) simulation.note(noteOf(event));
      },
    ],
    note: (values) => simulation.note(`results ${JSON.stringify(values)}`),
  });
  try {
    const { promise: darkness, resolve } = Promise.withResolvers<void>();
    if (powerLossAt !== undefined) simulation.in(powerLossAt, resolve);
    await simulation.until(Promise.race([execution.result, darkness]));
  } finally {
    await workers.close();
  }
  return { trace: simulation.trace, results: results.sort() };
}

/** Without its time, which the note has. */
function noteOf(event: JobEvent): string {
  return JSON.stringify(event, (name, value) => (name === 'at' ? undefined : value));
}

/** What comes out where nothing is simulated, sorted. */
export async function really(built: BuiltGraph): Promise<string[]> {
  const stderr = (chunk: Uint8Array) => void process.stderr.write(chunk);
  const pool = new WorkerPool({
    packageDir,
    output: { printed: stderr, said: stderr, stderr },
  });
  try {
    const { execution, results } = start(built, { pool, machine: systemMachine });
    await execution.result;
    return results.sort();
  } finally {
    await pool.close();
  }
}

function start(
  built: BuiltGraph,
  { note, ...options }: Omit<JobOptions, 'makers'> & { note?: (values: unknown[]) => void },
): { execution: JobExecution; results: string[] } {
  const results: string[] = [];
  const execution = JobExecution.start(built, {
    ...options,
    makers: () => builtIn,
    onResults: (_operator, _subtask, values) => {
      note?.(values);
      results.push(...(values as string[]));
    },
  });
  return { execution, results };
}

/** The job prints nothing. */
const stream = {
  isBusy: false,
  settled: () => Promise.resolve(),
  room: () => undefined,
  onFailure: () => () => {},
};
const QUIET = { stdout: stream, stderr: stream } as unknown as ProgramOutput;
