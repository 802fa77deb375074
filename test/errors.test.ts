// What comes back from another process is of the class that it was there.

import { expect, test } from 'vitest';
import * as errors from '../src/errors.ts';

const { errorFromReport } = errors;

test.each([
  ['ISTHMUS_GRAPH', errors.GraphError],
  ['ISTHMUS_CONFIGURATION', errors.ConfigurationError],
  ['ISTHMUS_USER_FUNCTION', errors.UserFunctionError],
  ['ISTHMUS_WORKER_DIED', errors.WorkerError],
  ['ISTHMUS_PROTOCOL', errors.BridgeProtocolError],
  ['ISTHMUS_STATE', errors.StateError],
  ['ISTHMUS_CODEC', errors.CodecError],
  ['ISTHMUS_CANCELLED', errors.JobCancelledError],
  ['ISTHMUS_CALL_LIMIT', errors.CallError],
  ['ISTHMUS_UNSUPPORTED', errors.UnsupportedError],
  ['ISTHMUS_INTERNAL', errors.InternalError],
] as const)('a report of %s', (code, errorClass) => {
  const report = { code, message: 'A value of type set at $.tags[2] cannot travel: it has none.' };
  const error = errorFromReport(report);
  expect(error).toBeInstanceOf(errorClass);
  expect(error).toMatchObject({ ...report, report });
  if (error instanceof errors.CodecError) expect(error.path).toBe('$.tags[2]');
});

test('a report of a code that is not known here', () => {
  const error = errorFromReport({ code: 'ISTHMUS_NEW' as errors.ErrorCode, message: 'new' });
  expect(error).toMatchObject({ name: 'IsthmusError', code: 'ISTHMUS_NEW' });
});
