// The systems to compare with, each in a virtual environment of its own; what cannot be installed is left out, with a word.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Peers {
  /** Folder of the environment's executables. */
  bytewax?: string;
  pyflink?: string;
}

const wanted = {
  bytewax: [['bytewax==0.21.1']],
  // Its build needs an older setuptools; it also needs Java 11 or newer on the PATH.
  pyflink: [['setuptools<81', 'wheel'], ['apache-flink==2.3.0']],
};

export async function ensurePeers(folder: string): Promise<Peers> {
  const found: Peers = {};
  for (const name of ['bytewax', 'pyflink'] as const) {
    const bin = join(folder, name, 'bin');
    try {
      if (!existsSync(join(folder, name, '.complete'))) {
        process.stderr.write(`setting up ${name} …\n`);
        execFileSync('python3', ['-m', 'venv', join(folder, name)]);
        for (const packages of wanted[name]) {
          execFileSync(join(bin, 'pip'), ['install', '--quiet', ...packages], { timeout: 900_000 });
        }
        execFileSync('touch', [join(folder, name, '.complete')]);
      }
      found[name] = bin;
    } catch (error) {
      process.stderr.write(`${name} is left out: ${String(error).split('\n')[0]}\n`);
    }
  }
  return found;
}
