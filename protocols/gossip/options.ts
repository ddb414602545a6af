import type { Plain } from '../../runtime/data.js';
import { findEraFault } from './registers/freshness.js';

/** How a member gossips. All plain data; `gossipOptions` fills in what is left out. The defaults are memberlist's for a LAN, faster. */
export type GossipOptions = {
  /** The protocol period T' of SWIM: one member is probed in each. At least three round trips. */
  readonly probeIntervalMs: number;
  /** How long a direct ping waits before others are asked to ping. */
  readonly probeTimeoutMs: number;
  /** k of SWIM section 3.1: how many members are asked to ping in one's stead. */
  readonly indirectProbes: number;
  /**
   * S of Lifeguard: a member that finds itself slow waits up to this many times as long, between probes and for their answers. 1: every member
   * trusts itself, as in SWIM.
   */
  readonly healthMax: number;
  /** Lifeguard's buddy system: whoever is suspected learns of it from everybody who is in touch with it, before all other news. */
  readonly buddySystem: boolean;
  readonly suspicionMultiplier: number;
  /** The longest suspicion is this many times the shortest. 1: no confirmation shortens it, as in SWIM. */
  readonly suspicionMaxMultiplier: number;
  readonly retransmitMultiplier: number;
  /** How often news is sent to `gossipFanout` random members beside what pings carry; only while there is news. */
  readonly gossipIntervalMs: number;
  readonly gossipFanout: number;
  /** Rumours that one message carries at most. */
  readonly rumoursPerMessage: number;
  /** How often the membership table is compared with a random member's (push/pull). */
  readonly membershipSyncIntervalMs: number;
  /** In every n-th protocol period a member believed dead is pinged too, so that a healed partition is noticed. */
  readonly deadProbePeriods: number;
  /**
   * How long whoever died or left is remembered, at least; so long as no partition lasts longer, nobody brings back a life that is over. Configured
   * seeds are never forgotten: they are the way back to each other for two sides of a partition.
   */
  readonly tombstoneMs: number;
  /** More members than this are refused. */
  readonly membersMax: number;
  /** How often a replica asks a random other one for what changed there. */
  readonly registerSyncIntervalMs: number;
  /** Registers in one message at most. */
  readonly registersPerMessage: number;
  /** More registers than this (tombstones included) are refused. */
  readonly registersMax: number;
  /**
   * How long a deleted register is remembered, at least, by each replica that was not restarted meanwhile. A replica that was out of reach for more than
   * three quarters of it may bring back what the others have deleted; registers that are a quarter of it on their way are not taken in but asked for
   * anew. At least eight times `registerSyncIntervalMs`, and eight times a round trip between members.
   */
  readonly registerTombstoneMs: number;
  /** Keys that begin so keep concurrent writes side by side, for whoever reads them to merge. The same at every member. */
  readonly siblingPrefixes: readonly string[];
  /** A longer key is refused. */
  readonly keyLengthMax: number;
  /** A larger value is refused; measured as about its length in JSON. */
  readonly valueBytesMax: number;
  /** Revisions of which the events are kept for watches that begin in the past. */
  readonly historyRevisions: number;
  /** How long a vacancy lasts before the lowest-ranked candidate takes it. */
  readonly stabilisationMs: number;
};

export const DEFAULT_GOSSIP_OPTIONS: GossipOptions = Object.freeze({
  probeIntervalMs: 500,
  probeTimeoutMs: 200,
  indirectProbes: 3,
  healthMax: 8,
  buddySystem: true,
  suspicionMultiplier: 4,
  suspicionMaxMultiplier: 6,
  retransmitMultiplier: 4,
  gossipIntervalMs: 100,
  gossipFanout: 3,
  rumoursPerMessage: 8,
  membershipSyncIntervalMs: 5000,
  deadProbePeriods: 4,
  tombstoneMs: 86_400_000,
  membersMax: 1000,
  registerSyncIntervalMs: 1000,
  registersPerMessage: 64,
  registersMax: 100_000,
  registerTombstoneMs: 86_400_000,
  siblingPrefixes: Object.freeze([]) as readonly string[],
  keyLengthMax: 512,
  valueBytesMax: 65_536,
  historyRevisions: 1000,
  stabilisationMs: 1000,
});

const OPTION_MAX = 1_000_000_000;

function findOptionFault(name: keyof GossipOptions, value: unknown): string | undefined {
  if (name === 'siblingPrefixes') return arePrefixes(value) ? undefined : PREFIXES;
  if (typeof DEFAULT_GOSSIP_OPTIONS[name] === 'boolean')
    return typeof value === 'boolean' ? undefined : 'true or false';
  const isFit = Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= OPTION_MAX;
  return isFit ? undefined : `a whole number from 1 to ${OPTION_MAX}`;
}

const PREFIXES = 'up to 64 prefixes of 1 to 128 characters, none of which begins with !';

function arePrefixes(value: unknown): boolean {
  const isPrefix = (prefix: unknown): boolean =>
    typeof prefix === 'string' && prefix.length >= 1 && prefix.length <= 128 && !prefix.startsWith('!');
  return Array.isArray(value) && value.length <= 64 && value.every(isPrefix);
}

/**
 * The options with their defaults, checked. Throws an Error that names the option and what it may be.
 */
export function gossipOptions(given: Plain): GossipOptions {
  if (given === null) return DEFAULT_GOSSIP_OPTIONS;
  if (typeof given !== 'object' || Array.isArray(given) || given instanceof Uint8Array) {
    throw new Error('gossip options: expected an object, for example { probeIntervalMs: 500 }');
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_GOSSIP_OPTIONS, name)) {
      throw new Error(`gossip option ${name}: unknown; known are ${Object.keys(DEFAULT_GOSSIP_OPTIONS).join(', ')}`);
    }
    const fault = findOptionFault(name as keyof GossipOptions, value);
    if (fault !== undefined) throw new Error(`gossip option ${name}: expected ${fault}`);
  }
  const options: GossipOptions = { ...DEFAULT_GOSSIP_OPTIONS, ...(given as Partial<GossipOptions>) };
  if (options.probeTimeoutMs >= options.probeIntervalMs) {
    throw new Error('gossip option probeTimeoutMs: must be less than probeIntervalMs, or nobody can be asked to ping');
  }
  const eraFault = findEraFault(options);
  if (eraFault !== undefined) throw new Error(`gossip option registerTombstoneMs: ${eraFault}`);
  return options;
}
