import type { CrashKind, DiskFaults } from '../disk/index.js';
import type { LinkRule } from '../network/link-rule.js';

/**
 * What a fault may do to the world, at a grid line. `by` is the name of the planned fault: a node stays down or paused as long as
 * any fault holds it so. Nodes are indexes.
 */
export interface WorldControl {
  crash(node: number, by: string, loss: CrashKind): void;
  /** Gives up the hold of `by`; the node starts again when nobody holds it down. */
  release(node: number, by: string): void;
  pause(node: number, by: string): void;
  unpause(node: number, by: string): void;
  addLinkRule(rule: LinkRule): void;
  removeLinkRules(name: string): void;
  /** What is on its way from any of the first to any of the second is lost, once. */
  loseInFlight(name: string, links: DirectedLinks): void;
  shiftWallClock(node: number, byUs: number): void;
  addDiskFault(node: number, name: string, faults: DiskFaults): void;
  removeDiskFault(node: number, name: string): void;
}

/** A target with its names resolved to indexes. */
export interface ResolvedTarget {
  /** For faults of nodes. */
  readonly nodes: readonly number[];
  /** For faults of links: directed, from any of the first to any of the second. */
  readonly links: readonly DirectedLinks[];
}

export interface DirectedLinks {
  readonly from: readonly number[];
  readonly to: readonly number[];
}
