import type { Envelope } from '../../runtime/envelope.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { PlacedRecord } from '../trace/trace-recorder.js';
import type { Command } from './command.js';
import type { Sighting } from './message-watches.js';
import type { TurnFailure } from '../run.js';

/** An envelope on its way into another group. */
export interface Arrival {
  readonly to: number;
  readonly arrivalUs: number;
  readonly order: number;
  readonly sentAtUs: number;
  readonly envelope: Envelope;
}

export interface PlacedObservation {
  readonly atUs: number;
  readonly nodeIndex: number;
  readonly record: ObservedRecord;
}

/** A node that ended by itself. */
export interface Halt {
  readonly nodeIndex: number;
  readonly step: number;
  readonly atUs: number;
  readonly reason: string;
}

/** The step that a group took last. */
export interface LastStep {
  readonly nodeIndex: number;
  readonly step: number;
  readonly atUs: number;
}

/** The next window to run, and what happens at its beginning. */
export interface WindowPlan {
  readonly window: number;
  readonly commands: readonly Command[];
  /** A group that alone has something to do may go on by itself to the windows before this one. */
  readonly limitWindow: number;
  /** More steps than this end the run. */
  readonly stepsLeft: number;
}

/** What a group did in one window, or in several of which only the last one has anything to tell. */
export interface WindowReport {
  /** The last window that was run. */
  readonly window: number;
  /** The next window in which the group has something to do, as far as it knows; Infinity where there is none. */
  readonly nextWindow: number;
  /** Steps taken since the last report. */
  readonly steps: number;
  readonly lastStep: LastStep | undefined;
  readonly observations: readonly PlacedObservation[];
  /** What actors told who follows them step by step. */
  readonly narrations: readonly PlacedObservation[];
  readonly trace: readonly PlacedRecord[];
  readonly halts: readonly Halt[];
  readonly failures: readonly TurnFailure[];
  /** Messages that faults of the plan wait for. */
  readonly sightings: readonly Sighting[];
  /** For nodes that other groups host. */
  readonly departures: readonly Arrival[];
  /** The step up to which the run should go has been taken by a node of this group. */
  readonly isUntilStepReached: boolean;
}
