import type { ScenarioReference } from '../scenario.js';
import type { ArrivalPlan } from '../network/arrival-plan.js';
import type { Setup } from '../setup.js';
import type { Arrival, WindowPlan, WindowReport } from '../world/report.js';
import type { StepOf } from '../world/step-address.js';
import type { Timing } from '../world/timing.js';

/** Everything that a thread needs to build its group. */
export interface GroupOrder {
  readonly scenario: ScenarioReference;
  readonly isGuarded: boolean;
  readonly setup: Setup;
  readonly seed: number;
  readonly timing: Timing;
  readonly arrivalPlan: ArrivalPlan | undefined;
  readonly hosted: readonly number[];
  readonly deepFingerprint: boolean;
  readonly keepTrace: boolean;
  readonly isNarrated: boolean;
  readonly freezeMessages: boolean;
  readonly maxStepsPerNode: number;
  readonly untilStep: StepOf | undefined;
}

/** What the main thread tells a worker thread. Each is answered by exactly one `ThreadAnswer`. */
export type ThreadRequest =
  | { readonly kind: 'build'; readonly order: GroupOrder }
  | { readonly kind: 'run'; readonly plan: WindowPlan; readonly arrivals: readonly Arrival[] }
  | { readonly kind: 'end'; readonly withStates: boolean };

/** A copy of an actor's state, or why it could not be made. */
export interface StateCopy {
  readonly nodeIndex: number;
  readonly actorPath: string;
  readonly state?: unknown;
  readonly fault?: string;
}

export type ThreadAnswer =
  | { readonly kind: 'built'; readonly threadId: number; readonly nextWindow: number }
  | { readonly kind: 'ran'; readonly report: WindowReport }
  | {
      readonly kind: 'ended';
      readonly lanes: readonly { readonly nodeIndex: number; readonly lanes: readonly [number, number] }[];
      readonly states: readonly StateCopy[];
      /** By node index: what its actors wait for. */
      readonly waits: readonly (readonly [nodeIndex: number, waits: readonly string[]])[];
      /** What the thread's guard trapped during the run. */
      readonly escapes: readonly string[];
    }
  | { readonly kind: 'failed'; readonly text: string };
