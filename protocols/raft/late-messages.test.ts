import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from './member.fixture.js';

// A network may bring a message again, or for the first time, when nobody stands behind it any more.

describe('a heartbeat that comes again', () => {
  const following = (): MemberUnderTest => {
    const member = new MemberUnderTest(undefined, undefined, { preVote: true, leaderStickiness: true });
    member.append('n2', 1, [0, 0], [1], 0, 5);
    member.sync();
    return member;
  };

  it('does not put off the election, nor protect a leader that is gone', () => {
    const member = following();
    for (let i = 0; i < 10; i++) {
      member.advance(19);
      member.append('n2', 1, [0, 0], [1], 0, 5);
      member.append('n2', 1, [0, 0], [1], 0, 4);
    }
    member.from('n3', { type: 'request-pre-vote', term: 2, lastIndex: 9, lastTerm: 1 });
    expect(member.last('n3', 'pre-vote').granted).toBe(true);
    member.advance(10);
    expect(member.state.role).toBe('pre-candidate');
  });

  it('is answered while that leader is followed, since what it brings may have been missed', () => {
    const member = following();
    member.taken('n2', 'append-accepted');
    member.append('n2', 1, [1, 1], [1], 0, 5);
    member.sync();
    expect(member.terms).toEqual([1, 1]);
    expect(member.last('n2', 'append-accepted').index).toBe(2);
  });

  it('takes nobody back who has turned away from that leader; a later one does', () => {
    const member = following();
    member.advance(200);
    expect(member.state).toMatchObject({ role: 'pre-candidate', leader: '' });
    member.append('n2', 1, [0, 0], [1], 0, 5);
    expect(member.state).toMatchObject({ role: 'pre-candidate', leader: '' });
    member.append('n2', 1, [0, 0], [1], 0, 6);
    expect(member.state).toMatchObject({ role: 'follower', leader: 'n2' });
  });

  it('of a later term counts from its first round on', () => {
    const member = following();
    member.append('n3', 2, [0, 0], [], 0, 0);
    expect(member.state).toMatchObject({ term: 2, leader: 'n3' });
    member.advance(99);
    member.append('n3', 2, [0, 0], [], 0, 1);
    member.advance(99);
    expect(member.state).toMatchObject({ role: 'follower', leader: 'n3' });
  });
});

describe('an answer that comes again', () => {
  const rounds = (member: MemberUnderTest): number[] => member.taken('n2', 'append-entries').map(({ round }) => round);

  it('does not let a leader believe that it is heard', () => {
    const member = new MemberUnderTest(undefined, undefined, { checkQuorum: true }).lead();
    for (let i = 0; i < 12; i++) {
      member.advance(20);
      member.accept('n2', 0, 0);
    }
    expect(member.state.role).toBe('follower');
  });

  it('while answers to each round do, though one may be of a round before', () => {
    const member = new MemberUnderTest(undefined, undefined, { checkQuorum: true }).lead();
    for (let i = 0; i < 60; i++) {
      member.sync();
      for (const round of rounds(member)) member.accept('n2', 1, round);
      member.accept('n2', 1, 0);
      member.advance(20);
    }
    expect(member.state.role).toBe('leader');
  });
});

describe('an answer to a message of an earlier term', () => {
  it('names none of its rounds: who sent it may lead again, and count them anew', () => {
    const member = new MemberUnderTest(undefined, { term: 5, votedFor: '', terms: [] });
    member.append('n2', 4, [0, 0], [4], 0, 70);
    expect(member.last('n2', 'append-rejected')).toMatchObject({ term: 5, round: -1 });
    const head = { index: 9, term: 4, prefixHash: 0, size: 8, session: 's', checksum: 0 };
    const snapshot = { ...head, configurationIndex: 0, configuration: member.state.configuration };
    member.from('n2', {
      type: 'install-snapshot',
      term: 4,
      head: snapshot,
      offset: 0,
      data: new Uint8Array(8),
      round: 70,
    });
    expect(member.last('n2', 'append-rejected')).toMatchObject({ term: 5, round: -1 });
  });

  it('neither confirms a read nor keeps a leader in office', () => {
    const member = new MemberUnderTest(undefined, undefined, { checkQuorum: true }).lead();
    member.accept('n2', 1, 0);
    member.ask(1, { type: 'read', query: null });
    const { term } = member.state;
    for (let i = 0; i < 12; i++) {
      member.from('n2', { type: 'append-rejected', term, prevIndex: 0, hintIndex: 0, hintTerm: 0, round: -1 });
      expect(member.answerTo(1)).not.toMatchObject({ type: 'read-done' });
      member.advance(20);
    }
    expect(member.state.role).toBe('follower');
  });
});

describe('who is no member', () => {
  const found = { term: 1, votedFor: 'n1', terms: [1] };

  it('deposes no leader by the term of an answer', () => {
    const member = new MemberUnderTest(undefined, found).lead();
    const { term } = member.state;
    const round = 0;
    member.from('n9', { type: 'vote', term: 40, granted: false });
    member.from('n9', { type: 'pre-vote', term: 40, granted: false });
    member.from('n9', { type: 'append-accepted', term: 40, index: 1, round });
    member.from('n9', { type: 'append-rejected', term: 40, prevIndex: 1, hintIndex: 0, hintTerm: 0, round });
    member.from('n9', { type: 'snapshot-received', term: 40, session: 's', offset: 0, round });
    expect(member.state).toMatchObject({ role: 'leader', term });
    member.from('n3', { type: 'append-rejected', term: 40, prevIndex: 1, hintIndex: 0, hintTerm: 0, round });
    expect(member.state).toMatchObject({ role: 'follower', term: 40 });
  });

  it('makes nobody a leader by its vote', () => {
    const member = new MemberUnderTest(undefined, found);
    member.advance(200);
    member.sync();
    const { term } = member.state;
    member.from('n9', { type: 'vote', term, granted: true });
    expect(member.state.role).toBe('candidate');
    member.from('n3', { type: 'vote', term, granted: true });
    expect(member.state.role).toBe('leader');
  });
});
