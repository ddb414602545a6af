import type { Program } from '../runtime/actor.js';
import type { AnyAddress, NodeId } from '../runtime/address.js';
import type { Message, Plain } from '../runtime/data.js';
import type { Random } from '../runtime/ports.js';
import type { FaultPlan } from './faults/plan.js';
import type { StateAbstraction } from './exploration/state-abstraction.js';
import type { ArrivalPlan } from './network/arrival-plan.js';
import type { LatencyModel } from './network/latency.js';
import type { Gauge, Properties } from './properties/property.js';
import type { NodePlan, Setup } from './setup.js';

export type { NodePlan, Setup, WorkItem } from './setup.js';

/** How swarm draws a plan for this scenario. A seed draws which of these kinds exist at all, then how often. */
export interface SwarmOptions {
  /** Names of faults in the registry; default: all that apply. */
  readonly faults?: readonly string[];
  /** At most this many `server` nodes down or paused at once; default: a minority. */
  readonly maxDown?: number;
  /** Faults that come in the fault phase, at most. Default 24. */
  readonly maxFaults?: number;
  /** Types of observations that faults may react to, such as `became-leader`. Default: none. */
  readonly reactTo?: readonly string[];
  /** Types of messages that faults may react to. Default: none. */
  readonly reactToMessages?: readonly string[];
  /** Reactions may come again and again, so that one leader after the other goes, and cut off whoever is observed. Default false. */
  readonly reactAgain?: boolean;
  /** In one run of three there are no kinds but some of these, each of them several times: what hits hardest. Default: none. */
  readonly oftenOnly?: readonly string[];
  /** Every other cut between some pairs of nodes, or around a bridge, is one of servers only, so that clients can ask both sides. Default false. */
  readonly cutsSpareClients?: boolean;
  /** Names of faults in the registry besides those of `faults`. */
  readonly alsoFaults?: readonly string[];
  /** At most this many servers without what their disk held, over the whole run. Default: as many as may be down. */
  readonly maxDiskLost?: number;
  /** By program: other builds of it, which a node that runs it may be given, and given back. Default: none. */
  readonly builds?: Readonly<Record<string, readonly string[]>>;
  /** Points in the code (`context.faultPoint`) that may fire. Default: none. */
  readonly faultPoints?: readonly string[];
  /** How far clocks may be off in their rate, in parts per million, where that is what the protocol bears. Default 500. */
  readonly maxDriftPpm?: number | ((setup: Setup) => number);
  /** A minority may be left broken for ever, which healing passes by: in one seed of four. Default false. */
  readonly leavesBroken?: boolean;
}

/**
 * What to simulate: nodes, workload, faults, and what must hold. It is loaded anew in every thread by module URL and export
 * name; an inline object works too, but only in the inline placement.
 */
export interface Scenario {
  readonly name: string;
  readonly programs: Readonly<Record<string, Program>>;
  /** Draws the cluster and its workload. `params` are the scenario's own parameters (default `{}`). */
  setup(random: Random, params: Plain): Setup;
  /** L: no link is ever faster, in milliseconds. Default 1. */
  readonly minLatencyMs?: number;
  /** Base latency of every link, drawn anew for each message. Default 1..5. */
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** In place of `latencyMs`: one model for all links, or one for each; a function must depend on its arguments only. */
  readonly latency?: LatencyModel | ((from: NodePlan, to: NodePlan) => LatencyModel);
  /** Length of the phase of faults. */
  readonly faultMs: number;
  /** Length of the phase of healing after it, in which progress is owed. */
  readonly healMs: number;
  /** 'none', or drawn by each seed. A plan given to the run takes its place. */
  readonly faults: 'none' | SwarmOptions;
  /** Which nodes are healed; the rest stays as the faults left it. Default: all. The plan tells whom faults will have hit. */
  core?(setup: Setup, random: Random, plan: FaultPlan): readonly NodeId[];
  /**
   * Why no progress can be owed where only these nodes are healed and up, or undefined. Default: without most of the servers and every
   * store there is no quorum.
   */
  whyNotOwed?(setup: Setup, core: readonly NodeId[]): string | undefined;
  readonly properties: Properties;
  /** What a hunt counts as different states of the protocol. Default: types of observations with their small fields, and what follows what. */
  readonly abstractState?: (setup: Setup) => StateAbstraction;
  /**
   * Actors may fail and be restarted by their supervisors, as where supervision is what is tried out. Default: a turn that throws
   * fails the run. A failed assertion always does.
   */
  readonly toleratesActorFailures?: boolean;
  /**
   * In seeds that this divides, actors are followed step by step and properties that `follow` judge. Dearer than observing, hence not in
   * every seed; the run itself is the same. Default: in none.
   */
  readonly followEvery?: number;
  /** Figures that every run is measured by, e.g. the time to recover. */
  readonly gauge?: (setup: Setup) => Gauge;
  /** Seeds from which on a `sometimes` that was never reached fails the hunt. Default 100. */
  readonly sometimesAfterSeeds?: number;
  /**
   * Clusters a little smaller than the one given, for which all that is claimed holds as well: what minimising a failure may try
   * (`smallerMemberships` gives the usual ones). Nodes whose role is `client` can be left out without it; work for nodes that are left
   * out is dropped by the caller.
   */
  shrinkSetup?(setup: Setup): readonly Setup[];
  /** How work started at the edge behaves here: duration and result. Default: ends at once with null. */
  simulateWork?(work: SimulatedWork): SimulatedWorkOutcome;
}

export interface SimulatedWork {
  readonly node: NodeId;
  readonly kind: string;
  readonly input: Plain;
  /** How many times this node has started work of this kind before, over all its lives. */
  readonly occurrence: number;
  readonly random: Random;
}

export interface SimulatedWorkOutcome {
  readonly durationMs: number;
  readonly result:
    | { readonly ok: true; readonly value: Plain }
    | { readonly ok: false; readonly error: string; readonly mayHaveHappened: boolean };
  /** Messages sent at the end of the work, before the node learns of it (an effect upon a sink). They go even if the node has died meanwhile. */
  readonly effects?: readonly { readonly to: AnyAddress; readonly message: Message }[];
}

/** How a scenario is named so that any thread or machine can load it. */
export interface ScenarioReference {
  /** Module URL (`file:`), absolute. */
  readonly module: string;
  readonly export: string;
  readonly params: Plain;
}

/** Everything that decides a run, as data. `setup` and `plan` are drawn from the seed where absent. */
export interface RunSpec {
  readonly seed: number;
  readonly setup?: Setup;
  readonly plan?: FaultPlan;
  /** When messages arrive, besides or in place of the scenario's latencies. */
  readonly arrivals?: ArrivalPlan;
  readonly params?: Plain;
  /** In place of the scenario's own phases. */
  readonly phases?: { readonly faultMs: number; readonly healMs: number };
  /** Ends the run at this time: only a part of it, so what is owed at the end is not judged. Absent: the whole run. */
  readonly cutAtMs?: number;
}
