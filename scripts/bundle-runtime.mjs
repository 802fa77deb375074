// Bundles the runtime that Python programs start, and the commands, into python/isthmus/_runtime: a file each, because a wheel
// carries no node_modules. Does nothing where a bundle is newer than everything it is made of.

import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'python/isthmus/_runtime');
const ENTRIES = { runtime: 'src/driver/driver-host.ts', cli: 'src/cli/main.ts' };

/** In a bundle `require` of what it holds runs it at the first call, as src/config/yaml.ts wants it. */
const LAZY_YAML = {
  name: 'lazy-yaml',
  setup(bundling) {
    bundling.onLoad({ filter: /src\/config\/yaml\.ts$/ }, () => ({
      contents: "export const yaml = () => require('yaml');",
      resolveDir: root,
    }));
  },
};

for (const [name, entry] of Object.entries(ENTRIES)) {
  const bundle = join(folder, `${name}.mjs`);
  if (isCurrent(bundle)) continue;
  mkdirSync(folder, { recursive: true });
  const draft = `${bundle}.${process.pid}`;
  await build({
    entryPoints: [join(root, entry)],
    outfile: draft,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    plugins: [LAZY_YAML],
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
  process.stderr.write(`Bundled ${name}: ${Math.round(statSync(bundle).size / 1024)} KiB.\n`);
}

function isCurrent(bundle) {
  const made = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [
    fileURLToPath(import.meta.url),
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
    ...readdirSync(join(root, 'src'), { recursive: true }).map((name) => join(root, 'src', name)),
  ];
  return inputs.every((path) => statSync(path).mtimeMs <= made);
}
