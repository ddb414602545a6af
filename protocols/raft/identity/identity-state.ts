import type { NodeId } from '../../../runtime/address.js';

/**
 * Who a member is to the others. It votes and counts only when they know its disk, so that one that lost its disk, and with it what it had promised,
 * cannot pass for the old one under its name.
 */
export interface Identity {
  /** The name of this disk; '' before the first turn of the first life. */
  disk: string;
  /** Enough others know this disk under our name: for good. */
  isKnown: boolean;
  /** Somebody knows another disk under our name: this one is none of the group's. */
  isDisowned: boolean;
  /** Others that know this disk, as long as they are too few. */
  readonly knownBy: Set<NodeId>;
  /** The disks of others that introduced themselves: the first of each name for ever. */
  readonly acquaintances: Map<NodeId, string>;
}

export function newIdentity(): Identity {
  return { disk: '', isKnown: false, isDisowned: false, knownBy: new Set(), acquaintances: new Map() };
}
