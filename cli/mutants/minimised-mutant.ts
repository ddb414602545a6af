import { join } from 'node:path';
import { z } from 'zod';
import type { PlantedBug } from './corpus.js';
import { runCli, type MutantOutcome } from './mutant-hunt.js';

const minimiseDocument = z.object({
  artifact: z.string(),
  ending: z.string(),
  runs: z.number(),
  wallMs: z.number(),
  original: z.object({ faults: z.number() }),
  small: z.object({ faults: z.number(), requests: z.number(), nodes: z.number() }),
});
const replayDocument = z.object({ comparison: z.string() });

/** How small the run became that found a planted bug. */
export interface MinimisedMutant {
  readonly faultsFound: number;
  readonly faults: number;
  readonly requests: number;
  readonly nodes: number;
  readonly runs: number;
  readonly wallMs: number;
  /** The small run violates the same property at the same step, with the same fingerprint, when it is replayed. */
  readonly isReplayed: boolean;
}

/** As long as a plan may take to become small, and twice the faults of the smallest one known at most. */
const LIMIT_S = 60;
const FAULTS_FACTOR = 2;

/** Makes the run that found a bug small, in the build that has the bug. Undefined where that failed. */
export async function minimiseMutant(
  cli: string,
  { bug, seed }: MutantOutcome,
  outDirectory: string,
): Promise<MinimisedMutant | undefined> {
  if (seed === undefined) return undefined;
  const found = join(outDirectory, `${bug.scenario}-${seed}.json`);
  const args = ['minimise', found, '--property', bug.expects, '--budget-s', String(LIMIT_S), '--json', '-'];
  const document = minimiseDocument.safeParse(await runForDocument(cli, args)).data;
  if (document === undefined) return undefined;
  const { artifact, original, small, runs, wallMs } = document;
  const replayed = replayDocument.safeParse(await runForDocument(cli, ['replay', artifact, '--json', '-'])).data;
  const isReplayed = replayed?.comparison === 'reproduces';
  return { faultsFound: original.faults, ...small, runs, wallMs, isReplayed };
}

/** Whether a small run is as small, and was made so as fast, as is asked of it. */
export function isSmallEnough({ leastFaults }: PlantedBug, minimised: MinimisedMutant | undefined): boolean {
  if (minimised === undefined || !minimised.isReplayed) return false;
  return minimised.faults <= FAULTS_FACTOR * (leastFaults ?? minimised.faults);
}

async function runForDocument(cli: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await runCli(cli, args, 5 * LIMIT_S * 1000);
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    return undefined;
  }
}
