import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import type { RangeObservation } from './range-watcher.js';
import type { WatchInterest } from '../../protocols/lease/index.js';
import {
  interestOf,
  isObservedOfInterest,
  leaseObservation,
  ObservedStore,
  OF_STORE,
  sameEvents,
  type ObservedRevision,
} from './observed-store.js';

interface ObservedWatch {
  readonly node: string;
  readonly interest: WatchInterest;
  next: number;
}

/** Follows every watch of every member, and the store beside it. */
class ObservedWatches {
  readonly store = new ObservedStore();
  readonly watches = new Map<string, ObservedWatch>();

  /** What a watch still has to get below a revision. */
  owed({ interest, next }: ObservedWatch, below: number): ObservedRevision | undefined {
    return this.store.firstOf(interest, next, below);
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
    watches: [...OF_STORE, 'watch-started', 'watch-ended', 'watch-delivered', 'watch-caught-up'],
    observe(record) {
      observed.store.observe(record);
      const observation = leaseObservation(record);
      switch (observation?.type) {
        case 'watch-started':
          observed.watches.set(observation.watch, {
            node: record.node,
            interest: interestOf(observation),
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
  const expected = made.events.filter((event) => isObservedOfInterest(watch.interest, event));
  watch.next = revision + 1;
  return sameEvents(events, expected) ? undefined : `${name} was given other events of ${revision} than the store made`;
}

const CATCH_UP_MS = 2000;

/** After healing no watch lacks an event for long. */
export function watchesCatchUp(): Monitor {
  const observed = new ObservedWatches();
  return {
    watches: [...OF_STORE, 'watch-started', 'watch-ended', 'watch-delivered', 'node-started'],
    observe(record) {
      observed.store.observe(record);
      const observation = leaseObservation(record);
      if (record.observation.type === 'node-started') {
        for (const [name, { node }] of observed.watches) if (node === record.node) observed.watches.delete(name);
      } else if (observation?.type === 'watch-started') {
        const interest = interestOf(observation);
        observed.watches.set(observation.watch, { node: record.node, interest, next: observation.fromRevision });
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
    watches: [...OF_STORE, 'watcher-asked', 'watcher-got-first'],
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
      const expected = store.firstOf({ prefix }, fromRevision, store.revision + 1)?.revision;
      return revision === expected
        ? undefined
        : `the watch of ${name} from ${fromRevision} began with revision ${revision}, not with ${String(expected)}`;
    },
  };
}

interface GivenWatch {
  readonly interest: WatchInterest;
  next: number;
  bookmark: number;
}

/**
 * What a client is given by a watch of a range: exactly the events that it asked for, with the entries as they were before, and no progress told
 * beyond what it has been given, nor anything given that progress had told of.
 */
export function rangesWatched(): Monitor {
  const store = new ObservedStore();
  const watches = new Map<string, GivenWatch>();
  return {
    watches: [...OF_STORE, 'range-asked', 'range-started', 'range-given', 'range-progress'],
    observe(record) {
      store.observe(record);
      const given = record.observation as unknown as RangeObservation;
      const name = `${record.node} ${String(record.observation['watchId'])}`;
      switch (given.type) {
        case 'range-asked':
          watches.delete(name);
          if (given.fromRevision > 0) begin(watches, name, given);
          return undefined;
        case 'range-started':
          if (!watches.has(name)) begin(watches, name, given);
          return undefined;
        case 'range-given':
          return findMisgiven(store, watches.get(name), given);
        case 'range-progress':
          return findEarlyProgress(store, watches.get(name), given.revision);
      }
    },
  };
}

function begin(
  watches: Map<string, GivenWatch>,
  name: string,
  asked: WatchInterest & { readonly fromRevision: number },
): void {
  watches.set(name, { interest: interestOf(asked), next: asked.fromRevision, bookmark: 0 });
}

function findMisgiven(
  store: ObservedStore,
  watch: GivenWatch | undefined,
  { revision, events }: Extract<RangeObservation, { type: 'range-given' }>,
): string | undefined {
  if (watch === undefined) return `revision ${revision} was given to a watch that had not begun`;
  if (revision <= watch.bookmark)
    return `revision ${revision} was given after progress had been told up to ${watch.bookmark}`;
  const expected = store.firstOf(watch.interest, watch.next, store.revision + 1);
  if (expected?.revision !== revision) return `revision ${revision} was given where ${expected?.revision} was next`;
  watch.next = revision + 1;
  const wanted = expected.events.filter((event) => isObservedOfInterest(watch.interest, event));
  const keys = events.map(({ kind, key }) => `${kind} ${key}`).join();
  if (keys !== wanted.map(({ kind, key }) => `${kind} ${key}`).join())
    return `of revision ${revision} was given "${keys}"`;
  for (const { key, before } of events) {
    // Below 0: it was not asked for, or is compacted.
    if (before >= 0 && before !== store.lastChange(key, revision - 1)) {
      return `${key} of revision ${revision} came with what it was at ${before}, not at ${store.lastChange(key, revision - 1)}`;
    }
  }
  return undefined;
}

function findEarlyProgress(store: ObservedStore, watch: GivenWatch | undefined, revision: number): string | undefined {
  if (watch === undefined) return undefined;
  const owed = store.firstOf(watch.interest, watch.next, revision + 1);
  if (owed !== undefined) return `progress was told up to ${revision}, but ${owed.revision} had not been given`;
  watch.bookmark = Math.max(watch.bookmark, revision);
  watch.next = Math.max(watch.next, revision + 1);
  return undefined;
}
