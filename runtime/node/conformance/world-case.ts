import type { ActorSpec } from '../../actor.js';
import type { NodeId } from '../../address.js';
import type { ObservedRecord } from '../../observation.js';

interface Moment {
  /** Milliseconds after the start of the cluster. */
  readonly atMs: number;
  readonly forMs: number;
}

/** What happens to the cluster while a case runs. */
export type Disturbance = Moment &
  (
    | { readonly kind: 'cut'; readonly between: readonly [NodeId, NodeId] }
    /** The connections of both are reset at once. */
    | { readonly kind: 'reset'; readonly between: readonly [NodeId, NodeId] }
    /** What the first sends on the connection that it has goes nowhere, and it is told nothing. */
    | { readonly kind: 'half-open'; readonly between: readonly [NodeId, NodeId] }
    | { readonly kind: 'restart'; readonly node: NodeId }
    /** The wall clock of the node is elsewhere for that time. */
    | { readonly kind: 'wall-clock'; readonly node: NodeId; readonly offsetMs: number }
  );

/**
 * One thing that every world owes the actors in it, simulated or real. The same actors run in each; what they observed is judged. `judge`
 * names the first fault.
 */
export interface WorldCase {
  readonly name: string;
  readonly nodes: readonly NodeId[];
  actors(node: NodeId): readonly ActorSpec[];
  readonly disturbances: readonly Disturbance[];
  /** How long a connection may be silent before it is taken for gone. Default: longer than any case. */
  readonly silentMs?: number;
  /** Enough was seen to judge. */
  isDone(records: readonly ObservedRecord[]): boolean;
  /** Where time is real, and so not exact: disturbances wait for this as well. */
  isReadyToDisturb?(records: readonly ObservedRecord[]): boolean;
  judge(records: readonly ObservedRecord[]): string | undefined;
}
