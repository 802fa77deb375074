// Every error Isthmus raises, with a stable code. `docs/errors.md` explains each; a test compares the two.
// The Python twin is python/isthmus/errors.py: same names, same codes.
//
//   IsthmusError
//   ├── GraphError              the job graph is wrong; nothing has started
//   ├── ConfigurationError      an option is wrong
//   ├── UserFunctionError       user code raised; the report says which record
//   ├── WorkerError             a Python worker could not start, died, hung or outgrew its limit
//   ├── RuntimeDiedError        the process of the runtime, in which TypeScript functions run, has died
//   ├── BridgeProtocolError     a frame was malformed
//   ├── OutputError             what a print sink writes could not be written, or has no reader any more
//   ├── StateError              what was kept cannot be written, or cannot be used: it is damaged, or another's
//   ├── CodecError              a value cannot cross between the languages
//   ├── JobCancelledError       the job was cancelled
//   ├── CallError               a call has taken too long, is one too many, or came after the end
//   ├── UnsupportedError        PyFlink has it, Isthmus does not (yet)
//   └── InternalError           a bug of ours

/** Stable codes; `docs/errors.md` has cause and remedy of each. */
export type ErrorCode =
  | 'ISTHMUS_GRAPH'
  | 'ISTHMUS_CONFIGURATION'
  | 'ISTHMUS_USER_FUNCTION'
  | 'ISTHMUS_WORKER_START'
  | 'ISTHMUS_WORKER_DIED'
  | 'ISTHMUS_WORKER_TIMEOUT'
  | 'ISTHMUS_WORKER_MEMORY'
  | 'ISTHMUS_RUNTIME_DIED'
  | 'ISTHMUS_PROTOCOL'
  | 'ISTHMUS_OUTPUT'
  | 'ISTHMUS_OUTPUT_CLOSED'
  | 'ISTHMUS_STATE'
  | 'ISTHMUS_CODEC'
  | 'ISTHMUS_CANCELLED'
  | 'ISTHMUS_CALL_TIMEOUT'
  | 'ISTHMUS_CALL_LIMIT'
  | 'ISTHMUS_CALL_CLOSED'
  | 'ISTHMUS_UNSUPPORTED'
  | 'ISTHMUS_INTERNAL';

/** What is known of a failure (docs/protocol.md §7). */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  operator?: string;
  operatorId?: number;
  task?: number;
  subtask?: number;
  parallelism?: number;
  record?: string;
  key?: string;
  exceptionType?: string;
  exceptionMessage?: string;
  traceback?: string;
  fullTraceback?: string;
  exception?: Uint8Array;
  exitCode?: number;
  signal?: string;
  stderrTail?: string;
}

interface Details {
  cause?: unknown;
  report?: ErrorReport;
}

/** Base of all errors of Isthmus. */
export class IsthmusError extends Error {
  /** Stable; `docs/errors.md` explains each. */
  readonly code: ErrorCode;
  /** Everything known, for machines. */
  readonly report: ErrorReport | undefined;

  constructor(code: ErrorCode, message: string, options: Details = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.report = options.report;
  }
}

/** The program is wrong, as the job graph shows; nothing has started. */
export class GraphError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_GRAPH', message, options);
  }
}

/** An option is wrong, or something that a job needs (an interpreter, a folder) is not there. */
export class ConfigurationError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_CONFIGURATION', message, options);
  }
}

/** A function of the program threw; `report` has the record, the operator and the stack or traceback. */
export class UserFunctionError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_USER_FUNCTION', message, options);
  }
}

type WorkerErrorCode = Extract<ErrorCode, `ISTHMUS_WORKER_${string}`>;

/** A Python worker could not start, died, hung or outgrew its limit; `code` says which. */
export class WorkerError extends IsthmusError {
  constructor(code: WorkerErrorCode, message: string, options?: Details) {
    super(code, message, options);
  }
}

/** The process of the runtime has died; told by programs whose runtime is a process of its own. */
export class RuntimeDiedError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_RUNTIME_DIED', message, options);
  }
}

/** A frame was malformed; the message names its field. */
export class BridgeProtocolError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_PROTOCOL', message, options);
  }
}

type OutputErrorCode = Extract<ErrorCode, `ISTHMUS_OUTPUT${string}`>;

/** What a print sink writes could not be written, or has no reader any more (`ISTHMUS_OUTPUT_CLOSED`). */
export class OutputError extends IsthmusError {
  constructor(code: OutputErrorCode, message: string, options?: Details) {
    super(code, message, options);
  }
}

/** State cannot be written, or what was kept cannot be used: it is damaged, or of another operator. */
export class StateError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_STATE', message, options);
  }
}

/** A value cannot cross between the languages; `path` says which. */
export class CodecError extends IsthmusError {
  /** Path of the offending value inside the record, as in `$.user.tags[2]`. */
  readonly path: string;

  constructor(message: string, path = '$', options?: Details) {
    super('ISTHMUS_CODEC', message, options);
    this.path = path;
  }
}

/** The job was cancelled. */
export class JobCancelledError extends IsthmusError {
  constructor(message = 'The job was cancelled.', options?: Details) {
    super('ISTHMUS_CANCELLED', message, options);
  }
}

type CallErrorCode = Extract<ErrorCode, `ISTHMUS_CALL_${string}`>;

/** A call has taken too long, is one too many, or came after the end. */
export class CallError extends IsthmusError {
  constructor(code: CallErrorCode, message: string, options?: Details) {
    super(code, message, options);
  }
}

/** PyFlink has it, Isthmus has not (yet). */
export class UnsupportedError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_UNSUPPORTED', message, options);
  }
}

/** A bug of Isthmus: please report it. */
export class InternalError extends IsthmusError {
  constructor(message: string, options?: Details) {
    super('ISTHMUS_INTERNAL', message, options);
  }
}

/** The error class that fits a report that came from another process. */
export function errorFromReport(report: ErrorReport): IsthmusError {
  const { code, message } = report;
  switch (code) {
    case 'ISTHMUS_GRAPH':
      return new GraphError(message, { report });
    case 'ISTHMUS_CONFIGURATION':
      return new ConfigurationError(message, { report });
    case 'ISTHMUS_USER_FUNCTION':
      return new UserFunctionError(message, { report });
    case 'ISTHMUS_WORKER_START':
    case 'ISTHMUS_WORKER_DIED':
    case 'ISTHMUS_WORKER_TIMEOUT':
    case 'ISTHMUS_WORKER_MEMORY':
      return new WorkerError(code, message, { report });
    case 'ISTHMUS_RUNTIME_DIED':
      return new RuntimeDiedError(message, { report });
    case 'ISTHMUS_PROTOCOL':
      return new BridgeProtocolError(message, { report });
    case 'ISTHMUS_OUTPUT':
    case 'ISTHMUS_OUTPUT_CLOSED':
      return new OutputError(code, message, { report });
    case 'ISTHMUS_STATE':
      return new StateError(message, { report });
    case 'ISTHMUS_CODEC':
      // Reports do not carry the path on its own; the message names it.
      return new CodecError(message, / at (\$[^\s:]*)/.exec(message)?.[1], { report });
    case 'ISTHMUS_CANCELLED':
      return new JobCancelledError(message, { report });
    case 'ISTHMUS_CALL_TIMEOUT':
    case 'ISTHMUS_CALL_LIMIT':
    case 'ISTHMUS_CALL_CLOSED':
      return new CallError(code, message, { report });
    case 'ISTHMUS_UNSUPPORTED':
      return new UnsupportedError(message, { report });
    case 'ISTHMUS_INTERNAL':
      return new InternalError(message, { report });
    default:
      return new IsthmusError(code, message, { report });
  }
}
