import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/build.ts'],
    testTimeout: 30_000,
    // Two cores are the smallest machine that runs these tests; more workers only fight over them.
    maxWorkers: 2,
  },
});
