import { randomStream } from '../../runtime/random.js';
import { pickOne } from '../faults/draws.js';
import { drawFault, paletteOf, planWithinBudget } from '../faults/palette.js';
import type { FaultPlan, PlannedFault } from '../faults/plan.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';

/** Draws a plan in which every kind of fault exists, each as likely as the others: what swarm is held against. */
export function drawRandomPlan(scenario: Scenario, setup: Setup, seed: number): FaultPlan {
  const palette = paletteOf(scenario, setup);
  if (palette === undefined || palette.entries.length === 0) return { faults: [] };
  const random = randomStream(`${seed}/random-plan`);
  const faults: PlannedFault[] = [];
  const count = random.between(0, palette.maxFaults);
  for (let n = 1; n <= count; n++) {
    const entry = pickOne(random, palette.entries);
    const planned = drawFault(palette, entry, `${entry.name}-${n}`, random);
    if (planned !== undefined) faults.push(planned);
  }
  return planWithinBudget(faults, palette);
}
