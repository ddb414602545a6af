import type { NodeId } from '../../../runtime/address.js';
import type { RaftParameters } from '../parameters.js';
import type { Snapshot } from '../snapshots/types.js';

/** What the leader knows of one follower (Figure 2, "volatile state on leaders", and the flow control of the thesis, §10.2). */
export interface Progress {
  /** The follower's log equals ours up to here, durably. Never falls during a leadership. Invariant: `match < next`. */
  match: number;
  /** Up to where it counts as a holder of our log: as far as it said so while its disk was known. */
  counted: number;
  /** Whether its disk was known when it was heard last. */
  isKnown: boolean;
  /** The next entry to send. */
  next: number;
  /**
   * `probe`: where the logs part is being looked for, one append at a time. `replicate`: appends are pipelined. `snapshot`: it lacks what our
   * log no longer has.
   */
  mode: 'probe' | 'replicate' | 'snapshot';
  /** In mode `snapshot`: what is being sent, and up to where the follower has it. */
  sending: { readonly snapshot: Snapshot; readonly offset: number } | undefined;
  /** A probe is on its way; the next one waits for an answer or for the next heartbeat. */
  probeSent: boolean;
  /** The appends on their way, by rising last index. */
  readonly inFlight: { readonly index: number; readonly bytes: number }[];
  /** Estimated bytes of all of them. */
  bytesInFlight: number;
  /** The highest round of heartbeats that it answered while its disk was known: those confirm reads. */
  round: number;
  /** The highest round that it answered at all, -1 before the first. */
  heardRound: number;
  /** When it answered that, on our monotonic clock; at first when it became a follower of this leadership. */
  lastContactMs: number;
}

/** What is known of a follower at first: nothing, so that it is asked whether it has the entry before `next` (§5.3). */
export function newProgress(next: number, nowMs: number): Progress {
  return {
    match: 0,
    counted: 0,
    isKnown: true,
    next,
    mode: 'probe',
    sending: undefined,
    probeSent: false,
    inFlight: [],
    bytesInFlight: 0,
    round: 0,
    heardRound: -1,
    lastContactMs: nowMs,
  };
}

/** The followers are these from now on: who stays keeps what is known of it, who comes begins at `next`, and who goes is forgotten. */
export function setFollowers(
  progress: Map<NodeId, Progress>,
  followers: readonly NodeId[],
  next: number,
  nowMs: number,
): void {
  for (const node of [...progress.keys()]) if (!followers.includes(node)) progress.delete(node);
  for (const node of followers) if (!progress.has(node)) progress.set(node, newProgress(next, nowMs));
}

/** Whether one more append with entries may be sent: one at a time while probing, within the limits of the pipeline else. */
export function hasRoom(progress: Progress, parameters: RaftParameters): boolean {
  if (progress.mode !== 'replicate') return !progress.probeSent;
  return (
    progress.inFlight.length < parameters.maxAppendsInFlight && progress.bytesInFlight < parameters.maxBytesInFlight
  );
}

/** An append with `entries` entries of about `bytes` is on its way; a heartbeat has none. */
export function noteSent(progress: Progress, entries: number, bytes: number): void {
  if (progress.mode === 'probe') progress.probeSent = true;
  else if (entries > 0) {
    progress.next += entries;
    progress.inFlight.push({ index: progress.next - 1, bytes });
    progress.bytesInFlight += bytes;
  }
}

/** The follower holds our log up to `index`. Answers may come late, twice and out of order. */
export function noteAccepted(progress: Progress, index: number): void {
  if (index >= progress.match && progress.mode === 'probe') {
    progress.mode = 'replicate';
    progress.probeSent = false;
  }
  progress.match = Math.max(progress.match, index);
  progress.next = Math.max(progress.next, progress.match + 1);
  for (;;) {
    const first = progress.inFlight[0];
    if (first === undefined || first.index > progress.match) break;
    progress.bytesInFlight -= first.bytes;
    progress.inFlight.shift();
  }
}

/**
 * The follower has no entry `prevIndex` like ours; the logs can agree at `agreeIndex` at the latest. Never goes behind what it has
 * confirmed. Answers false where that speaks of an append that has been overtaken: the follower has confirmed more since, or another
 * probe is on its way.
 */
export function noteRejected(progress: Progress, prevIndex: number, agreeIndex: number): boolean {
  if (progress.mode === 'snapshot') return false;
  const isStale = progress.mode === 'probe' ? prevIndex !== progress.next - 1 : prevIndex <= progress.match;
  if (isStale) return false;
  const next = Math.max(agreeIndex, progress.match) + 1;
  // It denies what it has confirmed: its disk lost something. Asked again with every heartbeat, and not faster.
  progress.probeSent = next > prevIndex;
  progress.mode = 'probe';
  progress.inFlight.length = 0;
  progress.bytesInFlight = 0;
  progress.next = next;
  return true;
}
