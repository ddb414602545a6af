import { z } from 'zod';
import { EXIT } from '../exit-code.js';
import { runCli, type MutantOutcome } from './mutant-hunt.js';

const TIMEOUT_MS = 300_000;

/** What was made sure of, once a bug was found. */
export interface Verification {
  /** The planted build replays the seed to the same step and fingerprint. */
  readonly isReplayed: boolean;
  /** The build without the bug passes every seed up to that one. */
  readonly isCleanPassing: boolean;
}

const replayDocument = z.object({
  fingerprint: z.string(),
  violations: z.array(z.object({ property: z.string(), step: z.string() })),
});

export interface Builds {
  readonly plantedCli: string;
  readonly cleanCli: string;
  readonly outDirectory: string;
}

export async function verifyMutant(outcome: MutantOutcome, builds: Builds): Promise<Verification> {
  if (!outcome.found) return { isReplayed: false, isCleanPassing: false };
  return { isReplayed: await isReplayed(outcome, builds), isCleanPassing: await isCleanPassing(outcome, builds) };
}

async function isReplayed({ bug, seed, step, fingerprint }: MutantOutcome, { plantedCli }: Builds): Promise<boolean> {
  const { stdout } = await runCli(
    plantedCli,
    ['replay', bug.scenario, '--seed', String(seed), '--json', '-'],
    TIMEOUT_MS,
  );
  const run = replayDocument.safeParse(readJson(stdout)).data;
  if (run === undefined || run.fingerprint !== fingerprint) return false;
  return run.violations.some((violation) => violation.property === bug.expects && violation.step === step);
}

async function isCleanPassing({ bug, seed }: MutantOutcome, { cleanCli, outDirectory }: Builds): Promise<boolean> {
  const args = ['hunt', bug.scenario, '--seeds', `1..${seed}`, '--workers', '1', '--out', outDirectory];
  const { code } = await runCli(cleanCli, args, TIMEOUT_MS);
  return code === EXIT.fine || code === EXIT.vacuous;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
