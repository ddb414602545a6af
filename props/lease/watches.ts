import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { leaseObservation, ObservedStore, sameEvents, type ObservedRevision } from './observed-store.js';

interface ObservedWatch {
  readonly node: string;
  readonly prefix: string;
  next: number;
}

/** Follows every watch of every member, and the store beside it. */
class ObservedWatches {
  readonly store = new ObservedStore();
  readonly watches = new Map<string, ObservedWatch>();

  /** What a watch still has to get below a revision. */
  owed({ prefix, next }: ObservedWatch, below: number): ObservedRevision | undefined {
    return this.store.matching(prefix, next, below)[0];
  }
}

/**
 * The guarantees of a watch, as etcd states them: ordered, unique (no event twice), atomic (a revision is never split), reliable (no
 * event left out), resumable, bookmarkable (what is said to be complete is). Together: what a watch was given is the store's
 * history under its prefix, from its start up to where it is.
 */
export function watchGuarantees(): Monitor {
  const observed = new ObservedWatches();
  return {
    observe(record) {
      observed.store.observe(record);
      const observation = leaseObservation(record);
      switch (observation?.type) {
        case 'watch-started':
          observed.watches.set(observation.watch, {
            node: record.node,
            prefix: observation.prefix,
            next: observation.fromRevision,
          });
          return undefined;
        case 'watch-ended':
          observed.watches.delete(observation.watch);
          return undefined;
        case 'watch-delivered':
          return takeDelivery(observed, observation.watch, observation.revision, observation.events);
        case 'watch-caught-up': {
          const watch = observed.watches.get(observation.watch);
          if (watch === undefined) return undefined;
          const missing = observed.owed(watch, observation.nextRevision);
          watch.next = Math.max(watch.next, observation.nextRevision);
          return missing === undefined
            ? undefined
            : `${observation.watch} is said to be complete below ${observation.nextRevision}, but lacks ${missing.revision}`;
        }
        default:
          return undefined;
      }
    },
  };
}

function takeDelivery(
  observed: ObservedWatches,
  name: string,
  revision: number,
  events: ObservedRevision['events'],
): string | undefined {
  const watch = observed.watches.get(name);
  if (watch === undefined) return `${name} was given revision ${revision}, but was never started`;
  if (revision < watch.next) return `${name} was given revision ${revision} again: it stood at ${watch.next}`;
  const missing = observed.owed(watch, revision);
  if (missing !== undefined) return `${name} was given revision ${revision} without ${missing.revision} before it`;
  const made = observed.store.revisions[revision - 1];
  if (made === undefined) return `${name} was given revision ${revision}, which the store never made`;
  const expected = made.events.filter((event) => event.key.startsWith(watch.prefix));
  watch.next = revision + 1;
  return sameEvents(events, expected) ? undefined : `${name} was given other events of ${revision} than the store made`;
}

const CATCH_UP_MS = 2000;

/** After healing no watch lacks an event for long. */
export function watchesCatchUp(): Monitor {
  const observed = new ObservedWatches();
  return {
    observe(record) {
      observed.store.observe(record);
      const observation = leaseObservation(record);
      if (record.observation.type === 'node-started') {
        for (const [name, { node }] of observed.watches) if (node === record.node) observed.watches.delete(name);
      } else if (observation?.type === 'watch-started') {
        const { prefix, fromRevision } = observation;
        observed.watches.set(observation.watch, { node: record.node, prefix, next: fromRevision });
      } else if (observation?.type === 'watch-ended') {
        observed.watches.delete(observation.watch);
      } else if (observation?.type === 'watch-delivered') {
        const watch = observed.watches.get(observation.watch);
        if (watch !== undefined) watch.next = Math.max(watch.next, observation.revision + 1);
      }
      return undefined;
    },
    end(end: EndOfRun) {
      for (const [name, watch] of observed.watches) {
        if (!end.core.includes(watch.node)) continue;
        const owed = observed.owed(watch, observed.store.revision + 1);
        if (owed === undefined) continue;
        const lateMs = end.simulatedMs - owed.atUs / 1000;
        if (lateMs > CATCH_UP_MS) return `${name} lacks revision ${owed.revision}, made ${lateMs} ms before the end`;
      }
      return undefined;
    },
  };
}

/** A client that watches from a revision is given the first one with an event from there on: none before, none left out. */
export function watchesBeginWhereAsked(): Monitor {
  const store = new ObservedStore();
  const asked = new Map<string, { prefix: string; fromRevision: number }>();
  return {
    observe(record) {
      store.observe(record);
      const { node, observation } = record;
      const name = `${node} ${String(observation['watchId'])}`;
      if (observation.type === 'watcher-asked') {
        const fromRevision = Number(observation['fromRevision']);
        asked.set(name, { prefix: String(observation['prefix']), fromRevision });
      }
      if (observation.type !== 'watcher-got-first') return undefined;
      const { prefix, fromRevision } = asked.get(name) ?? { prefix: '', fromRevision: 0 };
      if (fromRevision === 0) return undefined;
      const revision = Number(observation['revision']);
      const expected = store.matching(prefix, fromRevision, store.revision + 1)[0]?.revision;
      return revision === expected
        ? undefined
        : `the watch of ${name} from ${fromRevision} began with revision ${revision}, not with ${String(expected)}`;
    },
  };
}
