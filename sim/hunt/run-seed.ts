import type { RunResult } from '../run.js';
import type { RunSpec } from '../scenario.js';
import { findFirstDifference, stepOf } from '../trace/first-difference.js';
import { digestOf } from '../trace/run-digest.js';
import type { PlacedRun } from './placed-run.js';
import type { SeedOutcome, Verdict } from './seed-outcome.js';

/** Beyond this, two whole traces are not held in memory to find where they part. */
const TRACED_STEPS_MAX = 1_000_000;

/** Carries out one seed, a second time where `isVerified`, and judges what came of it. */
export async function runSeed(placed: PlacedRun, spec: RunSpec, isVerified: boolean): Promise<SeedOutcome> {
  const { result, escapes } = await placed.run(spec, {});
  const escape = escapes[0];
  if (escape !== undefined) return outcomeOf(result, escape);
  if (!isVerified) return withDigest(outcomeOf(result, undefined), placed, spec);
  const again = await placed.run(spec, {});
  if (isEqual(result, again.result)) return withDigest(outcomeOf(result, undefined), placed, spec);
  return outcomeOf(result, await describeMismatch(placed, spec, result, again.result));
}

/** A failure is run once more with its trace, so that its artifact can tell where a later build parts from it. */
async function withDigest(outcome: SeedOutcome, placed: PlacedRun, spec: RunSpec): Promise<SeedOutcome> {
  const { run, details } = outcome;
  if (details === undefined || run.steps > TRACED_STEPS_MAX) return outcome;
  const { result } = await placed.run(spec, { keepTrace: true });
  if (result.fingerprint !== run.fingerprint || result.trace === undefined) return outcome;
  return { run, details: { ...details, digest: digestOf(result.trace) } };
}

function isEqual(first: RunResult, second: RunResult): boolean {
  return first.fingerprint === second.fingerprint && first.steps === second.steps && first.verdict === second.verdict;
}

/**
 * Runs the seed twice more, with traces, and says where they part.
 * @returns text for people that names the step, or says why there is none.
 */
async function describeMismatch(placed: PlacedRun, spec: RunSpec, a: RunResult, b: RunResult): Promise<string> {
  const apart = `run twice, the seed gave the fingerprints ${a.fingerprint} and ${b.fingerprint}`;
  if (Math.max(a.steps, b.steps) > TRACED_STEPS_MAX) {
    return `${apart}; the runs are too long (more than ${TRACED_STEPS_MAX} steps) to look for the first different step`;
  }
  const first = await placed.run(spec, { keepTrace: true });
  const second = await placed.run(spec, { keepTrace: true });
  const difference = findFirstDifference(first.result.trace ?? [], second.result.trace ?? []);
  if (difference === undefined) return `${apart}; two further runs were equal, so it depends on what ran before`;
  const there = difference.first ?? difference.second;
  const step = there === undefined ? '' : stepOf(there);
  return `${apart}; they part at ${step === '' ? 'a fault' : `step ${step}`}, at ${difference.atMs} ms`;
}

function outcomeOf(result: RunResult, nondeterminism: string | undefined): SeedOutcome {
  const { seed, fingerprint, steps, simulatedMs, wallMs, violations, reached, figures, setup, plan, faults } = result;
  const verdict: Verdict = nondeterminism !== undefined ? 'nondeterministic' : result.verdict;
  const run = {
    ...{ seed, fingerprint, steps, simulatedMs, wallMs, verdict, violations, reached },
    ...(nondeterminism === undefined ? {} : { nondeterminism }),
    ...(figures === undefined ? {} : { figures }),
  };
  return verdict === 'passed' ? { run } : { run, details: { setup, plan, faults } };
}
