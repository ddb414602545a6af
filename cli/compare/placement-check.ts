import type { RunSummary } from '../../sim/hunt/seed-outcome.js';
import { runInThreads } from '../../sim/threads/run-in-threads.js';
import type { PlacementCheck } from '../../web/report/comparison.js';
import type { OpenedScenario } from '../open-scenario.js';

/** Runs seeds again, each node in a worker thread of its own, beside what the hunt found inline. */
export async function checkPlacements(
  { name, reference }: OpenedScenario,
  runs: readonly RunSummary[],
): Promise<readonly PlacementCheck[]> {
  const checks: PlacementCheck[] = [];
  for (const { seed, fingerprint } of runs) {
    const again = await runInThreads(reference, { seed, params: reference.params }, { threads: 'per-node' });
    checks.push({ scenario: name, seed, inline: fingerprint, threads: again.fingerprint });
  }
  return checks;
}
