import type { NodeId } from '../../runtime/address.js';
import type { RaftParameters } from '../../protocols/raft/index.js';
import type { Monitor } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/setup.js';
import { watching } from './observed-log.js';

/**
 * Thesis §6.4.1, where leaders read by their lease: who comes back from a crash does not know which leader it promised to protect, so it votes
 * for nobody else within the least election time-out, of its clock. Judged where nobody hands leadership over: whoever is told to stand is
 * elected at once, and has ended the lease of the one before.
 */
export function restartKeepsPromise(setup: Setup): Monitor {
  const promiseMs = promisedMs(setup);
  const backMs = new Map<NodeId, number>();
  if (promiseMs === 0 || setup.workload.some(({ message }) => message.type === 'transfer')) return {};
  return watching(['raft-recovered', 'raft-voted'], (observation, { node, atUs }) => {
    const atMs = atUs / 1000;
    if (observation.type === 'raft-recovered') {
      backMs.set(node, atMs);
      return undefined;
    }
    const afterMs = atMs - (backMs.get(node) ?? -Infinity);
    const { candidate, term } = observation;
    if (candidate === node || afterMs >= promiseMs) return undefined;
    return `${node} voted for ${candidate} in term ${term}, ${Math.round(afterMs)} ms after it came back; it owes any leader of the past ${promiseMs} ms`;
  });
}

/** In true time, by the fastest clock that is allowed; 0 where leaders have no lease. */
function promisedMs({ nodes }: Setup): number {
  const server = nodes.find(({ role }) => role === 'server');
  const { leaseReads, electionTimeoutMs } = (server?.params ?? {}) as unknown as RaftParameters;
  if (leaseReads === null) return 0;
  return (electionTimeoutMs.min * (1_000_000 - leaseReads.maxDriftPpm)) / 1_000_000;
}
