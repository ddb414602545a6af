import { t } from '../../../runtime/schema.js';
import { configurationType, type Configuration } from '../configuration/configuration.js';

/** What a snapshot says of itself; goes with each of its chunks. */
export const snapshotHeadType = t.object({
  index: t.int,
  term: t.int,
  prefixHash: t.int,
  configurationIndex: t.int,
  configuration: configurationType,
  size: t.int,
  session: t.string,
});

/** `index` and `term` are those of the last entry in it, `prefixHash` digests the log up to there. */
export interface SnapshotHead {
  readonly index: number;
  readonly term: number;
  readonly prefixHash: number;
  /** The configuration at `index`, and the entry that made it: without it a member would go back to an old one (§7). */
  readonly configurationIndex: number;
  readonly configuration: Configuration;
  /** Bytes of the image. */
  readonly size: number;
  /**
   * Names the content: equal at two members only if their bytes are. So a transfer that one leader began another can go on with, and
   * pieces of different snapshots never mix.
   */
  readonly session: string;
}

/** What is replicated, up to `head.index`, as bytes (§7). */
export interface Snapshot {
  readonly head: SnapshotHead;
  readonly image: Uint8Array;
}

/** A snapshot of which pieces have come, in order and without gaps. In memory only: after a crash it begins anew. */
export interface IncomingSnapshot {
  readonly session: string;
  readonly pieces: Uint8Array[];
  received: number;
}
