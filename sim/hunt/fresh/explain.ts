import type { RunSpec, ScenarioReference } from '../../scenario.js';
import { describeDifference } from './describe-difference.js';
import type { EffectLog } from './effect-log.js';
import { freshRun, type FreshRequest, type Life } from './fresh-run.js';

/** Why a seed has two fingerprints. */
export interface Explanation {
  /** For people. */
  readonly text: string;
  /** The same for seeds that are unrepeatable in the same way. */
  readonly group: string;
}

export interface ExplainOptions {
  readonly isGuarded: boolean;
  /** Lists of seeds that may have left something behind in the process; tried in their order. */
  readonly before: readonly (readonly number[])[];
  readonly timeoutMs: number;
}

/** A way to run the seed that may differ from running it alone in a fresh thread, and what it means if it does. */
interface Suspicion {
  readonly change: Partial<FreshRequest>;
  readonly means: string;
  readonly group: string;
  readonly called: readonly [string, string];
}

/**
 * Runs the seed alone in a fresh thread and keeps all that it does; then runs it in each other way that could make a difference,
 * and stops at the first step that differs. Never rejects.
 */
export async function explainNondeterminism(
  scenario: ScenarioReference,
  spec: RunSpec,
  { isGuarded, before, timeoutMs }: ExplainOptions,
): Promise<Explanation> {
  const alone: FreshRequest = { scenario, spec, isGuarded, before: [], isRecorded: true };
  try {
    const { log, lives } = await freshRun(alone, timeoutMs);
    for (const suspicion of suspicionsOf(before, lives)) {
      const found = await confirm({ ...alone, ...suspicion.change, isRecorded: false }, log, suspicion, timeoutMs);
      if (found !== undefined) return found;
    }
  } catch (error) {
    return { text: `why could not be found out: ${(error as Error).message}`, group: 'unexplained' };
  }
  const text = 'alone in a fresh thread it is repeatable, also after others: it depends on something rarer';
  return { text, group: 'unexplained' };
}

function suspicionsOf(before: ExplainOptions['before'], lives: readonly Life[]): readonly Suspicion[] {
  return [
    {
      change: {},
      means: 'it differs from run to run, also in a fresh thread',
      group: 'by itself',
      called: ['in one run', 'in another'],
    },
    {
      change: { ownModules: lives },
      means: 'a variable of a module outlives a crash or is shared by nodes',
      group: 'module state',
      called: ['with one module for all', 'with one for each life of a node'],
    },
    ...before.map((seeds) => ({
      change: { before: seeds },
      means: `an earlier run in the same process left state behind (${describeSeeds(seeds)} before it)`,
      group: 'left-over state',
      called: ['alone', 'after others'] as const,
    })),
  ];
}

async function confirm(
  request: FreshRequest,
  expected: EffectLog | undefined,
  { means, group, called }: Suspicion,
  timeoutMs: number,
): Promise<Explanation | undefined> {
  if (expected === undefined) throw new TypeError('a recorded run has a log');
  const { difference } = await freshRun({ ...request, expected }, timeoutMs);
  if (difference === undefined) return undefined;
  const { kind, text } = describeDifference(difference, called);
  return { text: `${means}; ${text}`, group: `${group}, ${kind}` };
}

function describeSeeds(seeds: readonly number[]): string {
  const [first] = seeds;
  return seeds.length === 1
    ? `seed ${String(first)}`
    : `${seeds.length} seeds, ${String(first)} to ${String(seeds.at(-1))},`;
}
