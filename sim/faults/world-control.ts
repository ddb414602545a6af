import type { CrashKind } from '../disk/index.js';
import type { DiskFaultStart } from './active-disk-faults.js';
import type { FaultPointRule } from './active-fault-points.js';
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
  /** Of several rates the one that is furthest off counts, so that a clock is never worse than the worst of its faults. */
  addClockRate(node: number, by: string, ppm: number): void;
  removeClockRate(node: number, by: string): void;
  /** Times of several faults add up. */
  addTurnTime(node: number, by: string, turnUs: number): void;
  removeTurnTime(node: number, by: string): void;
  /** Of a node that is down: its disk is empty from now on. `isRenewed`: its incarnations go on where they were. */
  wipeDisk(node: number, isRenewed: boolean): void;
  /** What the node runs from its next start on; undefined: what the setup says. */
  setProgram(node: number, program: string | undefined): void;
  addFaultPoint(node: number, name: string, rule: FaultPointRule): void;
  removeFaultPoint(node: number, name: string): void;
  /** Whether the budget has room for this node to be down as well. */
  mayTakeDown(node: number): boolean;
  isServer(node: number): boolean;
  /** What the node runs, or will run at its next start. */
  programOf(node: number): string;
  /** 0 .. span-1, the same for the same fault and occurrence whatever else the plan holds; `span` below 2^21. */
  drawFor(name: string, occurrence: number, span: number): number;
  addDiskFault(node: number, name: string, faults: DiskFaultStart): void;
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
