import type { Monitor } from '../../sim/properties/property.js';
import { journals } from './clients.js';

/**
 * Whatever a client repeats takes effect once (§8; thesis, §6.3): no member has an id twice in its journal, and the answer of an append is the
 * position where it took effect, in the answer to a repetition too. An append that a client made anew in another session, because it was told
 * that no attempt took effect, is there once as well: so that answer was true.
 */
export function exactlyOnce(): Monitor {
  const answered = new Map<string, number>();
  return {
    watches: ['client-completed', 'client-repeated'],
    observe({ observation }) {
      if (observation['kind'] !== 'append') return undefined;
      const id = String(observation['id']);
      const value = Number(observation['value']);
      const first = answered.get(id);
      if (observation.type === 'client-completed') answered.set(id, value);
      if (first === undefined || first === value) return undefined;
      return `${id} was answered with ${first}, and with ${value} when it was repeated`;
    },
    end(end) {
      for (const [node, ids] of journals(end)) {
        const seen = new Set<string>();
        for (const [position, id] of ids.entries()) {
          if (seen.has(id)) return `${node} applied ${id} twice`;
          seen.add(id);
          const answer = answered.get(id) ?? position;
          if (answer !== position) return `${id} was answered with ${answer}, and is at ${position} on ${node}`;
        }
      }
      return undefined;
    },
  };
}
