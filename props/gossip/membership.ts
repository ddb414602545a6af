import type { NodeId } from '../../runtime/address.js';
import { MEMBERSHIP_ACTOR, type MembershipState, type StandingObservation } from '../../protocols/gossip/index.js';
import type { Monitor } from '../../sim/index.js';
import { lifeOf, observed } from './observed.js';

// What membership promises at every moment, judged from observations alone. The precedence is written down a second time here, from the
// paper (SWIM section 4.2), so that a mistake in the table of the product cannot excuse itself.

const ORDER = Object.freeze(['member-alive', 'member-suspect', 'member-dead', 'member-left'] as const);

function isStanding(seen: ReturnType<typeof observed>): seen is StandingObservation {
  return (ORDER as readonly string[]).includes(seen.type);
}

/** Positive where `later` may override `earlier`: a higher incarnation, or at the same one alive < suspect < dead < left. */
function overrides(later: StandingObservation, earlier: StandingObservation): boolean {
  if (later.incarnation !== earlier.incarnation) return later.incarnation > earlier.incarnation;
  return ORDER.indexOf(later.type) > ORDER.indexOf(earlier.type);
}

/** Keeps what each life of each node last said of each member, and judges every change. */
function judgeChanges(
  judge: (later: StandingObservation, earlier: StandingObservation | undefined) => string | undefined,
): Monitor {
  const known = new Map<string, StandingObservation>();
  return {
    observe(record) {
      const seen = observed(record);
      // Of somebody forgotten nothing is known any more, not even that it died.
      if (seen.type === 'member-forgotten') known.delete(`${lifeOf(record)} of ${seen.member}`);
      if (!isStanding(seen)) return undefined;
      const name = `${lifeOf(record)} of ${seen.member}`;
      const fault = judge(seen, known.get(name));
      known.set(name, seen);
      return fault === undefined ? undefined : `in the view of ${name}: ${fault}`;
    },
  };
}

function isGone({ type }: StandingObservation): boolean {
  return type === 'member-dead' || type === 'member-left';
}

function describe({ type, incarnation }: StandingObservation): string {
  return `${type} at ${incarnation}`;
}

/** A view only ever changes to what overrides it. */
export function precedenceHolds(): Monitor {
  return judgeChanges((later, earlier) => {
    if (earlier === undefined || overrides(later, earlier)) return undefined;
    return `${describe(earlier)} gave way to ${describe(later)}, which does not override it`;
  });
}

/** Nobody who was declared dead or left comes back but with a higher incarnation. */
export function noResurrection(): Monitor {
  return judgeChanges((later, earlier) => {
    if (earlier === undefined || !isGone(earlier) || isGone(later)) return undefined;
    if (later.incarnation > earlier.incarnation) return undefined;
    return `${describe(earlier)} came back with ${describe(later)}`;
  });
}

/** Only a member raises its own incarnation, each time, across all its lives; and nobody speaks of one that it never had. */
export function incarnationsGrow(): Monitor {
  const own = new Map<NodeId, number>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type === 'member-started' || seen.type === 'refuted' || seen.type === 'group-rejoined') {
        const last = own.get(record.node);
        own.set(record.node, seen.incarnation);
        if (last === undefined || seen.incarnation > last) return undefined;
        return `${lifeOf(record)} took incarnation ${seen.incarnation} after it had had ${last}`;
      }
      if (!isStanding(seen)) return undefined;
      const highest = own.get(seen.member) ?? 0;
      if (seen.incarnation <= highest) return undefined;
      return `${lifeOf(record)} says ${describe(seen)} of ${seen.member}, which never went beyond ${highest}`;
    },
  };
}

/** An observation is told in whole milliseconds after a clock in microseconds was read. */
const ROUNDING_MS = 2;

/** A suspicion ends at the latest when its time, counted from its beginning, has passed; confirmations only shorten it. */
export function suspicionsEnd(): Monitor {
  const begun = new Map<string, { readonly atMs: number; timeoutMs: number }>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type !== 'suspicion-timed') return undefined;
      const name = `${lifeOf(record)} of ${seen.member} at ${seen.incarnation}`;
      const atMs = record.atUs / 1000;
      const suspicion = begun.get(name);
      if (seen.confirmations === 0 || suspicion === undefined) {
        begun.set(name, { atMs, timeoutMs: seen.timeoutMs });
        return undefined;
      }
      const endsMs = atMs + seen.remainingMs;
      if (seen.timeoutMs > suspicion.timeoutMs) {
        return `the suspicion in the view of ${name} grew from ${suspicion.timeoutMs} to ${seen.timeoutMs} ms when confirmed`;
      }
      suspicion.timeoutMs = seen.timeoutMs;
      const latestMs = Math.max(atMs, suspicion.atMs + seen.timeoutMs) + ROUNDING_MS;
      if (endsMs <= latestMs) return undefined;
      return `the suspicion in the view of ${name} began at ${suspicion.atMs} ms and is to end at ${endsMs} ms, after its ${seen.timeoutMs} ms`;
    },
  };
}

/** Clocks go wrong by 500 ppm at most, and an observation follows its clock reading. */
function shortestUs(ms: number): number {
  return ms * 998 - 2000;
}

/** How late a tombstone may be collected: a timer may wait behind other work. */
const COLLECTED_LATE_US = 3_000_000;

function forgetLives(gone: Map<string, { readonly node: NodeId }>, node: NodeId): void {
  for (const [name, entry] of gone) if (entry.node === node) gone.delete(name);
}

/** Who died or left is remembered for the time stated, by everybody who is not configured to remember it always, and not longer. */
export function tombstonesKept(): Monitor {
  const gone = new Map<string, { readonly node: NodeId; readonly member: NodeId; readonly atUs: number }>();
  return {
    observe(record) {
      const seen = observed(record);
      // A new life remembers nothing of the one before.
      if (seen.type === 'member-started') forgetLives(gone, record.node);
      if (!isStanding(seen) && seen.type !== 'member-forgotten') return undefined;
      const name = `${lifeOf(record)} of ${seen.member}`;
      const last = gone.get(name);
      if (seen.type === 'member-forgotten') {
        gone.delete(name);
        if (last === undefined) return `in the view of ${name}: forgotten, though it was not gone`;
        const heldUs = record.atUs - last.atUs;
        if (heldUs >= shortestUs(seen.tombstoneMs)) return undefined;
        return `in the view of ${name}: forgotten after ${heldUs / 1000} ms, before its ${seen.tombstoneMs} ms were over`;
      }
      if (!isGone(seen)) gone.delete(name);
      else gone.set(name, { node: record.node, member: seen.member, atUs: record.atUs });
      return undefined;
    },
    end(end) {
      for (const { node, member, atUs } of gone.values()) {
        const state = end.state(node, MEMBERSHIP_ACTOR) as MembershipState | undefined;
        if (!end.core.includes(node) || state === undefined || state.seeds.has(member)) continue;
        if (!state.members.has(member)) continue;
        const heldUs = end.simulatedMs * 1000 - atUs;
        const longestUs = state.options.tombstoneMs * 1002 + COLLECTED_LATE_US;
        if (heldUs > longestUs) return `${node} still remembers ${member}, gone for ${heldUs / 1000} ms`;
      }
      return undefined;
    },
  };
}
