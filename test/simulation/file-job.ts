// A simulated job of files: sources and sinks of both languages.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuiltGraph } from '../../src/api/graph-builder.ts';
import {
  BucketAssigner,
  Encoder,
  FileSink,
  py,
  RollingPolicy,
  StreamExecutionEnvironment,
} from '../../src/index.ts';
import type { FilesNow } from '../../src/machine/files.ts';
import { SETTINGS } from './job.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

const PYTHON = fileURLToPath(new URL('./functions.py', import.meta.url));
const LANGUAGES = ['typescript', 'python'] as const;
const FILES = ['a', 'b', 'c', 'd'];
const LINES = 25;

export function fileJob(config: Readonly<Record<string, string>> = {}): BuiltGraph {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  env.configure({ ...SETTINGS, ...config });
  const [typescript, python] = LANGUAGES.map((language) => env.fromFiles(`/in/${language}`)) as [
    ReturnType<typeof env.fromFiles>,
    ReturnType<typeof env.fromFiles>,
  ];
  typescript
    .map((line) => `${line}!`)
    .rebalance()
    .sinkTo(sinkInto('/out/typescript'));
  python.map(py<string, string>(PYTHON, 'louder')).rebalance().sinkTo(sinkInto('/out/python'));
  return env.build('files');
}

/** Into several files each, of which the first are there before the last are begun. */
function sinkInto(folder: string): FileSink {
  return FileSink.forRowFormat(folder, Encoder.simpleStringEncoder())
    .withBucketAssigner(BucketAssigner.basePathBucketAssigner())
    .withRollingPolicy(RollingPolicy.defaultRollingPolicy(400))
    .build();
}

/** The files that the job reads. */
export function putInput({ files: { now: files } }: SimulatedDisk): void {
  for (const language of LANGUAGES) {
    const folder = `/in/${language}`;
    files.makeFolder(folder);
    for (const name of FILES) {
      const file = files.open(join(folder, name), 'write');
      const lines = linesOf(language, name).map((line) => `${line}\n`);
      file.write(Buffer.from(lines.join('')));
      file.sync();
      file.close();
    }
    files.syncFolder(folder);
  }
  for (const folder of ['/in', '/']) files.syncFolder(folder);
}

function linesOf(language: string, name: string): string[] {
  return Array.from({ length: LINES }, (_, n) => `${language} ${name} ${n}`);
}

/** What it writes, sorted. */
export const WRITTEN = LANGUAGES.flatMap((language) =>
  FILES.flatMap((name) => linesOf(language, name).map((line) => `${line}!`)),
).sort();

/** What readers see of its output, sorted, and the names of hidden files. */
export function output({ files: { now: files } }: SimulatedDisk): {
  lines: string[];
  hidden: string[];
} {
  const paths = LANGUAGES.flatMap((language) => {
    const folder = `/out/${language}`;
    if (files.stat(folder) === undefined) return [];
    return files.entries(folder).map(({ name }) => join(folder, name));
  });
  const isHidden = (path: string) => path.includes('/.');
  return {
    lines: paths
      .filter((path) => !isHidden(path))
      .flatMap((path) => textOf(files, path).split(/(?<=\n)/))
      // A line that was cut has no end.
      .map((line) => (line.endsWith('\n') ? line.slice(0, -1) : `cut: ${line}`))
      .sort(),
    hidden: paths.filter(isHidden),
  };
}

function textOf(files: FilesNow, path: string): string {
  const file = files.open(path, 'read');
  const bytes = Buffer.alloc(file.size());
  file.read(bytes, 0);
  return bytes.toString();
}
