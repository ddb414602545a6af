import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';

const FIVE = Object.freeze(['n1', 'n2', 'n3', 'n4', 'n5']);
const WITH_PRE_VOTE = Object.freeze({ preVote: true, leaderStickiness: true });

function waiting(members: readonly string[] = FIVE): MemberUnderTest {
  const member = new MemberUnderTest(members, { term: 3, votedFor: 'n4', terms: [1, 3] }, WITH_PRE_VOTE);
  member.advance(200);
  return member;
}

describe('thesis §9.6: pre-vote', () => {
  it('asks before it raises its term, and writes nothing', () => {
    const member = waiting();
    expect(member.state).toMatchObject({ role: 'pre-candidate', term: 3, votedFor: 'n4' });
    const question = { type: 'request-pre-vote', term: 4, lastIndex: 2, lastTerm: 3 };
    for (const peer of ['n2', 'n3', 'n4', 'n5']) expect(member.taken(peer, 'request-pre-vote')).toEqual([question]);
    expect(member.taken('n2', 'request-vote')).toEqual([]);
  });

  it('stands when a quorum would vote for it, and not before', () => {
    const member = waiting();
    member.from('n2', { type: 'pre-vote', term: 4, granted: true });
    member.from('n2', { type: 'pre-vote', term: 4, granted: true });
    member.from('n3', { type: 'pre-vote', term: 3, granted: false });
    expect(member.state.role).toBe('pre-candidate');
    member.from('n4', { type: 'pre-vote', term: 4, granted: true });
    expect(member.state).toMatchObject({ role: 'candidate', term: 4, votedFor: 'n1' });
    member.sync();
    expect(member.taken('n2', 'request-vote')).toHaveLength(1);
  });

  it('counts no pre-vote for another term', () => {
    const member = waiting();
    for (const voter of ['n2', 'n3']) member.from(voter, { type: 'pre-vote', term: 3, granted: true });
    for (const voter of ['n2', 'n3']) member.from(voter, { type: 'pre-vote', term: 5, granted: true });
    expect(member.state.role).toBe('pre-candidate');
  });

  it('however long it hears nobody, its term stays; and it follows the first leader that it hears', () => {
    const member = waiting();
    for (let i = 0; i < 20; i++) member.advance(200);
    expect(member.state.term).toBe(3);
    member.append('n2', 3, [2, 3], []);
    expect(member.state).toMatchObject({ role: 'follower', leader: 'n2', term: 3 });
  });

  it('a refusal brings a member that fell behind to the later term', () => {
    const member = waiting();
    member.from('n2', { type: 'pre-vote', term: 9, granted: false });
    expect(member.state).toMatchObject({ role: 'follower', term: 9 });
  });

  it.each([
    { term: 4, last: [2, 3], granted: true, why: 'a later term and the same log' },
    { term: 3, last: [2, 3], granted: false, why: 'our own term' },
    { term: 2, last: [9, 9], granted: false, why: 'an earlier term' },
    { term: 9, last: [1, 3], granted: false, why: 'a log that lacks something' },
  ])(
    'who asks with $why gets $granted, and nothing changes here',
    ({ term, last: [lastIndex = 0, lastTerm = 0], granted }) => {
      const member = new MemberUnderTest(FIVE, { term: 3, votedFor: 'n4', terms: [1, 3] }, WITH_PRE_VOTE);
      member.from('n2', { type: 'request-pre-vote', term, lastIndex, lastTerm });
      member.from('n3', { type: 'request-pre-vote', term, lastIndex, lastTerm });
      const answer = { type: 'pre-vote', term: granted ? term : 3, granted };
      expect([member.last('n2', 'pre-vote'), member.last('n3', 'pre-vote')]).toEqual([answer, answer]);
      expect(member.state).toMatchObject({ role: 'follower', term: 3, votedFor: 'n4' });
    },
  );
});

describe('thesis §4.2.3: a leader that works is not deposed', () => {
  const led = (): MemberUnderTest => {
    const member = new MemberUnderTest(FIVE, undefined, WITH_PRE_VOTE);
    member.append('n2', 1, [0, 0], []);
    return member;
  };
  const request = { type: 'request-vote', term: 7, lastIndex: 9, lastTerm: 6, transfer: false } as const;

  it('who heard a leader within the least election time-out answers no candidate and keeps its term', () => {
    const member = led();
    member.advance(99);
    member.from('n3', request);
    member.from('n3', { type: 'request-pre-vote', term: 7, lastIndex: 9, lastTerm: 6 });
    member.sync();
    expect(member.state).toMatchObject({ role: 'follower', term: 1, leader: 'n2' });
    expect(member.taken('n3', 'vote')).toEqual([]);
    expect(member.last('n3', 'pre-vote').granted).toBe(false);
  });

  it('and votes after that time', () => {
    const member = led();
    member.sync();
    member.advance(100);
    member.from('n3', { type: 'request-pre-vote', term: 7, lastIndex: 9, lastTerm: 6 });
    expect(member.last('n3', 'pre-vote')).toEqual({ type: 'pre-vote', term: 7, granted: true });
    member.from('n3', request);
    member.sync();
    expect(member.last('n3', 'vote')).toEqual({ type: 'vote', term: 7, granted: true });
  });

  it('a candidate whom the leader itself told to stand is heard at once', () => {
    const member = led();
    member.from('n3', { ...request, transfer: true });
    member.sync();
    expect(member.last('n3', 'vote').granted).toBe(true);
  });

  it('the leader itself keeps its term as well', () => {
    const member = new MemberUnderTest(undefined, undefined, { leaderStickiness: true }).lead();
    member.from('n3', request);
    expect(member.state).toMatchObject({ role: 'leader', term: 1 });
  });
});

describe('a leader with a stalled disk', () => {
  it('makes way when what it wrote has not become durable for an election time-out', () => {
    const member = new MemberUnderTest().lead();
    member.ask(1, { type: 'propose', requestId: 'a', command: 1 });
    const beat = (): void => {
      member.advance(20);
      for (const peer of ['n2', 'n3']) member.accept(peer, 1);
    };
    for (let i = 0; i < 9; i++) beat();
    expect(member.state.role).toBe('leader');
    for (let i = 0; i < 3; i++) beat();
    expect(member.state).toMatchObject({ role: 'follower', term: 1, leader: '' });
  });

  it('leads on where its disk is slow but works', () => {
    const member = new MemberUnderTest().lead();
    for (let i = 0; i < 60; i++) {
      member.ask(i, { type: 'propose', requestId: `r${i}`, command: 1 });
      member.advance(20);
      if (i % 5 === 0) member.sync();
      for (const peer of ['n2', 'n3']) member.accept(peer, 1);
    }
    expect(member.state.role).toBe('leader');
  });
});

describe('priorities', () => {
  it('who is not of the highest waits for the whole range more', () => {
    const due = (priorities: Record<string, number>): number =>
      new MemberUnderTest(undefined, undefined, { priorities }).state.electionDueMs;
    expect(due({ n1: 1 })).toBeLessThanOrEqual(200);
    expect(due({ n2: 1 })).toBeGreaterThanOrEqual(200);
  });

  it('nobody waits for a learner, which cannot be elected', () => {
    const dueWith = (priorities: Record<string, number>): number => {
      const learning = { voters: ['n1', 'n2'], outgoing: [], learners: ['n3'], learnersNext: [], autoLeave: false };
      const found = { term: 1, votedFor: '', terms: [1], configurations: { 1: learning } };
      return new MemberUnderTest(undefined, found, { priorities }).state.electionDueMs;
    };
    expect(dueWith({ n3: 1 })).toBe(dueWith({}));
    expect(dueWith({ n2: 1 })).toBe(dueWith({}) + 100);
  });

  it('a leader hands over to a voter of higher priority that has the whole log, and not to another', () => {
    const member = new MemberUnderTest(undefined, undefined, { priorities: { n2: 1, n3: 2 } });
    member.advance(100);
    member.lead();
    member.accept('n2', 1);
    member.advance(20);
    expect(member.taken('n3', 'timeout-now')).toEqual([]);
    expect(member.taken('n2', 'timeout-now')).toHaveLength(1);
  });

  it('and not to one whose disk is not known: its clients would wait for an election that cannot come', () => {
    const member = new MemberUnderTest(undefined, undefined, { priorities: { n3: 1 } });
    member.advance(100);
    member.lead();
    member.accept('n2', 1);
    let round = 0;
    const beat = (unknown: object): void => {
      member.advance(20);
      member.accept('n2', 1, ++round);
      member.from('n3', { type: 'append-accepted', term: 1, index: 1, round, ...unknown });
    };
    beat({ unknown: true });
    for (let n = 0; n < 50; n++) {
      beat({ unknown: true });
      expect(member.state.transfer).toBeUndefined();
    }
    beat({});
    beat({});
    expect(member.state.transfer).toMatchObject({ to: 'n3' });
  });
});
