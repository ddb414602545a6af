import type { Plain } from '../runtime/data.js';
import { randomStream } from '../runtime/random.js';
import type { Scenario } from './scenario.js';
import type { Setup } from './setup.js';

/** The cluster and the workload that a seed draws: of a stream of their own, so that nothing else that the seed draws moves them. */
export function drawSetup(scenario: Pick<Scenario, 'setup'>, seed: number, params: Plain = {}): Setup {
  return scenario.setup(randomStream(`${seed}/setup`), params);
}
