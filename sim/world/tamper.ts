import type { NodeId } from '../../runtime/address.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Disk } from '../../runtime/ports.js';

/**
 * Hands in the gears, for tests of the fingerprint: each hook may put something else in place of what passes by. A run is
 * given them by its caller, inline only; the product passes none.
 */
export interface Tamper {
  /** A message just before its receiver gets it. */
  envelope?(envelope: Envelope, atUs: number): Envelope;
  /** The disk of a node, as the node is to see it. */
  disk?(node: NodeId, disk: Disk): Disk;
  observation?(record: ObservedRecord): ObservedRecord;
  /** The order (source and sequence) among events of the same time at one node. */
  order?(to: NodeId, atUs: number, order: number): number;
}
