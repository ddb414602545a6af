import type { ObservedRecord } from '../../runtime/observation.js';
import type { ReplicaObservation } from '../../protocols/lease-replicated/index.js';
import {
  isWithin,
  LEASE_STORE_ACTOR,
  type LeaseObservation,
  type ObservedEvent,
  type WatchInterest,
} from '../../protocols/lease/index.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';

/** What a lease store or a member of one tells, or undefined where the record is of something else. */
export function leaseObservation({
  actor,
  observation,
}: ObservedRecord): LeaseObservation | ReplicaObservation | undefined {
  if (actor !== LEASE_STORE_ACTOR && actor !== COORDINATOR_ACTOR) return undefined;
  return observation as unknown as LeaseObservation | ReplicaObservation;
}

export interface ObservedRevision {
  readonly revision: number;
  readonly atUs: number;
  readonly cause: string;
  readonly events: readonly ObservedEvent[];
}

/** What `ObservedStore` rests on. */
export const OF_STORE = ['revision-made', 'replica-restored'] as const;

/**
 * The history of a store, put together from what it told. A revision found again in the log at a start is the one that was told before,
 * or one that a crash kept from being told; so is one that another replica applies, or has in a snapshot.
 */
export class ObservedStore {
  /** `revisions[i]` is revision i + 1. */
  readonly revisions: ObservedRevision[] = [];
  /** By key, for the first so many revisions. */
  private readonly changesOf = new Map<string, { readonly revision: number; readonly isPut: boolean }[]>();
  private indexed = 0;

  /** Takes a record; answers with what is wrong with the history that it makes. */
  observe(record: ObservedRecord): string | undefined {
    const observation = leaseObservation(record);
    if (observation?.type === 'replica-restored') return this.takeHistory(record.atUs, observation.changes);
    if (observation?.type !== 'revision-made') return undefined;
    const { revision, cause, events, recovered } = observation;
    const known = this.revisions[revision - 1];
    if (known !== undefined) {
      if (!recovered) return `revision ${revision} was made twice: by "${known.cause}", then by "${cause}"`;
      return sameEvents(known.events, events)
        ? undefined
        : `revision ${revision} of "${known.cause}" came back from the disk as another, of "${cause}"`;
    }
    if (revision !== this.revisions.length + 1) {
      return `revision ${revision} was made after ${this.revisions.length}: those between are lost`;
    }
    this.revisions.push({ revision, atUs: record.atUs, cause, events });
    return undefined;
  }

  private takeHistory(
    atUs: number,
    changes: readonly { readonly revision: number; readonly events: readonly ObservedEvent[] }[],
  ): string | undefined {
    for (const { revision, events } of changes) {
      const known = this.revisions[revision - 1];
      if (known === undefined) {
        if (revision === this.revisions.length + 1) this.revisions.push({ revision, atUs, cause: '', events });
      } else if (!sameEvents(known.events, events)) {
        return `revision ${revision} of "${known.cause}" is another one in a snapshot`;
      }
    }
    return undefined;
  }

  get revision(): number {
    return this.revisions.length;
  }

  /** The revision at which a key was last put, as of a revision; 0 where it was not there. */
  lastChange(key: string, upto: number): number {
    this.indexKeys();
    const changes = this.changesOf.get(key) ?? [];
    for (let last = changes.length - 1; last >= 0; last--) {
      const change = changes[last];
      if (change !== undefined && change.revision <= upto) return change.isPut ? change.revision : 0;
    }
    return 0;
  }

  /** All keys that ever were under a prefix, in order. */
  keysUnder(prefix: string): string[] {
    this.indexKeys();
    return [...this.changesOf.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  private indexKeys(): void {
    for (; this.indexed < this.revisions.length; this.indexed++) {
      const { revision, events } = this.revisions[this.indexed] as ObservedRevision;
      for (const { key, kind } of events) {
        const changes = this.changesOf.get(key) ?? [];
        this.changesOf.set(key, changes);
        changes.push({ revision, isPut: kind === 'put' });
      }
    }
  }

  /** The first revision in `from .. below - 1` that has an event of interest. */
  firstOf(interest: WatchInterest, from: number, below: number): ObservedRevision | undefined {
    for (let revision = Math.max(1, from); revision < below && revision <= this.revisions.length; revision++) {
      const made = this.revisions[revision - 1];
      if (made?.events.some((event) => isObservedOfInterest(interest, event)) === true) return made;
    }
    return undefined;
  }
}

export function isObservedOfInterest(interest: WatchInterest, { key, kind }: ObservedEvent): boolean {
  return isWithin(interest, key) && interest.without?.includes(kind) !== true;
}

/** What a watch is for, out of what was observed of it. */
export function interestOf({ prefix, from, end, without }: WatchInterest): WatchInterest {
  return {
    prefix,
    ...(from === undefined ? {} : { from }),
    ...(end === undefined ? {} : { end }),
    ...(without === undefined ? {} : { without }),
  };
}

export function sameEvents(left: readonly ObservedEvent[], right: readonly ObservedEvent[]): boolean {
  return left.length === right.length && left.every((event, index) => isSame(event, right[index]));
}

function isSame(left: ObservedEvent, right: ObservedEvent | undefined): boolean {
  if (right === undefined) return false;
  const names = Object.keys(left) as (keyof ObservedEvent)[];
  return names.every((name) => left[name] === right[name]);
}
