import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeyValue, WatchEvent } from '../../protocols/coordinator/index.js';
import { newStoreClient, type Mirror, type StoreContext } from './client.js';
import { entriesOf, mirrorEvents, mirrorRead, openMirror } from './mirror.js';

/** A context that only counts what is asked: the answers come from the test. */
function contextOfTest(): { context: StoreContext; asked: string[] } {
  const asked: string[] = [];
  let ids = 0;
  const context = {
    node: 'n1',
    answerTag: null,
    nowMs: () => 0,
    wallMs: () => 0,
    uniqueId: () => `id-${++ids}`,
    ask: (_to: string, question: { readonly type: string }) => asked.push(question.type),
    send: () => undefined,
    setTimer: () => undefined,
    cancelTimer: () => undefined,
    random: () => ({ uint32: () => 0, between: (low: number) => low }),
  } as unknown as StoreContext;
  return { context, asked };
}

interface Revision {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
  /** The store after it. */
  readonly entries: ReadonlyMap<string, KeyValue>;
}

/** A store that lives through these writes; null deletes. */
function historyOf(writes: readonly (readonly [key: string, value: number | null])[]): Revision[] {
  const entries = new Map<string, KeyValue>();
  const history: Revision[] = [{ revision: 0, events: [], entries: new Map() }];
  for (const [key, value] of writes) {
    const before = entries.get(key);
    if (before === undefined && value === null) continue;
    const modRevision = history.length;
    const createRevision = before?.createRevision ?? modRevision;
    const version = (before?.version ?? 0) + 1;
    const entry: KeyValue = { key, value, createRevision, modRevision, version, leaseId: '' };
    if (value === null) entries.delete(key);
    else entries.set(key, entry);
    const event: WatchEvent = { kind: value === null ? 'delete' : 'put', entry };
    history.push({ revision: modRevision, events: [event], entries: new Map(entries) });
  }
  return history;
}

const writes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.nat(9))), { maxLength: 30 });
/** Now a reading of the store as far as it has come, now the next events of the watch, which may be far behind. */
const steps = fc.array(fc.record({ isReading: fc.boolean(), ahead: fc.nat(5) }), { maxLength: 40 });

test('a mirror shows some state that the store had, and never goes back, however readings and events overtake each other', () => {
  fc.assert(
    fc.property(writes, steps, (written, schedule) => {
      const history = historyOf(written);
      const { context } = contextOfTest();
      const client = newStoreClient();
      openMirror(context, client, 'm', '');
      const mirror = client.mirrors.get('m') as Mirror;
      mirrorRead(context, client, mirror, 0, []);
      let watched = 0;
      let shown = 0;
      const show = (revision: number, changes: readonly { readonly key: string }[]): void => {
        shown = Math.max(shown, revision);
        expect(mirror.revision).toBe(shown);
        expect(new Map(entriesOf(client, 'm'))).toEqual(history[shown]!.entries);
        expect(new Set(changes.map(({ key }) => key)).size).toBe(changes.length);
      };
      for (const { isReading, ahead } of schedule) {
        if (isReading) {
          const { revision, entries } = history[Math.min(history.length - 1, watched + ahead)]!;
          show(revision, mirrorRead(context, client, mirror, revision, [...entries.values()]));
        } else if (watched + 1 < history.length) {
          const { revision, events } = history[++watched]!;
          show(revision, mirrorEvents(mirror, revision, events));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a mirror begins with a reading and then watches', () => {
  const { context, asked } = contextOfTest();
  const client = newStoreClient();
  openMirror(context, client, 'm', 'p/');
  const mirror = client.mirrors.get('m') as Mirror;
  expect(asked).toEqual(['read']);
  mirrorRead(context, client, mirror, 7, []);
  expect(asked).toEqual(['read', 'watch']);
  expect(mirror.watchId).not.toBe('');
});
