import type { CrashKind, DiskFaults } from '../disk/index.js';
import type { LinkRule } from '../network/link-rule.js';

/**
 * What the world does to the nodes and links at a grid line. Plain data with indexes of nodes, so that it reaches every thread; each
 * group carries out what concerns the nodes that it hosts, in the order given.
 */
export type Command =
  | { readonly kind: 'start' | 'pause' | 'resume'; readonly node: number }
  | { readonly kind: 'crash'; readonly node: number; readonly loss: CrashKind }
  | { readonly kind: 'shift-wall-clock'; readonly node: number; readonly byUs: number }
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
  | { readonly kind: 'add-disk-fault'; readonly node: number; readonly name: string; readonly faults: DiskFaults }
  | { readonly kind: 'remove-disk-fault'; readonly node: number; readonly name: string };
