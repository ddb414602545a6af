import { execFile } from 'node:child_process';
import { z } from 'zod';
import type { PlantedBug } from './corpus.js';

const huntDocument = z.object({
  scenario: z.string(),
  runs: z.array(
    z.object({
      seed: z.number(),
      fingerprint: z.string(),
      steps: z.number(),
      verdict: z.string(),
      violations: z.array(z.object({ property: z.string(), step: z.string(), message: z.string() })),
    }),
  ),
});
type HuntRun = z.infer<typeof huntDocument>['runs'][number];

export interface MutantBudget {
  readonly lastSeed: number;
  readonly wallMs: number;
}

/** What the hunt for one planted bug came to. */
export interface MutantOutcome {
  readonly bug: PlantedBug;
  readonly found: boolean;
  /** The seed at which the expected property failed first. */
  readonly seed: number | undefined;
  readonly step: string | undefined;
  readonly fingerprint: string | undefined;
  readonly message: string | undefined;
  /** Other properties that failed on the way. */
  readonly alsoFailed: readonly string[];
  readonly seedsRun: number;
  readonly steps: number;
  readonly wallMs: number;
}

/** One process at a time and one worker in it: what is measured is one core. */
export function runCli(
  cli: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { timeout: Math.ceil(timeoutMs), maxBuffer: 1 << 28, encoding: 'utf8' as const };
    execFile(process.execPath, [cli, ...args], options, (error, stdout, stderr) => {
      // A killed process may still print a part of its document: whatever it says is not the result of all its seeds.
      const code = error === null ? 0 : error.killed !== true && typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Hunts in growing batches of seeds until the expected property has failed or the budget is spent. */
export async function huntMutant(
  cli: string,
  bug: PlantedBug,
  budget: MutantBudget,
  outDirectory: string,
): Promise<MutantOutcome> {
  const startedMs = performance.now();
  const alsoFailed = new Set<string>();
  let seedsRun = 0;
  let steps = 0;
  const outcome = (hit?: HuntRun): MutantOutcome => {
    const violation = hit?.violations.find(({ property }) => property === bug.expects);
    return {
      bug,
      found: hit !== undefined,
      seed: hit?.seed,
      step: violation?.step,
      fingerprint: hit?.fingerprint,
      message: violation?.message,
      alsoFailed: [...alsoFailed].sort(),
      seedsRun,
      steps,
      wallMs: performance.now() - startedMs,
    };
  };
  let batch = 20;
  for (let from = 1; from <= budget.lastSeed; from += batch, batch = Math.min(200, batch * 2)) {
    const leftMs = budget.wallMs - (performance.now() - startedMs);
    if (leftMs <= 0) break;
    const to = Math.min(budget.lastSeed, from + batch - 1);
    for (const run of await huntSeeds(cli, bug.scenario, from, to, leftMs, outDirectory)) {
      seedsRun++;
      steps += run.steps;
      if (run.violations.some(({ property }) => property === bug.expects)) return outcome(run);
      for (const { property } of run.violations) alsoFailed.add(property);
    }
  }
  return outcome();
}

async function huntSeeds(
  cli: string,
  scenario: string,
  from: number,
  to: number,
  timeoutMs: number,
  outDirectory: string,
): Promise<readonly HuntRun[]> {
  const args = [
    'hunt',
    scenario,
    '--seeds',
    `${from}..${to}`,
    '--workers',
    '1',
    '--keep-going',
    '--json',
    '-',
    '--out',
    outDirectory,
  ];
  const { stdout, stderr, code } = await runCli(cli, args, timeoutMs);
  if (code === -1) return [];
  try {
    return huntDocument.parse(JSON.parse(stdout)).runs;
  } catch (error) {
    throw new Error(
      `the hunt of ${scenario} printed no document (exit ${code}): ${(error as Error).message}\n${stderr.slice(-2000)}`,
    );
  }
}
