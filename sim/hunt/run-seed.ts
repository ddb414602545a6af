import type { SentMessage } from '../network/arrival-plan.js';
import type { RunResult } from '../run.js';
import type { RunSpec, ScenarioReference } from '../scenario.js';
import type { RunPosition } from '../threads/run-position.js';
import { PlacementFailure } from '../threads/run-in-threads.js';
import { prepareRun } from '../world/prepared-run.js';
import { digestOf } from '../trace/run-digest.js';
import { diedOutcome } from './died-seed.js';
import { explainNondeterminism, type Explanation } from './fresh/explain.js';
import { FreshRunTimeout, runWithOwnModules, type FreshResult } from './fresh/fresh-run.js';
import type { RunLimits } from './job.js';
import type { PlacedOptions, PlacedRun } from './placed-run.js';
import type { SeedOutcome, Verdict } from './seed-outcome.js';

/** Beyond this, a whole trace is not held in memory for a digest. */
const TRACED_STEPS_MAX = 1_000_000;
const WAITING_TOLD_PER_LIMIT = 10;

/** How a seed is run, and how often. */
export interface SeedRun {
  readonly placed: PlacedRun;
  readonly scenario: ScenarioReference;
  readonly isGuarded: boolean;
  /** A second time in this thread. */
  readonly isVerified: boolean;
  /** Once more in a thread that has run nothing before, with a module of its own for each life of a node. */
  readonly isAlone: boolean;
  /** Tell what was sent as well; inline only. */
  readonly needsSends: boolean;
  /** Seeds that this thread ran before. */
  readonly before: readonly number[];
  readonly limits: RunLimits;
  readonly position: RunPosition;
}

/** Carries out one seed, again where it is to be verified, and judges what came of it. */
export async function runSeed(spec: RunSpec, run: SeedRun): Promise<SeedOutcome> {
  const { placed, limits, position } = run;
  const { maxSteps, timeoutMs } = limits;
  const options: PlacedOptions = {
    ...{ position, hangMs: Math.min(60_000, timeoutMs) },
    ...(maxSteps === undefined ? {} : { maxSteps }),
  };
  const startedMs = performance.now();
  try {
    const sends: SentMessage[] = [];
    const listening = run.needsSends ? { onSend: (sent: SentMessage): void => void sends.push(sent) } : {};
    const { result, escapes } = await placed.run(spec, { ...options, ...listening, countStates: true });
    if (escapes[0] !== undefined) return outcomeOf(result, { text: escapes[0], group: escapedTo(escapes[0]) });
    const { unrepeatable, notVerified } = await verify(spec, run, options, result);
    const outcome = outcomeOf(result, unrepeatable, notVerified);
    const whole = unrepeatable === undefined ? await withDigest(outcome, spec, run, options) : outcome;
    return { ...whole, states: result.states ?? [], ...(run.needsSends ? { sends } : {}) };
  } catch (error) {
    if (!(error instanceof PlacementFailure)) throw error;
    const death = { step: error.step, message: error.message, wallMs: performance.now() - startedMs };
    return diedOutcome(spec.seed, death, prepareRun(placed.scenario, spec));
  }
}

/** A failure is run once more with its trace, so that its artifact can tell where a later build parts from it. */
async function withDigest(
  outcome: SeedOutcome,
  spec: RunSpec,
  { placed }: SeedRun,
  options: PlacedOptions,
): Promise<SeedOutcome> {
  const { run, details } = outcome;
  if (details === undefined || run.steps > TRACED_STEPS_MAX) return outcome;
  const { result } = await placed.run(spec, { ...options, keepTrace: true });
  if (result.fingerprint !== run.fingerprint || result.trace === undefined) return outcome;
  return { run, details: { ...details, digest: digestOf(result.trace) } };
}

/** Both absent where the seed is repeatable, as far as was asked. */
interface Verified {
  readonly unrepeatable?: Explanation;
  readonly notVerified?: string;
}

async function verify(spec: RunSpec, run: SeedRun, options: PlacedOptions, result: RunResult): Promise<Verified> {
  if (run.isVerified) {
    const again = await run.placed.run(spec, options);
    if (!isEqual(result, again.result)) {
      return { unrepeatable: await explain(spec, run, result, again.result, 'run twice') };
    }
  }
  if (!run.isAlone) return {};
  try {
    const alone = await runAlone(spec, run);
    if (isEqual(result, alone)) return {};
    return { unrepeatable: await explain(spec, run, result, alone, 'run here and alone in a fresh thread') };
  } catch (error) {
    if (!(error instanceof FreshRunTimeout)) throw error;
    return { notVerified: error.message };
  }
}

/** Whoever watches this thread for a run that hangs is told that it only waits: the fresh threads have a limit of their own each. */
async function runAlone(spec: RunSpec, { scenario, isGuarded, limits, position }: SeedRun): Promise<FreshResult> {
  const request = { scenario, spec, isGuarded, before: [], isRecorded: false };
  position.beginRun(spec.seed);
  const waiting = setInterval(() => position.beginRun(spec.seed), limits.timeoutMs / WAITING_TOLD_PER_LIMIT);
  try {
    return await runWithOwnModules(request, limits.timeoutMs);
  } finally {
    clearInterval(waiting);
  }
}

type Compared = Pick<RunResult, 'fingerprint' | 'steps' | 'verdict'>;

function isEqual(first: Compared, second: Compared): boolean {
  return first.fingerprint === second.fingerprint && first.steps === second.steps && first.verdict === second.verdict;
}

async function explain(
  spec: RunSpec,
  { scenario, isGuarded, before, limits, position }: SeedRun,
  first: Compared,
  second: Compared,
  how: string,
): Promise<Explanation> {
  position.beginRun(spec.seed);
  const histories = [[spec.seed], ...(before.length === 0 ? [] : [before])];
  const options = { isGuarded, before: histories, timeoutMs: limits.timeoutMs / 10 };
  const { text, group } = await explainNondeterminism(scenario, spec, options);
  const apart = `${how}, the seed gave the fingerprints ${first.fingerprint} and ${second.fingerprint}`;
  return { text: `${apart}: ${text}`, group };
}

/** What was reached for, without where: `Date.now()`. */
function escapedTo(escape: string): string {
  return escape.split(' in ', 1)[0]!;
}

function outcomeOf(result: RunResult, unrepeatable: Explanation | undefined, notVerified?: string): SeedOutcome {
  const { seed, fingerprint, steps, simulatedMs, wallMs, violations, reached, figures, setup, plan, faults } = result;
  const arrivals = result.arrivals === undefined ? {} : { arrivals: result.arrivals };
  const verdict: Verdict = unrepeatable !== undefined ? 'nondeterministic' : result.verdict;
  const failureGroup = unrepeatable === undefined ? result.failureGroup : `nondeterminism (${unrepeatable.group})`;
  const run = {
    ...{ seed, fingerprint, steps, simulatedMs, wallMs, verdict, violations, reached },
    ...(result.progressNotOwed === undefined ? {} : { progressNotOwed: result.progressNotOwed }),
    ...(failureGroup === undefined ? {} : { failureGroup }),
    ...(unrepeatable === undefined ? {} : { nondeterminism: unrepeatable.text }),
    ...(notVerified === undefined ? {} : { notVerified }),
    ...(figures === undefined ? {} : { figures }),
  };
  return verdict === 'passed' ? { run } : { run, details: { setup, plan, faults, ...arrivals } };
}
