// What an AbortSignal does to a job, at any moment of it: before it begins, while its functions are looked at, while it runs.

import { JobCancelledError } from './errors.ts';

/** The error of a job, or of a call, that its signal has cancelled, or has not let begin. */
export function cancelledBy(
  signal: AbortSignal | undefined,
  what: 'job' | 'call' = 'job',
): JobCancelledError {
  const reason: unknown = signal?.reason;
  const said = reason instanceof Error && reason.name !== 'AbortError' ? ` ${reason.message}` : '';
  return new JobCancelledError(`The ${what} was cancelled by its signal.${said}`);
}

/** What `promise` gives, unless the signal is aborted before. The promise's own late rejection is dropped. */
export async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  begin: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return begin();
  if (signal.aborted) throw cancelledBy(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelledBy(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  const begun = begin();
  begun.catch(() => {});
  try {
    return await Promise.race([begun, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
