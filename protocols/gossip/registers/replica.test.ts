import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../runtime/data.js';
import {
  beginBatch,
  cellOf,
  changedSince,
  endBatch,
  liveAt,
  liveWithPrefix,
  mergeInBatch,
  newReplica,
  restoreReplica,
  storedForm,
  writeInBatch,
  type Replica,
} from './replica.js';

const WALL_MS = 1_700_000_000_000;

function put(replica: Replica, key: string, value: Plain, leaseId = ''): void {
  const batch = beginBatch(replica, WALL_MS);
  writeInBatch(replica, batch, { key, value, deleted: false, leaseId });
  endBatch(replica, batch);
}

function remove(replica: Replica, key: string): void {
  const batch = beginBatch(replica, WALL_MS);
  writeInBatch(replica, batch, { key, value: null, deleted: true, leaseId: '' });
  endBatch(replica, batch);
}

/** Takes in what another replica's digest since a revision would lead to. */
function pull(into: Replica, from: Replica, since: number, max: number): number {
  const { changed, upto } = changedSince(from, since, max);
  const batch = beginBatch(into, WALL_MS);
  for (const { register } of changed) mergeInBatch(into, batch, register);
  endBatch(into, batch);
  return upto;
}

const action = fc.record({
  kind: fc.constantFrom('put', 'delete'),
  key: fc.constantFrom('a', 'b', 'a/1', 'a/2', 'c'),
  lease: fc.constantFrom('', 'l1', 'l2'),
});

describe('a replica', () => {
  it('has one revision for a batch, and none for an empty one', () => {
    const replica = newReplica('n1');
    endBatch(replica, beginBatch(replica, WALL_MS));
    expect(replica.revision).toBe(0);
    const batch = beginBatch(replica, WALL_MS);
    for (const key of ['a', 'b']) writeInBatch(replica, batch, { key, value: 1, deleted: false, leaseId: '' });
    expect(endBatch(replica, batch).length).toBe(2);
    expect(replica.revision).toBe(1);
    expect(liveAt(replica, 'b')).toMatchObject({ createRevision: 1, modRevision: 1 });
  });

  it('keeps its indexes true to what it holds, and comes back from its cells the same', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const replica = newReplica('n1');
        for (const { kind, key, lease } of actions) {
          if (kind === 'put') put(replica, key, key, lease);
          else if (liveAt(replica, key) !== undefined) remove(replica, key);
        }
        const live = [...replica.held.values()]
          .filter(({ register }) => !register.deleted)
          .map(({ register }) => register);
        expect(replica.liveKeys).toEqual(live.map(({ key }) => key).sort());
        expect(liveWithPrefix(replica, 'a/').map(({ register }) => register.key)).toEqual(
          live
            .map(({ key }) => key)
            .filter((key) => key.startsWith('a/'))
            .sort(),
        );
        for (const lease of ['l1', 'l2']) {
          const attached = live.filter(({ leaseId }) => leaseId === lease).map(({ key }) => key);
          expect([...(replica.keysOfLease.get(lease) ?? [])].sort()).toEqual(attached.sort());
        }
        const cells = new Map([...replica.held].map(([key, held]) => [cellOf(key), storedForm(held)]));
        const restored = restoreReplica('n1', cells);
        expect(restored.held).toEqual(replica.held);
        expect([restored.revision, restored.liveKeys]).toEqual([replica.revision, replica.liveKeys]);
        expect(changedSince(restored, 0, 100).changed).toEqual(changedSince(replica, 0, 100).changed);
      }),
    );
  });

  it('writes under readings of the clock, that grow whatever the wall clock does and whoever is ahead', () => {
    const replica = newReplica('n1');
    const counters: number[] = [];
    for (const wallMs of [1000, 1000, 500, 2000]) {
      const batch = beginBatch(replica, wallMs);
      counters.push(writeInBatch(replica, batch, { key: 'k', value: 1, deleted: false, leaseId: '' }).counter);
      endBatch(replica, batch);
    }
    expect(counters).toEqual([1_024_000, 1_024_001, 1_024_002, 2_048_000]);
    const ahead = newReplica('n2');
    const batch = beginBatch(ahead, 9000);
    mergeInBatch(
      replica,
      beginBatch(replica, 0),
      writeInBatch(ahead, batch, { key: 'other', value: 1, deleted: false, leaseId: '' }),
    );
    const next = beginBatch(replica, 3000);
    expect(writeInBatch(replica, next, { key: 'k', value: 1, deleted: false, leaseId: '' }).counter).toBe(
      9000 * 1024 + 1,
    );
  });

  it('counts the writes of the keys of the coordinator itself', () => {
    const replica = newReplica('n1');
    for (const key of ['!election/e', '!election/e']) put(replica, key, 1);
    expect(replica.held.get('!election/e')?.register.counter).toBe(2);
    expect(replica.clock).toBe(0);
  });

  it('tells each change since a revision, in pages that never split a revision', () => {
    const replica = newReplica('n1');
    for (let i = 0; i < 50; i++) put(replica, `k${i % 7}`, i);
    const follower = newReplica('n2');
    let since = 0;
    for (let page = 0; page < 20 && since < replica.revision; page++) since = pull(follower, replica, since, 2);
    expect(since).toBe(replica.revision);
    for (const [key, { register }] of replica.held) expect(follower.held.get(key)?.register).toEqual(register);
    expect(changedSince(replica, replica.revision, 10)).toEqual({ changed: [], upto: replica.revision, more: false });
  });

  it('converges by pulls in any order', () => {
    const script = fc.array(
      fc.tuple(
        fc.constantFrom(0, 1, 2),
        fc.constantFrom(0, 1, 2),
        fc.constantFrom('put', 'delete', 'pull'),
        fc.constantFrom('a', 'b', 'c'),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(script, (steps) => {
        const replicas = ['n1', 'n2', 'n3'].map(newReplica) as [Replica, Replica, Replica];
        steps.forEach(([at, from, what, key], index) => {
          if (what === 'put') put(replicas[at] as Replica, key, index);
          if (what === 'delete') remove(replicas[at] as Replica, key);
          if (what === 'pull' && at !== from) pull(replicas[at] as Replica, replicas[from] as Replica, 0, 1000);
        });
        for (const into of replicas) for (const from of replicas) if (into !== from) pull(into, from, 0, 1000);
        for (const into of replicas) for (const from of replicas) if (into !== from) pull(into, from, 0, 1000);
        const registers = replicas.map(
          ({ held }) => new Map([...held].sort().map(([key, { register }]) => [key, register])),
        );
        expect(registers[1]).toEqual(registers[0]);
        expect(registers[2]).toEqual(registers[0]);
      }),
    );
  });
});
