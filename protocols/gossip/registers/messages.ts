import { messages, t, type Infer, type MessageOf } from '../../../runtime/schema.js';
import { eraType } from './freshness.js';
import { registerType } from './register.js';
import { vectorType } from './siblings.js';

/** `deletedForMs`: how long the sender knows it to be deleted; 0 for one that is not. */
const travellingType = t.object({ register: registerType, deletedForMs: t.int });
export type TravellingRegister = Infer<typeof travellingType>;

const versionOfKeyType = t.object({ key: t.string, counter: t.int, writer: t.string });

/**
 * Between replicas. Fresh writes are pushed (`registers`); what that missed is found by anti-entropy: a replica asks another for what changed there
 * since the revision up to which it has followed it (`sync-request`), compares versions (`sync-digest`), and fetches the newer ones.
 *
 * `era`: the one that the sender is in. `heardEra`: the one of the receiver that the sender had heard of last, null where of none; by it the receiver knows
 * how old the registers may be (`freshness.ts`).
 */
export const exchangeMessages = messages('gossip-registers', {
  registers: { era: eraType, heardEra: t.nullable(eraType), entries: t.array(travellingType) },
  'sync-request': { era: eraType, sinceRevision: t.int },
  'sync-digest': {
    era: eraType,
    sinceRevision: t.int,
    uptoRevision: t.int,
    more: t.bool,
    versions: t.array(versionOfKeyType),
  },
  'sync-fetch': {
    era: eraType,
    sinceRevision: t.int,
    uptoRevision: t.int,
    more: t.bool,
    keys: t.array(t.string),
  },
  /** `complete` is false where not all that was asked for fitted in. */
  'sync-registers': {
    era: eraType,
    heardEra: t.nullable(eraType),
    sinceRevision: t.int,
    uptoRevision: t.int,
    more: t.bool,
    complete: t.bool,
    entries: t.array(travellingType),
  },
  'spread-due': {},
  'register-sync-due': {},
  'register-tombstones-due': {},
});
export type ExchangeMessage = MessageOf<typeof exchangeMessages>;

export const registerVersionType = t.object({ counter: t.int, writer: t.string });
export type RegisterVersion = Infer<typeof registerVersionType>;

/**
 * Registers one at a time with optimistic concurrency, each an `ask` to the coordinator actor of the own node. `expected` is the version that the
 * register must have in the local replica, null that there must be none; without it the write is unconditional.
 */
export const registerRequests = messages('gossip-register-request', {
  'register-get': { key: t.string },
  'register-put': { key: t.string, value: t.plain, expected: t.optional(t.nullable(registerVersionType)) },
  'register-delete': { key: t.string, expected: t.optional(t.nullable(registerVersionType)) },
  /** Registers under `siblingPrefixes`. What a read answers with as `seen` goes with the write that follows from it, as it is. */
  'siblings-get': { key: t.string },
  'siblings-put': { key: t.string, value: t.plain, seen: vectorType },
  'siblings-delete': { key: t.string, seen: vectorType },
});

export type RegisterRequest = MessageOf<typeof registerRequests>;

export const registerAnswers = messages('gossip-register-answer', {
  'register-found': { key: t.string, found: t.nullable(t.object({ value: t.plain, version: registerVersionType })) },
  /** The write is durable here and spreads. It holds until a newer version is merged. */
  'register-done': { key: t.string, version: registerVersionType },
  /** Certainly not written: the register has another version than expected. */
  'register-conflict': {
    key: t.string,
    expected: t.nullable(registerVersionType),
    actual: t.nullable(registerVersionType),
  },
  /** All values that nobody who saw them has replaced, in one order everywhere; none: it was never written, or is deleted. */
  'siblings-found': { key: t.string, values: t.array(t.plain), seen: vectorType },
  /** Durable here and spreads. `seen` covers this write and what stood here: the next of the same author may go with it. */
  'siblings-done': { key: t.string, seen: vectorType },
  /** Certainly not written. */
  'register-failed': { key: t.string, detail: t.string },
});
