// What a thread of the pool does: it loads a scenario once and runs seed after seed.
import { specOfSeed } from '../exploration/strategy.js';
import { RunPosition } from '../threads/run-position.js';
import type { Job, JobResult } from './job.js';
import { PlacedRun } from './placed-run.js';
import type { SentJob } from './pool.js';
import { runSeed } from './run-seed.js';
import { numbered } from './seed-outcome.js';
import { isUnusable } from './unusable.js';

process.setSourceMapsEnabled(true);
// The guard has noted where a promise of an actor came from; that it was rejected must not end the thread before that is told.
process.on('unhandledRejection', () => undefined);

const HISTORY_MAX = 50;

interface Loaded {
  readonly placed: Promise<PlacedRun>;
  /** The seeds that this thread ran last. */
  readonly before: number[];
}

const loaded = new Map<string, Loaded>();

function loadedFor({ scenario, placement, isGuarded, limits }: Job): Loaded {
  const key = JSON.stringify([scenario, placement, isGuarded, limits.memoryMb]);
  const found = loaded.get(key);
  if (found !== undefined) return found;
  const made = { placed: PlacedRun.load(scenario, placement, isGuarded, limits.memoryMb), before: [] };
  loaded.set(key, made);
  return made;
}

export default async function runJob({ job, position: memory }: SentJob): Promise<JobResult> {
  const outcomes: JobResult['outcomes'][number][] = [];
  const position = new RunPosition(memory);
  try {
    const { placed: loading, before } = loadedFor(job);
    const placed = await loading;
    const { scenario, isGuarded, limits } = job;
    const plan = job.plan === undefined ? {} : { plan: job.plan };
    for (const [index, seed] of job.seeds.entries()) {
      const checks = { isVerified: job.verified.includes(seed), isAlone: job.alone.includes(seed) };
      const candidate = job.candidates?.[index];
      const needsSends = candidate?.needsSends === true;
      const run = { placed, scenario, isGuarded, limits, position, needsSends, before: [...before], ...checks };
      const spec = candidate?.spec ?? specOfSeed(job.explore, placed.scenario, seed, scenario.params);
      const outcome = numbered(await runSeed({ ...spec, ...plan }, run), seed);
      before.push(spec.seed);
      if (before.length > HISTORY_MAX) before.shift();
      // Promises that the run left behind have their turn before the next one: a loop among them is this seed's.
      await new Promise((resume) => setImmediate(resume));
      outcomes.push(outcome);
      if (job.stopsAtFailure && outcome.run.verdict !== 'passed') break;
    }
    return { outcomes };
  } catch (error) {
    if (isUnusable(error)) return { outcomes, fault: error.message };
    throw error;
  }
}
