// What is said of an error that nobody handled, in the runtime of a Python program.

import { fileURLToPath } from 'node:url';
import { InternalError, IsthmusError, UserFunctionError } from '../errors.ts';
import { userStack } from './failure.ts';
import { thrownText } from './shown.ts';

/** The file that holds us all when bundled, else the folder of our modules. */
const OURS = bundled() ?? fileURLToPath(new URL('..', import.meta.url));

/** A function of the user is blamed only where the stack has a frame of one. */
export function uncaughtError(thrown: unknown): IsthmusError {
  const said = thrownText(thrown);
  const { message, stack } = said;
  let what = message;
  // What is no Error, or has no stack, nobody but a user throws.
  if (stack !== undefined) {
    const { head, calls } = userStack(said, stack);
    if (!calls.some(isOfUser)) {
      const text = `An error of the runtime was not handled: ${stack}`;
      return new InternalError(text, { cause: thrown });
    }
    what = [head, ...calls].join('\n');
  }
  const text = `A TypeScript function raised outside of its call (in a callback, or a promise nobody awaits): ${what}`;
  return new UserFunctionError(text, {
    cause: thrown,
    report: { code: 'ISTHMUS_USER_FUNCTION', message: text },
  });
}

function isOfUser(frame: string): boolean {
  const place = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]*?):\d+(?::\d+)?\)?$/.exec(frame)?.[1];
  return place !== undefined && !place.replace(/^file:\/\//, '').startsWith(OURS);
}

function bundled(): string | undefined {
  const file = fileURLToPath(import.meta.url);
  return file.endsWith('.mjs') ? file : undefined;
}
