import type { NodeId } from '../../runtime/address.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Setup } from '../setup.js';

/**
 * Watches the observations of one run, in trace order.
 * `observe` and `end` answer with a message where the property is violated.
 */
export interface Monitor {
  /** The types of the observations that `observe` is told of; absent: of all. Whoever says so costs nothing at the others. */
  readonly watches?: readonly string[];
  observe?(record: ObservedRecord): string | undefined;
  /** Of what actors narrate, in the seeds that the scenario has followed step by step (`followEvery`). */
  follow?(record: ObservedRecord): string | undefined;
  end?(end: EndOfRun): string | undefined;
}

/** Keeps what several properties look at, such as the logs of all members; told of an observation before any of them. */
export interface Observer {
  /** As a monitor's. */
  readonly watches?: readonly string[];
  observe(record: ObservedRecord): void;
}

/** What the properties of one run share, each made for that run when it is first asked for. */
export interface Shared {
  the<T extends Observer>(observer: new () => T): T;
}

/** Watches for something that ought to happen in some run of a hunt; answers true once it has. */
export interface Lookout {
  /** As a monitor's. */
  readonly watches?: readonly string[];
  observe?(record: ObservedRecord): boolean;
  end?(end: EndOfRun): boolean;
}

/** Measures a run: what it answers at the end is gathered over a hunt, figure by figure. Nothing is judged. */
export interface Gauge {
  observe(record: ObservedRecord): void;
  /** Figures by name, units at the end of the name; several values where something happened several times in the run. */
  end(end: EndOfRun): Readonly<Record<string, readonly number[]>>;
}

/** What a run left behind. States are copies, never live memory; all properties share them, so nobody may change one. */
export interface EndOfRun {
  readonly setup: Setup;
  readonly nodes: readonly NodeId[];
  /** Nodes that were healed and are up. */
  readonly core: readonly NodeId[];
  readonly simulatedMs: number;
  /** Copy of the state of an actor, or undefined if the node is down or there is no such actor. */
  state(node: NodeId, actorPath: string): unknown;
  /** Copies of the states of an actor on all nodes that are up. */
  states(actorPath: string): readonly unknown[];
  /** How often each kind of fault took place, by name in the registry. */
  readonly faults: Readonly<Record<string, number>>;
}

/**
 * What is claimed of every run (`always`, `eventually`) and of a hunt (`sometimes`). A monitor is made anew for each run.
 * A section of which nothing is claimed may be left out. A property that throws fails the run, as its own mistake.
 */
export interface Properties {
  /** Safety: judged at every observation and at the end. */
  readonly always?: Readonly<Record<string, (setup: Setup, shared: Shared) => Monitor>> | undefined;
  /** Progress: judged at the end, after healing. */
  readonly eventually?: Readonly<Record<string, (setup: Setup, shared: Shared) => Monitor>> | undefined;
  readonly sometimes?: Readonly<Record<string, (setup: Setup, shared: Shared) => Lookout>> | undefined;
}

export interface Violation {
  readonly property: string;
  readonly kind: 'always' | 'eventually' | 'crash';
  /** `node:step` at which it became visible; the last step of the run for `end`. */
  readonly step: string;
  readonly atMs: number;
  readonly message: string;
}
