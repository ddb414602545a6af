import type { CrashKind } from '../disk/index.js';
import type { DiskFaultStart } from '../faults/active-disk-faults.js';
import type { FaultPointRule } from '../faults/active-fault-points.js';
import type { LinkRule } from '../network/link-rule.js';
import type { MessageWatch } from './message-watches.js';

/**
 * What the world does to the nodes and links at a grid line. Plain data with indexes of nodes, so that it reaches every thread; each
 * group carries out what concerns the nodes that it hosts, in the order given.
 */
export type Command =
  | { readonly kind: 'start' | 'pause' | 'resume'; readonly node: number }
  | { readonly kind: 'crash'; readonly node: number; readonly loss: CrashKind }
  | { readonly kind: 'shift-wall-clock'; readonly node: number; readonly byUs: number }
  /** How fast the node's clock goes, beside true time. */
  | { readonly kind: 'set-clock-rate'; readonly node: number; readonly ppm: number }
  /** What a turn takes. */
  | { readonly kind: 'set-turn-time'; readonly node: number; readonly turnUs: number }
  /** The node is down, and begins its next life with nothing; `isRenewed`: under an incarnation above all that it has had. */
  | { readonly kind: 'wipe-disk'; readonly node: number; readonly isRenewed: boolean }
  /** What the node runs from its next life on. */
  | { readonly kind: 'set-program'; readonly node: number; readonly program: string }
  | { readonly kind: 'add-fault-point'; readonly node: number; readonly name: string; readonly rule: FaultPointRule }
  | { readonly kind: 'remove-fault-point'; readonly node: number; readonly name: string }
  | { readonly kind: 'add-link-rule'; readonly rule: LinkRule }
  | { readonly kind: 'remove-link-rule'; readonly name: string; readonly from: readonly number[] }
  | { readonly kind: 'heal-links-within'; readonly nodes: readonly number[] }
  /** Connections from any of the first to any of the second are gone, with all that is on its way. */
  | {
      readonly kind: 'lose-in-flight';
      readonly name: string;
      readonly from: readonly number[];
      readonly to: readonly number[];
    }
  /** Once, before anything else: which messages faults of the plan wait for. */
  | { readonly kind: 'watch-messages'; readonly watches: readonly MessageWatch[] }
  | { readonly kind: 'add-disk-fault'; readonly node: number; readonly name: string; readonly faults: DiskFaultStart }
  | { readonly kind: 'remove-disk-fault'; readonly node: number; readonly name: string };
