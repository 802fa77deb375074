import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most tests start real processes; on a busy machine those take their time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
