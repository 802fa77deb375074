import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const sources = fileURLToPath(new URL('src', import.meta.url));
/** The folder of an installed package, to be tested in place of the sources (`scripts/setups.mjs`). */
const installed = process.env.ISTHMUS_TEST_PACKAGE;

export default defineConfig({
  plugins: installed === undefined ? [] : [ofPackage(installed)],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seeded-properties.ts'],
    // What hangs takes longer, and no load of a machine does.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

/** What tests import of `src/` is taken from the compiled modules of a package. */
function ofPackage(folder: string) {
  return {
    name: 'isthmus-installed',
    enforce: 'pre' as const,
    resolveId(id: string, importer: string | undefined) {
      if (importer === undefined || !id.startsWith('.')) return undefined;
      const path = relative(sources, resolve(dirname(importer), id));
      if (path.startsWith('..')) return undefined;
      return { id: join(folder, 'dist', path.replace(/\.ts$/, '.js')), external: true };
    },
  };
}
