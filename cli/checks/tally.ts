// A vitest reporter that makes `N passed, N failed` the last line of a test run, alone on its line.
import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

function tallyLine(modules: readonly TestModule[], errors: readonly SerializedError[]): string {
  let passed = 0;
  let failed = errors.length;
  let skipped = 0;
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') skipped += 1;
      else failed += 1;
    }
    // A module that could not be loaded, or a hook that threw, fails no test by name; it still counts.
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
  }
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const line = tallyLine(modules, errors);
    // Written at exit, since other reporters and vitest itself print until then.
    process.once('exit', () => writeSync(1, `\n${line}\n`));
  }
}
