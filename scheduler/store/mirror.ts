import type { KeyValue, WatchEvent } from '../../protocols/coordinator/index.js';
import { askCoordinator, tellCoordinator, type Mirror, type StoreClient, type StoreContext } from './client.js';

/** A change of one key, as a mirror saw it. In the order of the store's revisions. */
export interface Change {
  readonly key: string;
  readonly before: KeyValue | undefined;
  readonly after: KeyValue | undefined;
}

/** Begins to mirror `prefix` under a name of the owner's choice. */
export function openMirror(
  context: StoreContext,
  client: StoreClient,
  name: string,
  prefix: string,
  resyncMs: number = client.options.resyncMs,
): void {
  const entries = new Map<string, KeyValue>();
  const mirror: Mirror = { name, prefix, entries, revision: 0, isFilled: false, watchId: '', resyncMs, epoch: 0 };
  client.mirrors.set(name, mirror);
  readMirror(context, client, mirror);
}

export function closeMirror(context: StoreContext, client: StoreClient, name: string): void {
  const mirror = client.mirrors.get(name);
  if (mirror === undefined) return;
  endWatch(context, mirror);
  context.cancelTimer(`mirror/${name}`);
  client.mirrors.delete(name);
}

/** Whether the first reading has come. */
export function isFilled(client: StoreClient, name: string): boolean {
  return client.mirrors.get(name)?.isFilled === true;
}

export function entriesOf(client: StoreClient, name: string): ReadonlyMap<string, KeyValue> {
  return client.mirrors.get(name)?.entries ?? new Map<string, KeyValue>();
}

/** Reads the whole prefix; the answer carries the tag `{ store: 'mirror', mirror, epoch }`. */
export function readMirror(context: StoreContext, client: StoreClient, mirror: Mirror): void {
  mirror.epoch++;
  askCoordinator(
    context,
    { type: 'read', operations: [{ kind: 'range', prefix: mirror.prefix, limit: 0 }] },
    client.options.askTimeoutMs,
    { store: 'mirror', mirror: mirror.name, epoch: mirror.epoch },
  );
  scheduleResync(context, client, mirror, mirror.resyncMs);
}

/** Takes what was read; answers what has changed since. */
export function mirrorRead(
  context: StoreContext,
  client: StoreClient,
  mirror: Mirror,
  revision: number,
  found: readonly KeyValue[],
): readonly Change[] {
  // A watch may have brought the copy beyond what this reading saw.
  if (revision < mirror.revision) return [];
  const changes = differences(mirror.entries, found);
  for (const change of changes) apply(mirror, change);
  mirror.revision = revision;
  mirror.isFilled = true;
  if (mirror.watchId === '') beginWatch(context, client, mirror);
  return changes;
}

/**
 * Takes events of the watch in force; answers the changes. A reading may have overtaken the watch: events that it has seen already must
 * not bring back what is gone.
 */
export function mirrorEvents(mirror: Mirror, revision: number, events: readonly WatchEvent[]): readonly Change[] {
  const changes: Change[] = [];
  const seenRevision = mirror.revision;
  for (const { kind, entry } of events) {
    if (entry.modRevision <= seenRevision) continue;
    const before = mirror.entries.get(entry.key);
    if (before === undefined && kind === 'delete') continue;
    const change: Change = { key: entry.key, before, after: kind === 'put' ? entry : undefined };
    apply(mirror, change);
    changes.push(change);
  }
  if (revision > mirror.revision) mirror.revision = revision;
  return changes;
}

/** The watch has ended, or could not be begun: read again soon, and watch from there. */
export function watchEnded(context: StoreContext, client: StoreClient, mirror: Mirror): void {
  endWatch(context, mirror);
  scheduleResync(context, client, mirror, client.options.retryMs);
}

function beginWatch(context: StoreContext, client: StoreClient, mirror: Mirror): void {
  mirror.watchId = context.uniqueId();
  askCoordinator(
    context,
    { type: 'watch', watchId: mirror.watchId, prefix: mirror.prefix, fromRevision: mirror.revision + 1 },
    client.options.askTimeoutMs,
    { store: 'watch', mirror: mirror.name, watchId: mirror.watchId },
  );
}

function endWatch(context: StoreContext, mirror: Mirror): void {
  if (mirror.watchId === '') return;
  tellCoordinator(context, { type: 'unwatch', watchId: mirror.watchId });
  mirror.watchId = '';
}

function scheduleResync(context: StoreContext, client: StoreClient, mirror: Mirror, delayMs: number): void {
  const jitterMs = context.random('mirror').between(0, client.options.retryMs);
  context.setTimer(`mirror/${mirror.name}`, delayMs + jitterMs, { type: 'resync-mirror', mirror: mirror.name });
}

function differences(entries: ReadonlyMap<string, KeyValue>, found: readonly KeyValue[]): readonly Change[] {
  const changes: Change[] = [];
  const present = new Set<string>();
  for (const after of found) {
    present.add(after.key);
    const before = entries.get(after.key);
    if (before?.modRevision !== after.modRevision) changes.push({ key: after.key, before, after });
  }
  for (const [key, before] of entries) if (!present.has(key)) changes.push({ key, before, after: undefined });
  return changes.sort(byRevision);
}

function byRevision(left: Change, right: Change): number {
  return (left.after?.modRevision ?? 0) - (right.after?.modRevision ?? 0) || (left.key < right.key ? -1 : 1);
}

function apply(mirror: Mirror, { key, after }: Change): void {
  if (after === undefined) mirror.entries.delete(key);
  else mirror.entries.set(key, after);
}
