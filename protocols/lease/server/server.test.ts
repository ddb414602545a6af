import { describe, expect, it } from 'vitest';
import type { Durable } from '../../../runtime/actor.js';
import type { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
// What it shares with the replicated store is tried out there.
import { durableOf, execute, grant, put, settle, single } from '../../lease-replicated/stores.fixture.js';
import { leaseStore } from './server.js';
import type { LeaseServer } from './state.js';

function serverOf(node: HandDrivenNode): LeaseServer {
  return node.node.stateOf('lease-store') as LeaseServer;
}

describe('store on one node: its own log', () => {
  it('notes what is left when it is stopped, however little has passed', () => {
    const first = single.make({});
    execute(first, grant('c#1', 1000));
    first.advance(300_000);
    first.node.stop();
    settle(first);
    const second = single.make({}, durableOf(first));
    expect(serverOf(second).store.leases.get('lease-1')?.remainingMs).toBe(700);
  });

  it('does not start with limits that refuse what its log has accepted', () => {
    const first = single.make({});
    execute(first, put('c#1', 'a-long-key'));
    const found = durableOf(first).get('lease-store') as Durable;
    expect(() => leaseStore.recover?.(found, { limits: { maxKeyLength: 3 } })).toThrow(
      /entry 1 of the log was accepted.*longer than 3 characters.*those that it had/,
    );
    expect(serverOf(single.make({}, durableOf(first))).store.revision).toBe(1);
  });

  it('keeps the limits that its snapshot has', () => {
    const first = single.make({ snapshotEvery: 1 });
    execute(first, put('c#1', 'a-long-key'));
    const second = single.make({ limits: { maxKeyLength: 3 } }, durableOf(first));
    expect(serverOf(second).store.limits.maxKeyLength).toBe(1024);
  });

  it('puts a snapshot in the place of a log that has grown long', () => {
    const first = single.make({ snapshotEvery: 3 });
    for (const n of [1, 2, 3, 4, 5]) execute(first, put(`c#${n}`, 'k'));
    const second = single.make({ snapshotEvery: 3 }, durableOf(first));
    expect(serverOf(second).logged).toBeLessThan(3);
    expect(serverOf(second).store.revision).toBe(5);
  });
});
