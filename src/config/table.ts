// Every setting there is: name, key, type, default, unit, effect, and who heeds it. Nothing else knows any of this: validation,
// resolution, notices, docs/configuration.md and the table of the Python side (python/isthmus/_settings/table.py) come from here.

export type SettingType =
  | 'integer'
  | 'number'
  | 'boolean'
  | 'string'
  | 'duration'
  | 'bytes'
  | 'choice'
  | 'list'
  | 'map';

/** `runtime`: the Node process, with the TypeScript functions in it. `worker`: a Python worker, with its functions. */
export type SettingHost = 'runtime' | 'worker';

/** What a value must be. */
export interface ValueSpec {
  type: SettingType;
  /** Of a choice. */
  choices?: readonly string[];
  /** Other words for some values. */
  synonyms?: Readonly<Record<string, string>>;
  /** Of a list, beside the form `[a, b]`; Flink's is `;`. */
  separator?: string;
  /** Of numbers, durations (milliseconds) and sizes (bytes): the values that make sense. */
  least?: number;
  greatest?: number;
}

export interface SettingRow extends ValueSpec {
  key: string;
  /** Keys that Flink had for it before. */
  alternatives?: readonly string[];
  /** As a user would write it; absent: unset. */
  default?: string;
  hosts: readonly SettingHost[];
  effect: string;
}

/** Node's timers take no longer time, and days of waiting are a slip. */
const LONGEST_MS = 2 ** 31 - 1;
const MAX_COUNT = 2 ** 31 - 1;

/** By the name that `Settings` has for it: durations in milliseconds, sizes in bytes. */
export const SETTINGS = {
  parallelism: {
    key: 'parallelism.default',
    type: 'integer',
    least: 1,
    greatest: 32_768,
    hosts: ['runtime'],
    effect:
      'Parallelism of operators that set none: in Python the number of cores (as PyFlink), in TypeScript 1.',
  },
  maxParallelism: {
    key: 'pipeline.max-parallelism',
    type: 'integer',
    least: 1,
    greatest: 32_768,
    hosts: ['runtime'],
    effect: "Number of key groups; unset: Flink's rule, at least 128.",
  },
  jobName: {
    key: 'pipeline.name',
    type: 'string',
    hosts: ['runtime'],
    effect: 'Name of the job where execute() is given none.',
  },
  autoWatermarkIntervalMs: {
    key: 'pipeline.auto-watermark-interval',
    type: 'duration',
    default: '200 ms',
    least: 0,
    greatest: LONGEST_MS,
    hosts: ['runtime', 'worker'],
    effect: 'How often watermark strategies emit; 0 turns periodic watermarks off.',
  },
  operatorChaining: {
    key: 'pipeline.operator-chaining.enabled',
    alternatives: ['pipeline.operator-chaining'],
    type: 'boolean',
    default: 'true',
    hosts: ['runtime'],
    effect: 'Whether neighbouring operators of one language run as one task.',
  },
  pythonOperatorChaining: {
    key: 'python.operator-chaining.enabled',
    type: 'boolean',
    default: 'true',
    hosts: ['runtime'],
    effect: 'The same for Python operators only.',
  },
  objectReuse: {
    key: 'pipeline.object-reuse',
    type: 'boolean',
    default: 'false',
    hosts: ['runtime', 'worker'],
    effect:
      'Whether records that can be changed in place are shared instead of copied where they are kept. Only for functions that change nothing they have emitted or were given.',
  },
  jobParameters: {
    key: 'pipeline.global-job-parameters',
    type: 'map',
    default: '',
    hosts: ['runtime', 'worker'],
    effect:
      'Parameters that functions read with get_job_parameter (getJobParameter), as `key:value,key:value`.',
  },
  runtimeMode: {
    key: 'execution.runtime-mode',
    type: 'choice',
    choices: ['STREAMING', 'BATCH', 'AUTOMATIC'],
    default: 'STREAMING',
    hosts: ['runtime'],
    effect:
      'STREAMING emits running results; BATCH sorts by key and emits final ones; AUTOMATIC is BATCH where all sources end.',
  },
  restartStrategy: {
    key: 'restart-strategy.type',
    alternatives: ['restart-strategy'],
    type: 'choice',
    choices: ['none', 'fixed-delay', 'exponential-delay', 'failure-rate'],
    synonyms: {
      off: 'none',
      disable: 'none',
      fixeddelay: 'fixed-delay',
      exponentialdelay: 'exponential-delay',
      failurerate: 'failure-rate',
    },
    hosts: ['runtime'],
    effect:
      'What follows a failure; unset: `exponential-delay` in a job that takes checkpoints, else `none`. Without checkpoints a restart begins from the beginning, and sinks get records again.',
  },
  checkpointIntervalMs: {
    key: 'execution.checkpointing.interval',
    type: 'duration',
    least: 10,
    greatest: LONGEST_MS,
    hosts: ['runtime'],
    effect:
      'How often the job takes a checkpoint, from which it goes on after a failure; unset: never. Jobs in BATCH mode take none.',
  },
  checkpointTimeoutMs: {
    key: 'execution.checkpointing.timeout',
    type: 'duration',
    default: '10 min',
    least: 10,
    greatest: LONGEST_MS,
    hosts: ['runtime'],
    effect: 'Time after which a checkpoint that is not complete is given up.',
  },
  checkpointMinPauseMs: {
    key: 'execution.checkpointing.min-pause',
    type: 'duration',
    default: '0 ms',
    least: 0,
    greatest: LONGEST_MS,
    hosts: ['runtime'],
    effect: 'Least time from the end of a checkpoint to the beginning of the next.',
  },
  tolerableFailedCheckpoints: {
    key: 'execution.checkpointing.tolerable-failed-checkpoints',
    type: 'integer',
    least: 0,
    greatest: MAX_COUNT,
    hosts: ['runtime'],
    effect: 'Checkpoints in a row that may fail before the job does; unset: any number.',
  },
  retainedCheckpoints: {
    key: 'execution.checkpointing.num-retained',
    alternatives: ['state.checkpoints.num-retained'],
    type: 'integer',
    default: '3',
    least: 1,
    greatest: 10_000,
    hosts: ['runtime'],
    effect: 'Completed checkpoints that are kept.',
  },
  checkpointDir: {
    key: 'execution.checkpointing.dir',
    alternatives: ['state.checkpoints.dir'],
    type: 'string',
    hosts: ['runtime'],
    effect:
      'Folder for checkpoints, each job in one of its own; unset: a temporary one, which goes with the job.',
  },
  recoveryPath: {
    key: 'execution.state-recovery.path',
    alternatives: ['execution.savepoint.path'],
    type: 'string',
    hosts: ['runtime'],
    effect:
      'A checkpoint that the job begins from: the folder of a job in `execution.checkpointing.dir`, of which the newest counts, or one `chk-….manifest` in it.',
  },
  recoveryIgnoresUnclaimed: {
    key: 'execution.state-recovery.ignore-unclaimed-state',
    alternatives: ['execution.savepoint.ignore-unclaimed-state'],
    type: 'boolean',
    default: 'false',
    hosts: ['runtime'],
    effect: 'Whether state of operators that the job has no more may be left behind.',
  },
  fixedDelayAttempts: {
    key: 'restart-strategy.fixed-delay.attempts',
    type: 'integer',
    default: '1',
    least: 0,
    greatest: MAX_COUNT,
    hosts: ['runtime'],
    effect: 'Restarts before the job fails.',
  },
  fixedDelayMs: {
    key: 'restart-strategy.fixed-delay.delay',
    type: 'duration',
    default: '1 s',
    least: 0,
    hosts: ['runtime'],
    effect: 'Pause before a restart.',
  },
  failureRateMaxFailures: {
    key: 'restart-strategy.failure-rate.max-failures-per-interval',
    type: 'integer',
    default: '1',
    least: 0,
    greatest: MAX_COUNT,
    hosts: ['runtime'],
    effect: 'Failures within the interval that are followed by a restart.',
  },
  failureRateIntervalMs: {
    key: 'restart-strategy.failure-rate.failure-rate-interval',
    type: 'duration',
    default: '1 min',
    least: 0,
    hosts: ['runtime'],
    effect: 'Interval in which failures are counted.',
  },
  failureRateDelayMs: {
    key: 'restart-strategy.failure-rate.delay',
    type: 'duration',
    default: '1 s',
    least: 0,
    hosts: ['runtime'],
    effect: 'Pause before a restart.',
  },
  exponentialInitialBackoffMs: {
    key: 'restart-strategy.exponential-delay.initial-backoff',
    type: 'duration',
    least: 0,
    hosts: ['runtime'],
    effect:
      'First pause before a restart; unset: 1 s, and 50 ms in a job with checkpoints for which no strategy is set.',
  },
  exponentialMaxBackoffMs: {
    key: 'restart-strategy.exponential-delay.max-backoff',
    type: 'duration',
    default: '1 min',
    least: 0,
    hosts: ['runtime'],
    effect: 'Longest pause before a restart.',
  },
  exponentialMultiplier: {
    key: 'restart-strategy.exponential-delay.backoff-multiplier',
    type: 'number',
    default: '1.5',
    least: 1,
    hosts: ['runtime'],
    effect: 'What the pause is multiplied with from one failure to the next.',
  },
  exponentialResetThresholdMs: {
    key: 'restart-strategy.exponential-delay.reset-backoff-threshold',
    type: 'duration',
    default: '1 h',
    least: 0,
    hosts: ['runtime'],
    effect: 'Time without a failure after which the pause is the first again.',
  },
  exponentialJitterFactor: {
    key: 'restart-strategy.exponential-delay.jitter-factor',
    type: 'number',
    default: '0.1',
    least: 0,
    greatest: 1,
    hosts: ['runtime'],
    effect: 'How much of the pause is left to chance.',
  },
  exponentialAttempts: {
    key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    type: 'integer',
    synonyms: { infinite: String(MAX_COUNT) },
    default: 'infinite',
    least: 0,
    greatest: MAX_COUNT,
    hosts: ['runtime'],
    effect: 'Restarts before the job fails; `infinite`: no limit.',
  },
  pythonExecutable: {
    key: 'python.executable',
    type: 'string',
    hosts: ['runtime'],
    effect:
      "Interpreter of the workers; unset: the program's own, else VIRTUAL_ENV, `.venv` here or above, `python3`.",
  },
  pythonFiles: {
    key: 'python.files',
    type: 'list',
    separator: ',',
    default: '',
    hosts: ['runtime'],
    effect:
      'Files, folders and archives added to the import path of the workers, separated by commas; of a file its folder. Relative ones are relative to the working directory of the workers.',
  },
  pythonRecordTimeoutMs: {
    key: 'python.fn-execution.timeout',
    type: 'duration',
    default: '0 ms',
    least: 0,
    hosts: ['runtime'],
    effect:
      'How long a Python worker may be at one record before it counts as hung, is dumped and killed; 0: for ever.',
  },
  workerMemoryLimitBytes: {
    key: 'python.worker.memory-limit',
    type: 'bytes',
    least: 2 ** 20,
    hosts: ['runtime'],
    effect:
      'Resident memory at which a Python worker at work is killed; unset: no limit. Looked at ten times a second while records are worked on, on Linux: what `open()` takes before that, and processes that functions start, do not count.',
  },
  workerStartTimeoutMs: {
    key: 'python.worker.start-timeout',
    type: 'duration',
    default: '30 s',
    least: 1,
    greatest: LONGEST_MS,
    hosts: ['runtime'],
    effect: 'How long a Python worker may take to start.',
  },
  closeTimeoutMs: {
    key: 'isthmus.close-timeout',
    type: 'duration',
    default: '2 s',
    least: 0,
    greatest: LONGEST_MS,
    hosts: ['runtime', 'worker'],
    effect:
      'How long functions, sources and sinks may take to end and to close after a failure, a cancellation or a stop, before they are left or killed.',
  },
  stopOn: {
    key: 'isthmus.stop-on',
    type: 'choice',
    choices: ['none', 'SIGTERM', 'SIGINT', 'both'],
    default: 'none',
    hosts: ['runtime'],
    effect:
      'Signals that stop the job the first time they come, instead of cancelling it: sources end, the rest is worked off. Heeded by Python programs while they wait, and by programs that `isthmus run` starts.',
  },
  maxWorkers: {
    key: 'python.worker.max-count',
    type: 'integer',
    least: 1,
    greatest: 32_768,
    hosts: ['runtime'],
    effect:
      'Python workers of an environment (of a Python program) that are at work at a time; further jobs wait for their turn. A job that needs more runs alone, one started within another does not wait for that. Unset: 8 for each core, at least 64.',
  },
  workerWaitTimeoutMs: {
    key: 'python.worker.wait-timeout',
    type: 'duration',
    default: '10 min',
    least: 1,
    greatest: LONGEST_MS,
    hosts: ['runtime'],
    effect: 'How long a job waits for its turn before it fails.',
  },
  stateBackend: {
    key: 'state.backend.type',
    alternatives: ['state.backend'],
    type: 'choice',
    choices: ['hashmap', 'embedded'],
    synonyms: {
      rocksdb: 'embedded',
      forst: 'embedded',
      sqlite: 'embedded',
      filesystem: 'hashmap',
      jobmanager: 'hashmap',
    },
    default: 'hashmap',
    hosts: ['runtime', 'worker'],
    effect:
      "Where state by key is kept (with contents of windows, timers and waiting records of joins): `hashmap` is the process's memory; `embedded` a store on disk, for state larger than memory.",
  },
  windowsMerging: {
    key: 'isthmus.windows.merging',
    type: 'choice',
    choices: ['exact', 'pyflink'],
    hosts: ['worker'],
    effect:
      'What a record that bridges session windows of Python functions does: `exact` combines them; `pyflink` loses the contents of one, as PyFlink does. Unset: `pyflink` in programs that import pyflink. Sessions of TypeScript functions are always exact.',
  },
  stateDirectory: {
    key: 'isthmus.state.directory',
    type: 'string',
    hosts: ['runtime', 'worker'],
    effect: "Folder of the embedded store's files; unset: that of temporary files.",
  },
  stateCacheEntries: {
    key: 'isthmus.state.cache-entries',
    type: 'integer',
    default: '50000',
    least: 1,
    greatest: MAX_COUNT,
    hosts: ['runtime', 'worker'],
    effect: 'Keys of each state that the embedded store keeps in memory.',
  },
  channels: {
    key: 'isthmus.channels',
    type: 'choice',
    choices: ['auto', 'always'],
    default: 'auto',
    hosts: ['runtime'],
    effect:
      '`always` sends every exchange through the runtime; results must not differ. For tests.',
  },
  channelWindowBytes: {
    key: 'isthmus.channel.window-bytes',
    type: 'bytes',
    default: '1 mb',
    least: 1,
    greatest: 2 ** 31 - 1,
    hosts: ['runtime', 'worker'],
    effect: 'Bytes that may be on their way on one channel before its sender waits.',
  },
  maxFrameBytes: {
    key: 'isthmus.bridge.max-frame-bytes',
    type: 'bytes',
    default: '64 mb',
    least: 64 << 10,
    greatest: 2 ** 31 - 1,
    hosts: ['runtime'],
    effect: 'Largest frame, and so the largest record, between two processes.',
  },
  progress: {
    key: 'isthmus.progress',
    type: 'choice',
    choices: ['auto', 'always', 'json', 'never'],
    default: 'never',
    hosts: ['runtime'],
    effect:
      'Whether a job shows its progress on stderr; auto (what `isthmus run` says): on a terminal; json: as JSON lines.',
  },
  events: {
    key: 'isthmus.events',
    type: 'string',
    hosts: ['runtime'],
    effect:
      'File to which jobs append [their events](events.md) as JSON lines; `-`: stderr. Unset: none.',
  },
} as const satisfies Readonly<Record<string, SettingRow>>;

type Rows = typeof SETTINGS;

export type SettingName = keyof Rows;

type Given<Row extends SettingRow> = Row['type'] extends 'boolean'
  ? boolean
  : Row['type'] extends 'string'
    ? string
    : Row['type'] extends 'choice'
      ? Row extends { choices: readonly (infer Choice)[] }
        ? Choice
        : never
      : Row['type'] extends 'list'
        ? readonly string[]
        : Row['type'] extends 'map'
          ? Readonly<Record<string, string>>
          : number;

/** What holds for a job: every setting, with the defaults, in milliseconds and bytes. Nobody looks at texts again. */
export type Settings = { readonly [Name in SettingName]: ValueOf<Rows[Name]> };

type ValueOf<Row extends SettingRow> = Row extends { default: string }
  ? Given<Row>
  : Given<Row> | undefined;

export const settingRows = Object.entries(SETTINGS) as [SettingName, SettingRow][];
