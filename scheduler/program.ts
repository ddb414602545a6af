import type { ActorSpec } from '../runtime/actor.js';
import type { Guarantees } from '../protocols/coordinator/index.js';
import type { Plain } from '../runtime/data.js';
import { api } from './actors/api.js';
import { auditor } from './actors/auditor.js';
import { clock } from './actors/clock.js';
import { CLOCK_ACTOR } from './actors/cluster-time-user.js';
import { DEFAULT_SCHEDULER_OPTIONS, type SchedulerOptions } from './actors/options.js';
import { planner } from './actors/planner.js';
import { worker } from './actors/worker.js';

/** The actor path at which a node's scheduler takes the requests of `schedulerRequests`. */
export const SCHEDULER_ACTOR = 'scheduler';

/** How root actors of the scheduler are supervised: all they know is in the store, so a fresh start loses nothing. */
const SUPERVISION = Object.freeze({ strategy: 'restart', maxRestarts: 10, withinMs: 60_000 } as const);

/**
 * Without linearizable transactions a claim is known to the others only after a while: workers wait longer, each differently,
 * so that mostly one has claimed an execution before the next one would.
 */
function optionsOver({ consistency }: Guarantees): Partial<SchedulerOptions> {
  return consistency === 'linearizable' ? {} : { claimSpreadMs: 800 };
}

/** The scheduler's actors of a member. They ask the actor named `coordinator` of the same node and never know which one it is. */
export function schedulerActors(
  guarantees: Guarantees,
  options: Partial<SchedulerOptions> | null = null,
): readonly ActorSpec[] {
  const params = { ...DEFAULT_SCHEDULER_OPTIONS, ...optionsOver(guarantees), ...options } as unknown as Plain;
  return [
    { name: CLOCK_ACTOR, definition: clock, params, supervision: SUPERVISION },
    { name: 'planner', definition: planner, params, supervision: SUPERVISION },
    { name: 'worker', definition: worker, params, supervision: SUPERVISION },
    { name: 'auditor', definition: auditor, params, supervision: SUPERVISION },
    { name: SCHEDULER_ACTOR, definition: api, params, supervision: SUPERVISION },
  ];
}
