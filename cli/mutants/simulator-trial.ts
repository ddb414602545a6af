import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../usage-error.js';
import type { SimulatorBug } from './corpus.js';
import type { ScratchSources } from './scratch-sources.js';

const LIMIT_MS = 180_000;

const testReport = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

/** What one file of tests came to. */
interface TestRun {
  /** `broken`: it could not be loaded, or ended without a report; `hung`: it did not end in time. */
  readonly outcome: 'passed' | 'failed' | 'broken' | 'hung';
  /** Full names of the tests that failed. */
  readonly failed: readonly string[];
}

/** What became of one broken simulator. */
export interface SimulatorReport {
  readonly bug: SimulatorBug;
  /** `caught`: the test failed that must, and passes without the mutation. */
  readonly verdict: 'caught' | 'survived' | 'another test failed' | 'hung' | 'broken' | 'fails without it';
  readonly failed: readonly string[];
  readonly wallMs: number;
}

/** Runs the tests that must notice a mutation, without it (once for each file) and with it. */
export class SimulatorTrials {
  private readonly clean = new Map<string, TestRun>();

  constructor(private readonly scratch: ScratchSources) {}

  async try(bug: SimulatorBug): Promise<SimulatorReport> {
    const startedMs = performance.now();
    const report = (verdict: SimulatorReport['verdict'], failed: readonly string[]): SimulatorReport => ({
      ...{ bug, verdict, failed, wallMs: performance.now() - startedMs },
    });
    const clean = this.clean.get(bug.test) ?? (await this.runTests(bug.test));
    this.clean.set(bug.test, clean);
    if (clean.outcome !== 'passed') return report('fails without it', clean.failed);
    const remove = this.scratch.plant(bug);
    const { outcome, failed } = await this.runTests(bug.test).finally(remove);
    if (outcome === 'passed') return report('survived', failed);
    if (outcome !== 'failed') return report(outcome, failed);
    return report(failed.some((name) => name.includes(bug.expects)) ? 'caught' : 'another test failed', failed);
  }

  private async runTests(test: string): Promise<TestRun> {
    const { root } = this.scratch;
    if (!existsSync(join(root, test))) throw new UsageError(`${test}: there is no such test; mend the entry`);
    const reportFile = join(root, 'report.json');
    rmSync(reportFile, { force: true });
    const args = ['run', test, '--root', root, '--reporter=json', `--outputFile=${reportFile}`];
    if (!(await runVitest(args))) return { outcome: 'hung', failed: [] };
    const report = existsSync(reportFile)
      ? testReport.safeParse(JSON.parse(readFileSync(reportFile, 'utf8'))).data
      : undefined;
    const results = report?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
    const failed = results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    if (failed.length > 0) return { outcome: 'failed', failed };
    return { outcome: results.some(({ status }) => status === 'passed') ? 'passed' : 'broken', failed };
  }
}

/** Answers whether it ended in time. */
function runVitest(args: readonly string[]): Promise<boolean> {
  const entry = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const options = { timeout: LIMIT_MS, maxBuffer: 1 << 28, env: ownEnvironment() };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], options, (error) => resolve(error?.killed !== true));
  });
}

/** Without what a test runner around this process has put there. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('VITEST') && name !== 'TEST' && name !== 'NODE_ENV',
    ),
  );
}
