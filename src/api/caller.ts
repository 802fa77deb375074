// Which line of the program called into the API: for errors, and for relative paths, which mean "beside the file that says them".
//
// Which frame is the program's is judged by where code was loaded from: with source maps on (`--enable-source-maps`, tsx,
// jest) the text of a stack names files that nobody has loaded, ours among them. The line shown is that of the text.

import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';

export interface SourceLocation {
  file: string;
  line: number;
}

const OWN_FOLDER = dirname(dirname(fileURLToPath(import.meta.url))) + sep;
const FRAMES = 12;

/** Where a message says that the call stands; undefined in a REPL or an evaluated string. */
export function callerLocation(): SourceLocation | undefined {
  return innermostForeign()?.shown;
}

/** The file that was loaded with the call in it: what its relative paths are beside, mapped or not. */
export function callerFile(): string | undefined {
  return innermostForeign()?.file;
}

/** The innermost frame that is not of Isthmus. */
function innermostForeign(): { file: string; shown: SourceLocation } | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack } = new Error('where');
  Error.stackTraceLimit = limit;
  const lines = typeof stack === 'string' ? stack.split('\n').slice(1) : [];
  const loaded = getCallSites(FRAMES, { sourceMap: false });
  for (const [i, { scriptName, lineNumber }] of loaded.entries()) {
    const file = toPath(scriptName);
    if (file === undefined || file.startsWith(OWN_FOLDER)) continue;
    return { file, shown: locationIn(lines[i] ?? '') ?? { file, line: lineNumber } };
  }
  return undefined;
}

function locationIn(line: string): SourceLocation | undefined {
  const found = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):\d+\)?$/.exec(
    line,
  );
  const file = found === null ? undefined : toPath(found[1] as string);
  return file === undefined ? undefined : { file, line: Number(found?.[2]) };
}

/** The path of a script's name; undefined for what is no file: built-in modules, evaluated strings. */
function toPath(name: string): string | undefined {
  const bare = name.split('?')[0] as string;
  if (/^(\/|[A-Za-z]:\\)/.test(bare)) return bare;
  if (!bare.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(new URL(bare));
  } catch {
    return undefined;
  }
}
