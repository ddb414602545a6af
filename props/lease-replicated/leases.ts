import type { ObservedRecord } from '../../runtime/observation.js';
import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/setup.js';
import { leaseObservation } from '../lease/observed-store.js';
import { marginOf } from '../lease/workload.js';
import { raftObservation } from '../raft/observed-log.js';
import { keeperToldGone } from './lease-keeper.js';
import { ObservedPrimary, OF_PRIMARY } from './observed-primary.js';

/** What is rounded: deadlines and what is left are whole milliseconds. */
const ROUNDED_MS = 2;

/**
 * A lease does not end before its time: the primary proposes that when what it gave the lease has passed on its own clock, and no replica applies
 * it before the holder's own deadline.
 */
export function neverEndsEarly(): Monitor {
  const primary = new ObservedPrimary();
  const reliedUntilUs = new Map<string, number>();
  return {
    watches: [...OF_PRIMARY, 'session-started', 'session-extended', 'lease-due'],
    observe(record) {
      const observation = leaseObservation(record);
      let fault: string | undefined;
      if (observation?.type === 'session-started' || observation?.type === 'session-extended') {
        reliedUntilUs.set(observation.leaseId, record.atUs + observation.remainingMs * 1000);
      } else if (observation?.type === 'lease-due' && observation.term === primary.term) {
        const lease = primary.leases.get(observation.leaseId);
        const livedMs = observation.atMs - (lease?.keptAtMs ?? 0);
        if (lease !== undefined && livedMs < lease.basisMs - ROUNDED_MS) {
          fault = `${observation.leaseId} was to end ${livedMs} ms after it was kept or taken over, before its ${lease.basisMs} ms`;
        }
      } else if (observation?.type === 'lease-expired' && !primary.ended.has(observation.leaseId)) {
        const relied = reliedUntilUs.get(observation.leaseId) ?? 0;
        if (record.atUs < relied) {
          fault = `${observation.leaseId} ended ${(relied - record.atUs) / 1000} ms before its holder's deadline`;
        }
      }
      primary.observe(record);
      return fault;
    },
  };
}

/**
 * A change of the primary neither resets nor forgets what leases have left: the next one goes on from what the log says, and adds what it says
 * that it adds.
 */
export function timeLeftIsHandedOver(): Monitor {
  const primary = new ObservedPrimary();
  /** By term: the last entry of those before it. */
  const lastIndex = new Map<number, number>();
  return {
    watches: [...OF_PRIMARY, 'raft-became-leader'],
    observe(record) {
      const raft = raftObservation(record);
      if (raft?.type === 'raft-became-leader') lastIndex.set(raft.term, raft.lastIndex);
      const observation = leaseObservation(record);
      let fault: string | undefined;
      if (observation?.type === 'primary-promoted' && observation.term > primary.term) {
        const { term, logIndex } = observation;
        const before = lastIndex.get(term) ?? 0;
        if (logIndex <= before) {
          fault = `${record.node} became primary of term ${term} with ${logIndex} entries applied; ${before} are older`;
        }
        for (const { leaseId, remainingMs } of observation.leases) {
          const leastMs = primary.notedMs(leaseId, observation.logIndex) + observation.extendedMs;
          if (!primary.ttlMs.has(leaseId) || (remainingMs >= leastMs && remainingMs <= leastMs + ROUNDED_MS)) continue;
          fault = `${record.node} took ${leaseId} over with ${remainingMs} ms, but ${leastMs} ms were due to it`;
        }
      }
      primary.observe(record);
      return fault;
    },
  };
}

/**
 * When a keep-alive is answered, the log says that the lease has its whole time from when that was asked, or what a later note of this primary left of
 * it: so what was noted before cannot make the next primary end it too early.
 */
export function wholeTimeIsNoted(): Monitor {
  const primary = new ObservedPrimary();
  /** By lease: until when it lives by the last note that this primary proposed, on its own clock. */
  const noted = new Map<string, { readonly term: number; readonly remainingMs: number; readonly untilMs: number }>();
  return {
    watches: [...OF_PRIMARY, 'leases-noted'],
    observe(record) {
      const observation = leaseObservation(record);
      let fault: string | undefined;
      if (observation?.type === 'leases-noted') {
        const { term, atMs } = observation;
        for (const { leaseId, remainingMs } of observation.leases) {
          noted.set(leaseId, { term, remainingMs, untilMs: atMs + remainingMs });
        }
      }
      if (observation?.type === 'lease-kept-alive' && primary.ttlMs.has(observation.leaseId)) {
        const { leaseId, ttlMs, logIndex, term, sinceMs } = observation;
        const notedMs = primary.notedMs(leaseId, logIndex);
        const own = noted.get(leaseId);
        const isOurs = own?.term === term && own.remainingMs === notedMs;
        const isLater = isOurs && own.untilMs >= sinceMs + ttlMs - ROUNDED_MS;
        if (notedMs < ttlMs && !isLater) fault = `${leaseId} was promised ${ttlMs} ms, but the log says ${notedMs} ms`;
      }
      primary.observe(record);
      return fault;
    },
  };
}

/** A note says what a lease has left by the clock of the primary that proposes it. */
export function notesAreTrue(): Monitor {
  const primary = new ObservedPrimary();
  return {
    watches: [...OF_PRIMARY, 'leases-noted'],
    observe(record) {
      const observation = leaseObservation(record);
      let fault: string | undefined;
      if (observation?.type === 'leases-noted' && observation.term === primary.term) {
        for (const { leaseId, remainingMs } of observation.leases) {
          const lease = primary.leases.get(leaseId);
          // A question whose answer is not there yet may have given it more.
          if (lease === undefined) continue;
          const leftMs = lease.basisMs - (observation.atMs - lease.keptAtMs);
          if (remainingMs < leftMs - ROUNDED_MS)
            fault = `${leaseId} has ${leftMs} ms left, but ${remainingMs} ms were noted`;
          if (remainingMs > lease.ttlMs) fault = `${leaseId} of ${lease.ttlMs} ms was noted with ${remainingMs} ms`;
        }
      }
      primary.observe(record);
      return fault;
    },
  };
}

/** A keep-alive takes nothing from a lease before it is answered: until then that has what the primary gave it last, or more. */
export function unansweredTakeNothing(): Monitor {
  const primary = new ObservedPrimary();
  return {
    watches: OF_PRIMARY,
    observe(record) {
      const observation = leaseObservation(record);
      let fault: string | undefined;
      if (observation?.type === 'lease-kept-alive' && observation.term === primary.term) {
        const { leaseId, leftMs, atMs } = observation;
        const lease = primary.leases.get(leaseId);
        const dueMs = lease === undefined ? 0 : lease.basisMs - (atMs - lease.keptAtMs);
        if (leftMs < dueMs - ROUNDED_MS) fault = `${leaseId} had ${leftMs} ms left when it was kept, not ${dueMs} ms`;
      }
      primary.observe(record);
      return fault;
    },
  };
}

/** The answer that a lease lives on is right at some time between question and answer: it had not ended before it was asked for. */
export function keptWhileItLives(setup: Setup): Monitor {
  const primary = new ObservedPrimary();
  const endedAtUs = new Map<string, number>();
  const marginPercent = marginOf(setup);
  return {
    watches: [...OF_PRIMARY, 'session-extended'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'lease-expired' || observation?.type === 'lease-revoked') {
        const { leaseId } = observation;
        if (!endedAtUs.has(leaseId)) endedAtUs.set(leaseId, record.atUs);
      }
      primary.observe(record);
      if (observation?.type !== 'session-extended') return undefined;
      const { leaseId, remainingMs } = observation;
      const ttlMs = primary.ttlMs.get(leaseId) ?? 0;
      const passedMs = ttlMs - (ttlMs * marginPercent) / 100 - remainingMs;
      // At the earliest: the member's clock may be off by as much as the margin bears, which is less than the margin.
      const askedUs = record.atUs - passedMs * 10 * (100 + marginPercent) - ROUNDED_MS * 1000;
      const ended = endedAtUs.get(leaseId) ?? Infinity;
      return ended < askedUs
        ? `${record.node} was told that ${leaseId} lives on, but it had ended ${(askedUs - ended) / 1000} ms before that was asked`
        : undefined;
    },
  };
}

/** Whoever keeps a lease alive is told that it is gone only when it has ended. */
export function goneWhenItHasEnded(): Monitor {
  const primary = new ObservedPrimary();
  return {
    watches: [...OF_PRIMARY, 'session-lost', 'keeper-told-gone'],
    observe(record) {
      primary.observe(record);
      const leaseId = toldGone(record);
      if (leaseId === undefined || primary.ended.has(leaseId)) return undefined;
      return `${record.node} was told that ${leaseId} is gone, but it lives`;
    },
  };
}

function toldGone(record: ObservedRecord): string | undefined {
  const observation = leaseObservation(record);
  if (observation?.type === 'session-lost' && observation.reason === 'gone') return observation.leaseId;
  return keeperToldGone(record);
}

/** A snapshot has of leases what the log up to it said that they have left. */
export function snapshotsKeepTimeLeft(): Monitor {
  const primary = new ObservedPrimary();
  const restored: { node: string; logIndex: number; leaseId: string; remainingMs: number }[] = [];
  return {
    watches: OF_PRIMARY,
    observe(record) {
      const observation = leaseObservation(record);
      primary.observe(record);
      if (observation?.type !== 'replica-restored') return undefined;
      const { logIndex, leases } = observation;
      for (const { leaseId, remainingMs } of leases) {
        restored.push({ node: record.node, logIndex, leaseId, remainingMs });
      }
      return undefined;
    },
    // By then somebody has told of every entry, also of those that whoever applied them first crashed upon.
    end() {
      for (const { node, logIndex, leaseId, remainingMs } of restored) {
        const notedMs = primary.notedMs(leaseId, logIndex);
        if (remainingMs !== notedMs) {
          return `the snapshot of ${node} at ${logIndex} has ${remainingMs} ms for ${leaseId}; ${notedMs} ms were noted`;
        }
      }
      return undefined;
    },
  };
}

const LATE_MS = 1500;

/** After healing, a lease that nobody keeps alive has ended when its time was over. */
export function deadLeasesEnd(): Monitor {
  const primary = new ObservedPrimary();
  return {
    watches: [...OF_PRIMARY],
    observe: (record) => primary.observe(record) as undefined,
    end(end: EndOfRun) {
      for (const [leaseId, { toldAtUs, basisMs }] of primary.leases) {
        const overMs = end.simulatedMs - toldAtUs / 1000 - basisMs;
        if (overMs > LATE_MS) return `${leaseId} should have ended ${overMs} ms before the end`;
      }
      return undefined;
    },
  };
}
