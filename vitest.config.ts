import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**', 'coverage/**', 'orrery-out/**'],
    // Separate processes, so that a test may start, watch and terminate worker threads of its own.
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './cli/checks/tally.ts'],
  },
});
