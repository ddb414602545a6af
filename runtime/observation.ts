import type { NodeId } from './address.js';
import type { Plain } from './data.js';

/** What an actor did that others should know of: a small record with a `type`. */
export interface Observation {
  readonly type: string;
  readonly [field: string]: Plain;
}

/** An observation with where and when it was made. `step` is the node's own step counter. */
export interface ObservedRecord {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly step: number;
  /** Microseconds: virtual time in the simulator, the node's monotonic clock elsewhere. */
  readonly atUs: number;
  readonly actor: string;
  readonly lamport: number;
  readonly observation: Observation;
}
