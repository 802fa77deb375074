// Which line of the program called into the API: for errors, and for relative paths, which mean "beside the file that says them".

import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceLocation {
  file: string;
  line: number;
}

const OWN_FOLDER = dirname(dirname(fileURLToPath(import.meta.url))) + sep;
const FRAMES = 12;

/** The innermost frame that is not of Isthmus; undefined in a REPL or an evaluated string. */
export function callerLocation(): SourceLocation | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error('where');
  Error.stackTraceLimit = limit;
  for (const line of stack.split('\n').slice(1)) {
    const found = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):\d+\)?$/.exec(
      line,
    );
    if (found === null) continue;
    const file = toPath(found[1] as string);
    if (file !== undefined && !file.startsWith(OWN_FOLDER)) {
      return { file, line: Number(found[2]) };
    }
  }
  return undefined;
}

function toPath(text: string): string | undefined {
  if (!text.startsWith('file:')) return text.split('?')[0];
  try {
    return fileURLToPath(new URL(text.split('?')[0] as string));
  } catch {
    return undefined;
  }
}
