import type { ObservedRecord } from '../../runtime/observation.js';
import type { LeaseObservation, ObservedEvent } from '../../protocols/lease/index.js';
import { LEASE_STORE_ACTOR } from '../../protocols/lease/index.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';

/** What a lease store or a member of one tells, or undefined where the record is of something else. */
export function leaseObservation({ actor, observation }: ObservedRecord): LeaseObservation | undefined {
  if (actor !== LEASE_STORE_ACTOR && actor !== COORDINATOR_ACTOR) return undefined;
  return observation as unknown as LeaseObservation;
}

export interface ObservedRevision {
  readonly revision: number;
  readonly atUs: number;
  readonly cause: string;
  readonly events: readonly ObservedEvent[];
}

/**
 * The history of a store, put together from what it told. A revision found again in the log at a start is the one that was told before,
 * or one that a crash kept from being told.
 */
export class ObservedStore {
  /** `revisions[i]` is revision i + 1. */
  readonly revisions: ObservedRevision[] = [];

  /** Takes a record; answers with what is wrong with the history that it makes. */
  observe(record: ObservedRecord): string | undefined {
    const observation = leaseObservation(record);
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

  get revision(): number {
    return this.revisions.length;
  }

  /** The revisions in `from .. below - 1` that have an event under the prefix. */
  matching(prefix: string, from: number, below: number): ObservedRevision[] {
    return this.revisions
      .slice(Math.max(0, from - 1), Math.max(0, below - 1))
      .filter(({ events }) => events.some((event) => event.key.startsWith(prefix)));
  }
}

export function sameEvents(left: readonly ObservedEvent[], right: readonly ObservedEvent[]): boolean {
  return left.length === right.length && left.every((event, index) => isSame(event, right[index]));
}

function isSame(left: ObservedEvent, right: ObservedEvent | undefined): boolean {
  if (right === undefined) return false;
  const names = Object.keys(left) as (keyof ObservedEvent)[];
  return names.every((name) => left[name] === right[name]);
}
