// What a thread of the pool does: it loads a scenario once and runs seed after seed.
import type { Job, JobResult } from './job.js';
import { PlacedRun } from './placed-run.js';
import { isUnusable } from './unusable.js';
import { runSeed } from './run-seed.js';

process.setSourceMapsEnabled(true);
// The guard has noted where a promise of an actor came from; that it was rejected must not end the thread before that is told.
process.on('unhandledRejection', () => undefined);

const loaded = new Map<string, Promise<PlacedRun>>();

function placedRunOf(job: Job): Promise<PlacedRun> {
  const { scenario, placement, isGuarded } = job;
  const key = JSON.stringify([scenario, placement, isGuarded]);
  let placed = loaded.get(key);
  if (placed === undefined) loaded.set(key, (placed = PlacedRun.load(scenario, placement, isGuarded)));
  return placed;
}

export default async function runJob(job: Job): Promise<JobResult> {
  const outcomes: JobResult['outcomes'][number][] = [];
  try {
    const placed = await placedRunOf(job);
    const { params } = job.scenario;
    const plan = job.plan === undefined ? {} : { plan: job.plan };
    for (const seed of job.seeds) {
      const outcome = await runSeed(placed, { seed, params, ...plan }, job.verified.includes(seed));
      outcomes.push(outcome);
      if (job.stopsAtFailure && outcome.run.verdict !== 'passed') break;
    }
    return { outcomes };
  } catch (error) {
    if (isUnusable(error)) return { outcomes, fault: error.message };
    throw error;
  }
}
