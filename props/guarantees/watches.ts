/** What etcd promises of a watch; each can be broken alone. */
export type WatchGuarantee = 'ordered' | 'unique' | 'atomic' | 'reliable' | 'resumable' | 'bookmarkable';

/** A change of a key. Within a revision a key is changed once. */
export interface StoreEvent {
  readonly revision: number;
  readonly key: string;
  readonly kind: 'put' | 'delete';
}

export interface WatchAsked {
  readonly prefix: string;
  /** The first revision wanted; 0 where it began with whatever came next. */
  readonly fromRevision: number;
}

/** One message to a watcher. */
export interface WatchResponse {
  readonly events: readonly StoreEvent[];
  /** Whether the revision of its last event goes on in the next one. */
  readonly isFragment?: boolean;
  /** Everything up to this revision, itself included, is said to have been told. */
  readonly progressRevision?: number;
}

export interface WatchViolation {
  readonly guarantee: WatchGuarantee;
  /** Which response shows it, from 0. */
  readonly response: number;
  readonly message: string;
}

/**
 * Judges what one watch was told by what the store did: **ordered**, revisions never go back; **unique**, no event comes twice; **atomic**, a revision comes in one
 * response, or in fragments of one; **reliable**, between the first and the last event told none is left out; **resumable**, the first
 * one is the first from where it was asked to begin; **bookmarkable**, what is said to have been told has been, and nothing of it comes later.
 * @param history every event of the store, in order.
 * @returns each guarantee that is broken, with the first response that shows it.
 */
export function findWatchViolations(
  asked: WatchAsked,
  responses: readonly WatchResponse[],
  history: readonly StoreEvent[],
): readonly WatchViolation[] {
  const judge = new WatchJudge(asked, history);
  responses.forEach((response, index) => judge.take(response, index));
  return judge.violations();
}

class WatchJudge {
  private readonly found = new Map<WatchGuarantee, WatchViolation>();
  private readonly wanted: readonly StoreEvent[];
  private readonly told = new Set<string>();
  private latest = 0;
  private bookmark = 0;
  /** In `wanted`: the event that is due next; undefined until the first is told. */
  private due: number | undefined;
  private goesOn = false;

  constructor(
    private readonly asked: WatchAsked,
    history: readonly StoreEvent[],
  ) {
    this.wanted = history.filter(({ key, revision }) => key.startsWith(asked.prefix) && revision >= asked.fromRevision);
  }

  violations(): readonly WatchViolation[] {
    return [...this.found.values()];
  }

  take({ events, isFragment = false, progressRevision }: WatchResponse, response: number): void {
    const [first] = events;
    if (first !== undefined && first.revision === this.latest && !this.goesOn) {
      this.note('atomic', response, `revision ${first.revision} came in more than one response`);
    }
    for (const event of events) this.takeEvent(event, response);
    if (first !== undefined) this.goesOn = isFragment;
    if (progressRevision !== undefined) this.takeProgress(progressRevision, response);
  }

  private takeEvent(event: StoreEvent, response: number): void {
    const name = nameOf(event);
    if (event.revision < this.latest) this.note('ordered', response, `${name} came after revision ${this.latest}`);
    if (event.revision <= this.bookmark) {
      this.note('bookmarkable', response, `${name} came after all up to ${this.bookmark} was said to have been told`);
    }
    this.latest = Math.max(this.latest, event.revision);
    if (this.told.has(name)) return this.note('unique', response, `${name} came twice`);
    this.told.add(name);
    this.follow(event, name, response);
  }

  /** Keeps to the store's history; where something was left out it goes on behind what was told. */
  private follow(event: StoreEvent, name: string, response: number): void {
    const at = this.wanted.findIndex((candidate) => nameOf(candidate) === name);
    if (at < 0) return this.note('reliable', response, `${name} is no event that was asked for`);
    const isFirst = this.due === undefined;
    const due = this.due ?? (this.asked.fromRevision > 0 ? 0 : at);
    const missed = this.wanted[due];
    if (at > due && missed !== undefined) {
      this.note(isFirst ? 'resumable' : 'reliable', response, `${name} came without ${nameOf(missed)} before it`);
    }
    this.due = Math.max(due, at + 1);
  }

  private takeProgress(revision: number, response: number): void {
    const start = this.due ?? (this.asked.fromRevision > 0 ? 0 : this.wanted.length);
    const missing = this.wanted[start];
    if (missing !== undefined && missing.revision <= revision) {
      this.note(
        'bookmarkable',
        response,
        `all up to ${revision} is said to have been told, but ${nameOf(missing)} was not`,
      );
    }
    this.bookmark = Math.max(this.bookmark, revision);
  }

  private note(guarantee: WatchGuarantee, response: number, message: string): void {
    if (!this.found.has(guarantee)) this.found.set(guarantee, { guarantee, response, message });
  }
}

function nameOf({ kind, key, revision }: StoreEvent): string {
  return `${kind} of ${key} at ${revision}`;
}
