import type { ObservedRecord } from '../runtime/observation.js';
import type { FaultPlan } from './faults/plan.js';
import type { ArrivalPlan } from './network/arrival-plan.js';
import type { Violation } from './properties/property.js';
import type { Setup } from './scenario.js';

/** How a run is carried out; changes speed and isolation, never the trace. */
export type Placement =
  { readonly kind: 'inline' } | { readonly kind: 'threads'; readonly threads: number | 'per-node' };

export interface RunOptions {
  /** Chain payload bytes into the fingerprint as well. */
  readonly deepFingerprint?: boolean;
  /** Keep the whole trace (observations, deliveries, steps) for pictures and comparison. */
  readonly keepTrace?: boolean;
  /** Keep what actors narrate, step by step (`Context.narrate`). The run is the same either way. */
  readonly narrate?: boolean;
  /** Gather the abstract states of the protocol that the run reaches. */
  readonly countStates?: boolean;
  /** Stop after this step (`node:step`) has been executed. */
  readonly untilStep?: string;
  /** Break into the inspector just before this step. */
  readonly breakAtStep?: string;
  /** More steps than this end the run as a failure. Default 20 million. */
  readonly maxSteps?: number;
  /** Deep-freeze messages (inline placement): a write to a sent message throws at the writer's line. */
  readonly freezeMessages?: boolean;
}

export interface RunResult {
  readonly seed: number;
  /** 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly verdict: 'passed' | 'failed';
  readonly violations: readonly Violation[];
  /** Why `eventually` was not judged: too little of the cluster was healed, or came up, for any progress. Absent: it was owed. */
  readonly progressNotOwed?: string;
  /** How often each `sometimes` was reached in this run (0 or 1 each). */
  readonly reached: Readonly<Record<string, number>>;
  readonly setup: Setup;
  readonly plan: FaultPlan;
  /** As given by the spec. */
  readonly arrivals?: ArrivalPlan;
  /** The abstract states that were reached, as hashes in ascending order, where they were asked for. */
  readonly states?: readonly number[];
  readonly faults: Readonly<Record<string, number>>;
  readonly trace?: readonly TraceRecord[];
  /** What actors narrated, in trace order, where that was asked for. */
  readonly narration?: readonly ObservedRecord[];
  /** Turns that threw, the first 20 and the one that is a violation, for people: the texts depend on the engine. */
  readonly failures?: readonly TurnFailure[];
  /** What the guards of the threads trapped, oldest first in each thread; placement `threads` with guards only. */
  readonly escapes?: readonly string[];
  /** Of the first violation: the same for runs that fail in the same way, whatever the seed. */
  readonly failureGroup?: string;
  /** What the scenario's gauge measured. */
  readonly figures?: Readonly<Record<string, readonly number[]>>;
  /** Which thread each node ran in, told by the thread itself. */
  readonly threadsOfNodes?: Readonly<Record<string, number>>;
}

/** A turn that threw. The text is for people: it depends on the engine and enters nothing that is compared. */
export interface TurnFailure {
  readonly node: string;
  /** The path of the actor; '' where the runtime beneath the actors threw. */
  readonly actor: string;
  readonly step: number;
  readonly atUs: number;
  /** An invariant of ours did not hold: a bug, whatever the scenario tolerates. */
  readonly isAssertion: boolean;
  /** The error with its stack. */
  readonly text: string;
}

/** One line of the trace, in the order (time, node, step). */
export type TraceRecord =
  | { readonly kind: 'observation'; readonly record: ObservedRecord }
  | {
      readonly kind: 'delivery';
      readonly node: string;
      readonly step: number;
      readonly atUs: number;
      readonly from: string;
      readonly to: string;
      readonly type: string;
      readonly causeStep: number;
      readonly sentAtUs: number;
    }
  | {
      /** The network lost a message: at its sender, or at its receiver where its connection broke while it was on its way. */
      readonly kind: 'lost';
      readonly node: string;
      readonly step: number;
      readonly atUs: number;
      readonly from: string;
      readonly to: string;
      readonly type: string;
      readonly causeStep: number;
      readonly sentAtUs: number;
      /** The planned fault that lost it. */
      readonly by: string;
    }
  | {
      readonly kind: 'step';
      readonly node: string;
      readonly step: number;
      readonly atUs: number;
      readonly what: string;
    }
  | {
      readonly kind: 'fault';
      readonly atUs: number;
      readonly name: string;
      readonly fault: string;
      readonly what: 'do' | 'undo';
    };
