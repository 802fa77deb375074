import { createRequire } from 'node:module';

/** The YAML library. Loading it takes as long as the rest of a start, which needs it only where there is a file. */
export function yaml(): typeof import('yaml') {
  // The bundle has another form of this function: scripts/bundle-runtime.mjs.
  return createRequire(import.meta.url)('yaml') as typeof import('yaml');
}
