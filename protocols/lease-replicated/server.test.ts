import { describe, expect, it } from 'vitest';
import type { HandDrivenNode } from '../../runtime/hand-driven-node.fixture.js';
import type { StoreAnswer } from '../lease/index.js';
import type { RaftMessage } from '../raft/index.js';
import {
  advance,
  ask,
  execute,
  put,
  raftOf,
  replicaNode,
  replicaServerOf as serverOf,
  replicated,
  settle,
} from './stores.fixture.js';

describe('replicated store: one of three', () => {
  /** Member `n1` as the leader; the others are played by the test. */
  function leader(): HandDrivenNode {
    const node = replicaNode(['n1', 'n2', 'n3'], { extendMs: 60, raft: { preVote: false } });
    const introduced: RaftMessage = { type: 'introduced', disk: raftOf(node).identity.disk };
    for (const member of ['n2', 'n3']) node.tell('n1/raft', introduced, { from: `${member}/raft` });
    for (let ms = 0; ms < 200 && raftOf(node).role !== 'candidate'; ms++) advance(node, 1000);
    const { term } = raftOf(node);
    const vote: RaftMessage = { type: 'vote', term, granted: true };
    node.tell('n1/raft', vote, { from: 'n2/raft' });
    settle(node);
    expect(raftOf(node).role).toBe('leader');
    return node;
  }

  /** n2 has all that the leader has sent, and has answered its last round. */
  function acknowledge(node: HandDrivenNode): void {
    for (let n = 0; n < 5; n++) {
      const { term, reads, log } = raftOf(node);
      const index = log.firstIndex + log.entries.length - 1;
      const accepted = { type: 'append-accepted', term, index, round: reads.round } as const;
      node.tell('n1/raft', accepted, { from: 'n2/raft' });
      settle(node);
    }
  }

  function answers(node: HandDrivenNode, from: number): StoreAnswer[] {
    const toPeer = node.sent.slice(from).filter(({ to }) => to === 'n2/peer');
    return toPeer.map(({ message }) => message as StoreAnswer).filter(({ type }) => type !== 'store-watching');
  }

  function tell(node: HandDrivenNode, message: { type: string }): number {
    const before = node.sent.length;
    node.tell('n1/lease-store', message);
    settle(node);
    return before;
  }

  it('answers reads, keep-alives and changes only when a quorum has confirmed that it leads', () => {
    const node = leader();
    acknowledge(node);
    expect(serverOf(node).office).toBe('primary');
    const granting = tell(node, {
      type: 'store-execute',
      command: { kind: 'lease-grant', requestId: 'c#1', ttlMs: 1000 },
    } as never);
    expect(answers(node, granting)).toEqual([]);
    acknowledge(node);
    expect(answers(node, granting)).toMatchObject([{ type: 'store-executed', outcome: { leaseId: 'lease-1' } }]);
    const asked = tell(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 } as never);
    tell(node, { type: 'store-read', readId: 'r', operations: [{ kind: 'get', key: 'k' }] } as never);
    expect(answers(node, asked)).toEqual([]);
    acknowledge(node);
    expect(answers(node, asked).map(({ type }) => type)).toEqual(['store-kept', 'store-read-done']);
  });

  it('is not primary before an entry of its own term is committed, and gives no lease its time before', () => {
    const node = leader();
    expect(serverOf(node).office).toBe('awaiting');
    const asked = tell(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 } as never);
    expect(answers(node, asked)).toEqual([]);
    acknowledge(node);
    expect(serverOf(node).office).toBe('primary');
    expect(answers(node, asked)).toMatchObject([{ type: 'store-lease-gone' }]);
  });

  it('keeps what a lease was given at the change of the primary until a keep-alive is answered', () => {
    const node = leader();
    // Applied before its promotion is confirmed, as what an earlier primary granted is.
    tell(node, { type: 'store-execute', command: { kind: 'lease-grant', requestId: 'c#1', ttlMs: 1000 } } as never);
    acknowledge(node);
    const given = serverOf(node).deadlines.get('lease-1') ?? 0;
    expect(given).toBe(Math.ceil(node.nowUs / 1000 + 1060));
    const asked = tell(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 } as never);
    expect(answers(node, asked)).toEqual([]);
    expect(serverOf(node).deadlines.get('lease-1')).toBe(given);
    acknowledge(node);
    expect(answers(node, asked)).toMatchObject([{ type: 'store-kept', ttlMs: 1000 }]);
    expect(serverOf(node).deadlines.get('lease-1')).toBe(given - 60);
  });

  it('sends whoever asks elsewhere when it leads no more, and does not answer as if it did', () => {
    const node = leader();
    acknowledge(node);
    const asked = tell(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 } as never);
    tell(node, { type: 'store-execute', command: put('c#1', 'k') } as never);
    const { term } = raftOf(node);
    const append = {
      type: 'append-entries',
      term: term + 1,
      prevIndex: 0,
      prevTerm: 0,
      entries: [],
      commit: 0,
      round: 0,
    };
    node.tell('n1/raft', append, { from: 'n3/raft' });
    settle(node);
    expect(answers(node, asked).map(({ type }) => type)).toEqual(['store-elsewhere', 'store-elsewhere']);
    const again = tell(node, { type: 'store-execute', command: put('c#1', 'k') } as never);
    expect(answers(node, again)).toEqual([{ type: 'store-elsewhere', leader: 'n3' }]);
    expect(serverOf(node).office).toBe('none');
    expect(serverOf(node).deadlines.size).toBe(0);
  });
});

describe('replicated store: a group of one', () => {
  it('keeps no second memory of requests', () => {
    const node = replicated.make({});
    for (const n of [1, 2, 3]) execute(node, put(`c#${n}`, 'k'));
    expect(replicated.storeOf(node).requests.clients.size).toBe(0);
    expect(raftOf(node).replica.requests.has('c#1')).toBe(true);
  });

  it('gives leases the time of an election on top when it takes them over', () => {
    const node = replicaNode(['n1'], {});
    for (let ms = 0; ms < 100; ms++) advance(node, 1000);
    execute(node, { kind: 'lease-grant', requestId: 'c#1', ttlMs: 1000 });
    expect(serverOf(node).options.extendMs).toBe(60);
    expect(ask(node, { type: 'store-leases', readId: 'l' })).toMatchObject([{ leases: ['lease-1'] }]);
  });
});
