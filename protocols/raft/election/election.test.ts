import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';

describe('§5.1: terms', () => {
  it('a member that hears of a later term takes it over, has not voted in it, and follows', () => {
    const member = new MemberUnderTest().lead();
    expect(member.state.role).toBe('leader');
    member.from('n3', { type: 'vote', term: 7, granted: false });
    expect(member.state).toMatchObject({ role: 'follower', term: 7, votedFor: '', leader: '' });
  });

  it('a request of an earlier term is refused with the later one', () => {
    const member = new MemberUnderTest(undefined, { term: 5, votedFor: '', terms: [] });
    member.from('n2', { type: 'request-vote', term: 4, lastIndex: 9, lastTerm: 4, transfer: false });
    expect(member.last('n2', 'vote')).toEqual({ type: 'vote', term: 5, granted: false });
    member.append('n2', 3, [0, 0], [3]);
    expect(member.last('n2', 'append-rejected').term).toBe(5);
    expect(member.terms).toEqual([]);
  });
});

describe('§5.2: election', () => {
  it('a member that hears of no leader for an election time-out raises its term, votes for itself and asks all others', () => {
    const member = new MemberUnderTest();
    member.advance(99);
    expect(member.state.role).toBe('follower');
    member.advance(101);
    expect(member.state).toMatchObject({ role: 'candidate', term: 1, votedFor: 'n1' });
    expect(member.taken('n2', 'request-vote')).toEqual([]);
    member.sync();
    const request = { type: 'request-vote', term: 1, lastIndex: 0, lastTerm: 0, transfer: false };
    expect(member.taken('n2', 'request-vote')).toEqual([request]);
    expect(member.taken('n3', 'request-vote')).toEqual([request]);
  });

  it('a heartbeat puts the election off', () => {
    const member = new MemberUnderTest();
    for (let i = 0; i < 20; i++) {
      member.advance(90);
      member.append('n2', 1, [0, 0], []);
    }
    expect(member.state).toMatchObject({ role: 'follower', term: 1, leader: 'n2' });
  });

  it.each([
    [1, 1],
    [3, 2],
    [5, 3],
  ])('of %i voters, %i make a leader', (voters, quorum) => {
    const member = new MemberUnderTest(Array.from({ length: voters }, (_, n) => `n${n + 1}`));
    member.advance(200);
    member.sync();
    for (let votes = 1; votes < quorum; votes++) {
      expect(member.state.role).toBe('candidate');
      member.from(`n${votes + 1}`, { type: 'vote', term: 1, granted: true });
    }
    expect(member.state.role).toBe('leader');
  });

  it('a vote counts once, however often it comes', () => {
    const member = new MemberUnderTest(['n1', 'n2', 'n3', 'n4', 'n5']);
    member.advance(200);
    member.sync();
    for (let i = 0; i < 3; i++) member.from('n2', { type: 'vote', term: 1, granted: true });
    expect(member.state.role).toBe('candidate');
  });

  it('a vote given in an earlier term does not count in this one', () => {
    const member = new MemberUnderTest();
    member.advance(200);
    member.advance(200);
    member.sync();
    expect(member.state.term).toBeGreaterThan(1);
    member.from('n2', { type: 'vote', term: 1, granted: true });
    expect(member.state.role).toBe('candidate');
  });

  it('a vote of a node that is no member, or of another actor, does not count', () => {
    const member = new MemberUnderTest();
    member.advance(200);
    member.sync();
    member.from('n9', { type: 'vote', term: 1, granted: true });
    member.driven.tell('n1/raft', { type: 'vote', term: 1, granted: true } as never, { from: 'n2/client' });
    expect(member.state.role).toBe('candidate');
  });

  it('a candidate follows a leader of its own term', () => {
    const member = new MemberUnderTest();
    member.advance(200);
    member.append('n2', 1, [0, 0], []);
    expect(member.state).toMatchObject({ role: 'follower', term: 1, leader: 'n2', votedFor: 'n1' });
  });

  it('in one term a member votes for one candidate, first come first served, and says so again when asked again', () => {
    const member = new MemberUnderTest();
    const request = { type: 'request-vote', term: 1, lastIndex: 0, lastTerm: 0, transfer: false } as const;
    for (const candidate of ['n2', 'n3', 'n2']) member.from(candidate, request);
    member.sync();
    expect(member.taken('n2', 'vote').map(({ granted }) => granted)).toEqual([true, true]);
    expect(member.taken('n3', 'vote').map(({ granted }) => granted)).toEqual([false]);
  });

  it('stepping back within a term takes no vote back', () => {
    const member = new MemberUnderTest();
    member.advance(200);
    member.append('n2', 1, [0, 0], []);
    member.from('n3', { type: 'request-vote', term: 1, lastIndex: 5, lastTerm: 1, transfer: false });
    member.sync();
    expect(member.last('n3', 'vote').granted).toBe(false);
  });

  it('a vote leaves when it is durable, and not before', () => {
    const member = new MemberUnderTest();
    member.from('n2', { type: 'request-vote', term: 1, lastIndex: 0, lastTerm: 0, transfer: false });
    expect(member.taken('n2', 'vote')).toEqual([]);
    member.sync();
    expect(member.taken('n2', 'vote')).toHaveLength(1);
  });

  it('requests that got no answer are repeated (§5.5), to those who gave none', () => {
    const member = new MemberUnderTest(['n1', 'n2', 'n3', 'n4', 'n5']);
    member.advance(200);
    member.sync();
    member.from('n2', { type: 'vote', term: 1, granted: false });
    member.taken('n2', 'request-vote');
    member.taken('n3', 'request-vote');
    member.advance(20);
    expect(member.taken('n2', 'request-vote')).toHaveLength(0);
    expect(member.taken('n3', 'request-vote')).toHaveLength(1);
  });
});

describe('§5.4.1: who may be elected', () => {
  it.each([
    { last: [3, 3], granted: true, why: 'the same log' },
    { last: [4, 3], granted: true, why: 'a longer log of the same last term' },
    { last: [1, 4], granted: true, why: 'a shorter log of a later last term' },
    { last: [2, 3], granted: false, why: 'a shorter log of the same last term' },
    { last: [9, 2], granted: false, why: 'a longer log of an earlier last term' },
  ])('a candidate with $why: $granted', ({ last: [lastIndex = 0, lastTerm = 0], granted }) => {
    const member = new MemberUnderTest(undefined, { term: 3, votedFor: '', terms: [1, 2, 3] });
    member.from('n2', { type: 'request-vote', term: 5, lastIndex, lastTerm, transfer: false });
    member.sync();
    expect(member.last('n2', 'vote').granted).toBe(granted);
  });
});

describe('thesis §6.2: a leader without a majority', () => {
  it('steps down within its term when it has heard no majority for an election time-out', () => {
    const member = new MemberUnderTest().lead();
    for (let i = 0; i < 12; i++) member.advance(20);
    expect(member.state).toMatchObject({ role: 'follower', term: 1, leader: '', votedFor: 'n1' });
  });
});
