import type { Monitor } from '../../sim/properties/property.js';
import { watching } from './observed-log.js';

/**
 * Who votes and counts has a disk that a majority of the other founders knows under its name, durably.
 */
export function disksAreKnownByMajorities(): Monitor {
  /** By who knows and who is known; who has lost its own disk may note another. */
  const noted = new Map<string, string>();
  let founders: readonly string[] = [];
  return watching(['raft-configured', 'raft-disk-noted', 'raft-disk-known'], (observation, record) => {
    const { node } = record;
    switch (observation.type) {
      case 'raft-configured':
        if (observation.index === 0) founders = observation.voters;
        return undefined;
      case 'raft-disk-noted':
        noted.set(`${node} ${observation.member}`, observation.disk);
        return undefined;
      case 'raft-disk-known': {
        const others = founders.filter((founder) => founder !== node);
        const knowing = others.filter((other) => noted.get(`${other} ${node}`) === observation.disk);
        if (2 * knowing.length > others.length) return undefined;
        return `${node} takes part with a disk that only ${knowing.join(', ') || 'nobody'} knows, of ${others.join(', ')}`;
      }
    }
  });
}
