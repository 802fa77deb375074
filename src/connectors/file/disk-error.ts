import { GraphError } from '../../errors.ts';

/** What may be over when a job begins again: a disk that fails, is full or far away, a machine that is short of something. */
const PASSING = new Set(
  'EIO ENOSPC EDQUOT EMFILE ENFILE ENOMEM ESTALE ETIMEDOUT EAGAIN EBUSY EINTR EREMOTEIO'.split(' '),
);

/** The error that says `what` of a file: of the program, which no restart helps, unless the cause is one that passes. */
export function diskError(what: string, cause: unknown): Error {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return PASSING.has(code)
    ? Object.assign(new Error(what, { cause }), { code })
    : new GraphError(what, { cause });
}
