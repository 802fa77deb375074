// Every option there is: name, type, default, unit, effect. `docs/configuration.md` is generated from this table,
// and everything that reads an option reads it through `src/config/resolve.ts`.

import { STOP_ON, STOP_ON_CHOICES } from './stop-signals.ts';

export type OptionType =
  | 'integer'
  | 'number'
  | 'boolean'
  | 'string'
  | 'duration'
  | 'bytes'
  | 'choice';

export interface OptionSpec {
  key: string;
  type: OptionType;
  /** As a user would write it; absent: unset. */
  default?: string;
  choices?: readonly string[];
  /** Of numbers, durations (milliseconds) and sizes (bytes): the values that make sense. */
  least?: number;
  greatest?: number;
  effect: string;
  /** Accepted from Flink's configuration and without effect here, with the reason as its effect. */
  noEffect?: true;
}

/** Node's timers take no longer time, and days of waiting are a slip. */
const LONGEST_MS = 2 ** 31 - 1;
const MAX_COUNT = 2 ** 31 - 1;

export const options: readonly OptionSpec[] = [
  {
    key: 'parallelism.default',
    type: 'integer',
    least: 1,
    greatest: 32_768,
    effect:
      'Parallelism of operators that set none: in Python the number of cores (as PyFlink), in TypeScript 1.',
  },
  {
    key: 'pipeline.max-parallelism',
    type: 'integer',
    least: 1,
    greatest: 32_768,
    effect: "Number of key groups; unset: Flink's rule, at least 128.",
  },
  {
    key: 'pipeline.name',
    type: 'string',
    effect: 'Name of the job where execute() is given none.',
  },
  {
    key: 'pipeline.auto-watermark-interval',
    type: 'duration',
    default: '200 ms',
    least: 0,
    greatest: LONGEST_MS,
    effect: 'How often watermark strategies emit; 0 turns periodic watermarks off.',
  },
  {
    key: 'pipeline.operator-chaining.enabled',
    type: 'boolean',
    default: 'true',
    effect: 'Whether neighbouring operators of one language run as one task.',
  },
  {
    key: 'python.operator-chaining.enabled',
    type: 'boolean',
    default: 'true',
    effect: 'The same for Python operators only.',
  },
  {
    key: 'pipeline.object-reuse',
    type: 'boolean',
    default: 'false',
    effect:
      'Whether records that can be changed in place are shared instead of copied where they are kept. Only for functions that change nothing they have emitted or were given.',
  },
  {
    key: 'pipeline.global-job-parameters',
    type: 'string',
    effect: 'Parameters that functions read with get_job_parameter, as `key:value,key:value`.',
  },
  {
    key: 'execution.runtime-mode',
    type: 'choice',
    choices: ['STREAMING', 'BATCH', 'AUTOMATIC'],
    default: 'STREAMING',
    effect:
      'STREAMING emits running results; BATCH sorts by key and emits final ones; AUTOMATIC is BATCH where all sources end.',
  },
  {
    key: 'restart-strategy.type',
    type: 'choice',
    choices: ['none', 'off', 'disable', 'fixed-delay', 'exponential-delay', 'failure-rate'],
    default: 'none',
    effect:
      'What follows a failure. Without checkpoints a restart begins from the beginning, and sinks get records again.',
  },
  {
    key: 'restart-strategy.fixed-delay.attempts',
    type: 'integer',
    default: '1',
    least: 0,
    greatest: MAX_COUNT,
    effect: 'Restarts before the job fails.',
  },
  {
    key: 'restart-strategy.fixed-delay.delay',
    type: 'duration',
    default: '1 s',
    least: 0,
    effect: 'Pause before a restart.',
  },
  {
    key: 'restart-strategy.failure-rate.max-failures-per-interval',
    type: 'integer',
    default: '1',
    least: 0,
    greatest: MAX_COUNT,
    effect: 'Failures within the interval that are followed by a restart.',
  },
  {
    key: 'restart-strategy.failure-rate.failure-rate-interval',
    type: 'duration',
    default: '1 min',
    least: 0,
    effect: 'Interval in which failures are counted.',
  },
  {
    key: 'restart-strategy.failure-rate.delay',
    type: 'duration',
    default: '1 s',
    least: 0,
    effect: 'Pause before a restart.',
  },
  {
    key: 'restart-strategy.exponential-delay.initial-backoff',
    type: 'duration',
    default: '1 s',
    least: 0,
    effect: 'First pause before a restart.',
  },
  {
    key: 'restart-strategy.exponential-delay.max-backoff',
    type: 'duration',
    default: '1 min',
    least: 0,
    effect: 'Longest pause before a restart.',
  },
  {
    key: 'restart-strategy.exponential-delay.backoff-multiplier',
    type: 'number',
    default: '1.5',
    least: 1,
    effect: 'What the pause is multiplied with from one failure to the next.',
  },
  {
    key: 'restart-strategy.exponential-delay.reset-backoff-threshold',
    type: 'duration',
    default: '1 h',
    least: 0,
    effect: 'Time without a failure after which the pause is the first again.',
  },
  {
    key: 'restart-strategy.exponential-delay.jitter-factor',
    type: 'number',
    default: '0.1',
    least: 0,
    greatest: 1,
    effect: 'How much of the pause is left to chance.',
  },
  {
    key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    type: 'string',
    effect: 'Restarts before the job fails; unset or `infinite`: no limit.',
  },
  {
    key: 'python.executable',
    type: 'string',
    effect:
      "Interpreter of the workers; unset: the program's own, else VIRTUAL_ENV, `.venv` here or above, `python3`.",
  },
  {
    key: 'python.files',
    type: 'string',
    effect:
      'Files, folders and archives added to the import path of the workers, separated by commas; of a file its folder. Relative ones are relative to the working directory of the workers.',
  },
  {
    key: 'python.fn-execution.timeout',
    type: 'duration',
    default: '0 ms',
    least: 0,
    effect:
      'How long a Python worker may be at one record before it counts as hung, is dumped and killed; 0: for ever.',
  },
  {
    key: 'python.worker.memory-limit',
    type: 'bytes',
    least: 2 ** 20,
    effect:
      'Resident memory at which a Python worker at work is killed; unset: no limit. Looked at ten times a second while records are worked on, on Linux: what `open()` takes before that, and processes that functions start, do not count.',
  },
  {
    key: 'python.worker.start-timeout',
    type: 'duration',
    default: '30 s',
    least: 1,
    greatest: LONGEST_MS,
    effect: 'How long a Python worker may take to start.',
  },
  {
    key: 'isthmus.close-timeout',
    type: 'duration',
    default: '2 s',
    least: 0,
    greatest: LONGEST_MS,
    effect:
      'How long functions, sources and sinks may take to end and to close after a failure, a cancellation or a stop, before they are left or killed.',
  },
  {
    key: STOP_ON,
    type: 'choice',
    choices: Object.keys(STOP_ON_CHOICES),
    default: 'none',
    effect:
      'Signals that stop the job the first time they come, instead of cancelling it: sources end, the rest is worked off. Heeded by Python programs while they wait, and by programs that `isthmus run` starts.',
  },
  {
    key: 'python.worker.max-count',
    type: 'integer',
    least: 1,
    greatest: 32_768,
    effect:
      'Python workers of an environment (of a Python program) that are at work at a time; further jobs wait for their turn. A job that needs more runs alone, one started within another does not wait for that. Unset: 8 for each core, at least 64.',
  },
  {
    key: 'python.worker.wait-timeout',
    type: 'duration',
    default: '10 min',
    least: 1,
    greatest: LONGEST_MS,
    effect: 'How long a job waits for its turn before it fails.',
  },
  {
    key: 'state.backend.type',
    type: 'choice',
    choices: ['hashmap', 'embedded', 'rocksdb', 'forst', 'sqlite'],
    default: 'hashmap',
    effect:
      "Where keyed state is kept: `hashmap` is the process's memory; the others are one embedded store on disk, for state larger than memory.",
  },
  {
    key: 'isthmus.state.directory',
    type: 'string',
    effect: "Folder of the embedded store's files; unset: that of temporary files.",
  },
  {
    key: 'isthmus.state.cache-entries',
    type: 'integer',
    default: '50000',
    least: 1,
    greatest: MAX_COUNT,
    effect: 'Keys of each state that the embedded store keeps in memory.',
  },
  {
    key: 'isthmus.channels',
    type: 'choice',
    choices: ['auto', 'always'],
    default: 'auto',
    effect:
      '`always` sends every exchange through the runtime; results must not differ. For tests.',
  },
  {
    key: 'isthmus.channel.window-bytes',
    type: 'bytes',
    default: '1 mb',
    least: 1,
    greatest: 2 ** 31 - 1,
    effect: 'Bytes that may be on their way on one channel before its sender waits.',
  },
  {
    key: 'isthmus.bridge.max-frame-bytes',
    type: 'bytes',
    default: '64 mb',
    least: 64 << 10,
    greatest: 2 ** 31 - 1,
    effect: 'Largest frame, and so the largest record, between two processes.',
  },
  {
    key: 'isthmus.progress',
    type: 'choice',
    choices: ['auto', 'always', 'json', 'never'],
    default: 'never',
    effect:
      'Whether a job shows its progress on stderr; auto (what `isthmus run` says): on a terminal; json: as JSON lines.',
  },
  ...[
    ['python.fn-execution.bundle.size', 'batches adapt to the load by themselves'],
    ['python.fn-execution.bundle.time', 'batches adapt to the load by themselves'],
    ['python.fn-execution.arrow.batch.size', 'batches adapt to the load by themselves'],
    ['python.fn-execution.memory.managed', 'workers are plain processes'],
    ['python.execution-mode', 'functions always run in worker processes'],
    ['python.client.executable', 'the program is its own client'],
    ['python.archives', 'call add_python_archive'],
    ['python.requirements', 'name an interpreter that has the packages'],
    ['python.pythonpath', 'the import path of the program is used'],
    ['python.state.cache-size', 'state lives in the worker: there is nothing to cache'],
    ['python.map-state.read-cache-size', 'state lives in the worker: there is nothing to cache'],
    ['python.map-state.write-cache-size', 'state lives in the worker: there is nothing to cache'],
    [
      'python.map-state.iterate-response-batch-size',
      'state lives in the worker: there is nothing to cache',
    ],
    ['python.metric.enabled', 'metrics cost nothing worth switching off'],
    ['python.profile.enabled', 'use a profiler on the worker'],
    ['python.systemenv.enabled', 'workers inherit the environment'],
    ['python.logging.default.level', "records of Python's logging reach the program's loggers"],
    ['python.logging.level.overrides', "records of Python's logging reach the program's loggers"],
    ['python.job-options', 'there is no JVM'],
    ['execution.buffer-timeout.interval', 'channels are flushed as soon as their consumer is free'],
    ['execution.buffer-timeout.enabled', 'channels are flushed as soon as their consumer is free'],
    ['execution.checkpointing.interval', 'checkpoints come with the next release'],
    ['execution.checkpointing.mode', 'checkpoints come with the next release'],
    ['execution.checkpointing.timeout', 'checkpoints come with the next release'],
    ['execution.checkpointing.dir', 'checkpoints come with the next release'],
    ['execution.checkpointing.min-pause', 'checkpoints come with the next release'],
    [
      'execution.checkpointing.max-concurrent-checkpoints',
      'checkpoints come with the next release',
    ],
    [
      'execution.checkpointing.tolerable-failed-checkpoints',
      'checkpoints come with the next release',
    ],
    ['execution.checkpointing.unaligned.enabled', 'checkpoints come with the next release'],
    [
      'execution.checkpointing.externalized-checkpoint-retention',
      'checkpoints come with the next release',
    ],
    ['pipeline.jars', 'there is no JVM'],
    ['pipeline.classpaths', 'there is no JVM'],
  ].map(
    ([key, effect]): OptionSpec => ({
      key: key ?? '',
      type: 'string',
      effect: effect ?? '',
      noEffect: true,
    }),
  ),
];

const byKey = new Map(options.map((option) => [option.key, option]));

export function findOption(key: string): OptionSpec | undefined {
  return byKey.get(key);
}

/** Keys that belong to the user: job parameters in the manner of Flink's programs, never warned about. */
export function isForeign(key: string): boolean {
  return !/^(parallelism|pipeline|execution|restart-strategy|python|isthmus|state)\./.test(key);
}
