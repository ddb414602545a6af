import { describe, expect, it } from 'vitest';
import { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
import type { Durable } from '../../../runtime/actor.js';
import type { Plain } from '../../../runtime/data.js';
import type { RaftMessage, RaftMessageOf } from '../messages.js';
import { raftMember } from '../raft.js';
import type { RaftState } from '../state.js';

const machine = { init: () => ({ n: 0 }), apply: () => ({ result: null }), query: () => null };

/** Member `n1` with an empty disk; the others are played by the test. */
class BlankMember {
  readonly driven: HandDrivenNode;

  constructor(members: readonly string[], cells?: Readonly<Record<string, Plain>>) {
    const found: Durable = {
      cells: new Map(Object.entries(cells ?? {})),
      log: { firstIndex: 1, entries: [] },
      snapshot: undefined,
    };
    const spec = raftMember(machine, { members, electionTimeoutMs: { min: 100, max: 200 }, heartbeatMs: 20 });
    this.driven = new HandDrivenNode(
      [spec],
      cells === undefined ? {} : { found: new Map([['raft', found]]), lives: 1 },
    );
    this.driven.storage.sync();
  }

  get state(): RaftState {
    return this.driven.node.stateOf('raft') as RaftState;
  }
  from(member: string, message: RaftMessage): void {
    this.driven.tell('n1/raft', message, { from: `${member}/raft` });
    this.driven.storage.sync();
  }
  sentTo<T extends RaftMessage['type']>(member: string, type: T): RaftMessageOf<T>[] {
    const { sent } = this.driven;
    return sent
      .filter(({ to, message }) => to === `${member}/raft` && message.type === type)
      .map(({ message }) => message as RaftMessageOf<T>);
  }
}

const FIVE = ['n1', 'n2', 'n3', 'n4', 'n5'];
const recognise = (member: BlankMember, ...others: string[]): void => {
  const { disk } = member.state.identity;
  for (const other of others) member.from(other, { type: 'introduced', disk });
};
const ask = { type: 'request-vote', term: 1, lastIndex: 9, lastTerm: 1, transfer: false } as const;
const append = {
  type: 'append-entries',
  term: 1,
  prevIndex: 0,
  prevTerm: 0,
  entries: [{ term: 1, requestId: '', command: null }],
  commit: 0,
  round: 7,
} as const;

describe('a member with an empty disk', () => {
  it('introduces itself to the others until they answer', () => {
    const member = new BlankMember(FIVE);
    recognise(member, 'n2');
    member.driven.advance(21_000);
    expect(FIVE.slice(1).map((other) => member.sentTo(other, 'introduce').length)).toEqual([1, 2, 2, 2]);
  });

  it('neither votes nor stands before a majority of the others knows its disk', () => {
    const member = new BlankMember(FIVE);
    recognise(member, 'n2', 'n3');
    member.from('n2', ask);
    for (let n = 0; n < 30; n++) member.driven.advance(20_000);
    expect(member.sentTo('n2', 'vote')).toEqual([]);
    expect(member.state).toMatchObject({ role: 'follower', term: 0, votedFor: '' });
    recognise(member, 'n4');
    member.from('n2', ask);
    expect(member.sentTo('n2', 'vote')).toEqual([{ type: 'vote', term: 1, granted: true }]);
  });

  it('takes the log meanwhile, and says that it must not count', () => {
    const member = new BlankMember(FIVE);
    member.from('n2', append);
    expect(member.sentTo('n2', 'append-accepted')).toEqual([
      { type: 'append-accepted', term: 1, index: 1, round: 7, unknown: true },
    ]);
    recognise(member, 'n2', 'n3', 'n4');
    member.from('n2', append);
    expect(member.sentTo('n2', 'append-accepted').at(-1)).toEqual({
      type: 'append-accepted',
      term: 1,
      index: 1,
      round: 7,
    });
  });

  it('asks nobody in the name of clients: an answer owed to the disk that was lost would pass for its own', () => {
    const member = new BlankMember(FIVE);
    member.from('n2', append);
    member.from('n4', { type: 'propose', requestId: 'r', command: 'c' });
    member.from('n4', { type: 'read', query: null });
    expect(member.sentTo('n2', 'propose')).toEqual([]);
    expect(member.sentTo('n2', 'read-index')).toEqual([]);
    expect(member.sentTo('n4', 'propose-failed')).toMatchObject([{ requestId: 'r', reason: 'disk-unknown' }]);
    expect(member.sentTo('n4', 'read-failed')).toMatchObject([{ reason: 'disk-unknown' }]);
    recognise(member, 'n2', 'n3', 'n4');
    member.from('n4', { type: 'propose', requestId: 'r', command: 'c' });
    member.from('n4', { type: 'read', query: null });
    expect(member.sentTo('n2', 'propose')).toHaveLength(1);
    expect(member.sentTo('n2', 'read-index')).toHaveLength(1);
  });

  it('takes no part for good when somebody knows another disk under its name', () => {
    const member = new BlankMember(FIVE);
    recognise(member, 'n2', 'n3');
    member.from('n4', { type: 'introduced', disk: 'the one it had' });
    recognise(member, 'n5');
    member.from('n2', ask);
    expect(member.sentTo('n2', 'vote')).toEqual([]);
    const observed = member.driven.observed.map(({ observation }) => observation);
    expect(observed).toContainEqual({
      type: 'raft-disk-disowned',
      disk: member.state.identity.disk,
      knownDisk: 'the one it had',
      by: 'n4',
    });
  });

  it('is known for good: after a crash it asks nobody', () => {
    const member = new BlankMember(FIVE, { disk: { disk: 'd', isKnown: true } });
    expect(member.sentTo('n2', 'introduce')).toEqual([]);
    member.from('n2', ask);
    expect(member.sentTo('n2', 'vote')).toHaveLength(1);
  });

  it('tells in each life whose disks it knows', () => {
    const member = new BlankMember(FIVE, { acquaintances: { n2: 'd2' } });
    const observed = member.driven.observed.map(({ observation }) => observation);
    expect(observed).toContainEqual({ type: 'raft-disk-noted', member: 'n2', disk: 'd2' });
  });

  it('asks again after a crash before that', () => {
    const member = new BlankMember(FIVE, { disk: { disk: 'd', isKnown: false } });
    expect(member.sentTo('n2', 'introduce')).toEqual([{ type: 'introduce', disk: 'd' }]);
  });

  it('alone it is known from the beginning', () => {
    expect(new BlankMember(['n1']).state.identity.isKnown).toBe(true);
  });
});

describe('who is told of a disk', () => {
  it('keeps the first of each name, and says so only when that is durable', () => {
    const member = new BlankMember(FIVE);
    const first: RaftMessage = { type: 'introduce', disk: 'first' };
    member.driven.tell('n1/raft', first, { from: 'n2/raft' });
    expect(member.sentTo('n2', 'introduced')).toEqual([]);
    member.driven.storage.sync();
    member.from('n2', { type: 'introduce', disk: 'second' });
    expect(member.sentTo('n2', 'introduced')).toEqual([
      { type: 'introduced', disk: 'first' },
      { type: 'introduced', disk: 'first' },
    ]);
    member.from('n3', { type: 'introduce', disk: 'x'.repeat(1000) });
    expect(member.state.identity.acquaintances.has('n3')).toBe(false);
    const again = new BlankMember(FIVE, { acquaintances: { n2: 'first' } });
    again.from('n2', { type: 'introduce', disk: 'second' });
    expect(again.sentTo('n2', 'introduced')).toEqual([{ type: 'introduced', disk: 'first' }]);
  });
});
