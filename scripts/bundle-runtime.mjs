// Bundles the runtime that Python programs start into python/isthmus/_runtime/runtime.mjs: one file, because a wheel carries
// no node_modules. Does nothing when the bundle is newer than everything it is made of.

import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, 'src/bridge/driver-host.ts');
const bundle = join(root, 'python/isthmus/_runtime/runtime.mjs');

if (!isCurrent()) {
  mkdirSync(dirname(bundle), { recursive: true });
  const draft = `${bundle}.${process.pid}`;
  await build({
    entryPoints: [entry],
    outfile: draft,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    logLevel: 'warning',
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    // Optional native parts of msgpackr: what is not there it does without.
    external: ['msgpackr-extract', 'cbor-extract'],
  });
  // A program that starts meanwhile finds the old bundle or the new one, whole.
  renameSync(draft, bundle);
  process.stderr.write(`Bundled the runtime: ${Math.round(statSync(bundle).size / 1024)} KiB.\n`);
}

function isCurrent() {
  const made = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [
    fileURLToPath(import.meta.url),
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
    ...readdirSync(join(root, 'src'), { recursive: true }).map((name) => join(root, 'src', name)),
  ];
  return inputs.every((path) => statSync(path).mtimeMs <= made);
}
