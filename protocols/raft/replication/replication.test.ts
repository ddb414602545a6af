import { describe, expect, it } from 'vitest';
import { entriesOf, MemberUnderTest } from '../member.fixture.js';

describe('§5.3: the follower', () => {
  it('takes entries after one that both logs share, and answers when they are durable', () => {
    const member = new MemberUnderTest(undefined, { term: 1, votedFor: '', terms: [1, 1] });
    member.append('n2', 1, [2, 1], [1, 1]);
    expect(member.terms).toEqual([1, 1, 1, 1]);
    expect(member.taken('n2', 'append-accepted')).toEqual([]);
    member.sync();
    expect(member.last('n2', 'append-accepted')).toMatchObject({ term: 1, index: 4 });
  });

  it('refuses entries when its log has no entry at prevIndex with prevTerm', () => {
    const member = new MemberUnderTest(undefined, { term: 2, votedFor: '', terms: [1, 2] });
    member.append('n2', 2, [3, 2], [2]);
    member.append('n2', 2, [2, 1], [2]);
    member.sync();
    expect(member.taken('n2', 'append-rejected').map(({ prevIndex }) => prevIndex)).toEqual([3, 2]);
    expect(member.terms).toEqual([1, 2]);
  });

  // Figure 7: logs that a follower may have when the leader of term 8 holds 1 1 1 4 4 5 5 6 6 6.
  it.each([
    { name: 'a', terms: [1, 1, 1, 4, 4, 5, 5, 6, 6] },
    { name: 'b', terms: [1, 1, 1, 4] },
    { name: 'c', terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6] },
    { name: 'd', terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7] },
    { name: 'e', terms: [1, 1, 1, 4, 4, 4, 4] },
    { name: 'f', terms: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3] },
  ])('Figure 7 ($name): a leader brings the log of any follower in line with its own', ({ terms }) => {
    const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const leader = new MemberUnderTest(undefined, { term: 7, votedFor: '', terms: leaderTerms }).lead();
    const follower = new MemberUnderTest(undefined, { term: 7, votedFor: '', terms });
    for (let exchange = 0; exchange < 6; exchange++) {
      for (const append of leader.taken('n2', 'append-entries')) follower.from('n2', append);
      follower.sync();
      for (const answer of follower.taken('n2', 'append-rejected')) leader.from('n2', answer);
      for (const answer of follower.taken('n2', 'append-accepted')) leader.from('n2', answer);
      leader.sync();
      leader.advance(20);
    }
    expect(follower.terms).toEqual([...leaderTerms, 8]);
    expect(follower.state.log.prefixHashes).toEqual(leader.state.log.prefixHashes);
    expect(leader.state.progress.get('n2')).toMatchObject({ match: 11, mode: 'replicate' });
    expect(leader.state.commit).toBe(11);
  });

  it('goes back over a whole term at a time', () => {
    const terms = [1, 1, ...Array.from({ length: 200 }, () => 2)];
    const leader = new MemberUnderTest(undefined, { term: 4, votedFor: '', terms: [1, 1, 3, 3, 3] }).lead();
    const follower = new MemberUnderTest(undefined, { term: 4, votedFor: '', terms });
    let rejections = 0;
    for (let exchange = 0; exchange < 4; exchange++) {
      for (const append of leader.taken('n2', 'append-entries')) follower.from('n2', append);
      follower.sync();
      for (const answer of follower.taken('n2', 'append-rejected')) {
        rejections++;
        leader.from('n2', answer);
      }
      for (const answer of follower.taken('n2', 'append-accepted')) leader.from('n2', answer);
    }
    expect(follower.terms).toEqual([1, 1, 3, 3, 3, 5]);
    expect(rejections).toBeLessThanOrEqual(2);
  });

  it('an append that comes late or twice removes nothing that agrees with it', () => {
    const member = new MemberUnderTest();
    member.append('n2', 1, [0, 0], [1, 1, 1]);
    member.append('n2', 1, [0, 0], [1]);
    member.append('n2', 1, [1, 1], []);
    expect(member.terms).toEqual([1, 1, 1]);
    expect(member.observed('raft-truncated')).toEqual([]);
  });

  it('removes an entry that conflicts, and all that follow it, in one record with what takes their place', () => {
    const member = new MemberUnderTest(undefined, { term: 2, votedFor: '', terms: [1, 1, 2, 2] });
    member.append('n2', 3, [2, 1], [3]);
    const record = member.driven.storage.records.at(-1)?.map(({ kind }) => kind);
    expect(record).toEqual(['put', 'truncate', 'append']);
    expect(member.terms).toEqual([1, 1, 3]);
  });

  it('commits no further than the append has verified, and no further than its leader', () => {
    const member = new MemberUnderTest(undefined, { term: 2, votedFor: '', terms: [1, 1, 1, 1] });
    member.append('n2', 2, [1, 1], [], 4);
    expect(member.state.commit).toBe(1);
    member.append('n2', 2, [3, 1], [], 2);
    expect(member.state.commit).toBe(2);
  });

  it('never follows two leaders of one term', () => {
    const leader = new MemberUnderTest().lead();
    leader.append('n2', 1, [0, 0], []);
    expect(leader.driven.halted).toMatch(/raft failed/);
  });
});

describe('§5.3: the leader', () => {
  it('sends its entries before its own disk has them, and heartbeats to all', () => {
    const leader = new MemberUnderTest().lead();
    leader.taken('n2', 'append-entries');
    leader.accept('n2', 1);
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    expect(leader.last('n2', 'append-entries')).toMatchObject({ prevIndex: 1, entries: [{ requestId: 'a' }] });
    leader.advance(20);
    expect(leader.taken('n2', 'append-entries')).toHaveLength(1);
    expect(leader.taken('n3', 'append-entries').length).toBeGreaterThan(0);
  });

  it('keeps no more appends on their way to a follower than allowed, of no more entries than allowed', () => {
    const options = { maxAppendsInFlight: 2, maxEntriesPerAppend: 3 };
    const leader = new MemberUnderTest(undefined, undefined, options).lead();
    leader.accept('n2', 1);
    leader.taken('n2', 'append-entries');
    for (let i = 0; i < 20; i++) leader.ask(i + 1, { type: 'propose', requestId: `r${i}`, command: 1 });
    expect(leader.taken('n2', 'append-entries').map(({ entries }) => entries.length)).toEqual([1, 1]);
    leader.accept('n2', 2);
    expect(leader.taken('n2', 'append-entries').map(({ entries }) => entries.length)).toEqual([3]);
    leader.accept('n2', 3);
    expect(leader.taken('n2', 'append-entries').map(({ entries }) => entries.length)).toEqual([3]);
  });

  it('limits an append by bytes, but lets one entry always go', () => {
    const leader = new MemberUnderTest(undefined, undefined, { maxBytesPerAppend: 64, maxAppendsInFlight: 1 }).lead();
    leader.accept('n2', 1);
    for (let i = 0; i < 3; i++) {
      leader.ask(i + 1, { type: 'propose', requestId: `r${i}`, command: 'x'.repeat(100) });
    }
    leader.taken('n2', 'append-entries');
    leader.accept('n2', 2);
    expect(leader.last('n2', 'append-entries').entries).toHaveLength(1);
  });

  it('an answer that comes late lowers nothing', () => {
    const leader = new MemberUnderTest(undefined, { term: 1, votedFor: '', terms: [1, 1, 1] }).lead();
    leader.accept('n2', 4);
    leader.accept('n2', 2);
    leader.from('n2', { type: 'append-rejected', term: 2, prevIndex: 3, hintIndex: 0, hintTerm: 0, round: 0 });
    expect(leader.state.progress.get('n2')).toMatchObject({ match: 4, next: 5, mode: 'replicate' });
  });

  it('an answer of another term counts for nothing', () => {
    const leader = new MemberUnderTest().lead();
    leader.from('n2', { type: 'append-accepted', term: 0, index: 1, round: 0 });
    expect(leader.state.progress.get('n2')?.match).toBe(0);
    expect(leader.state.commit).toBe(0);
  });

  it('finds out by a heartbeat that an append was lost, and sends it again', () => {
    const leader = new MemberUnderTest().lead();
    leader.accept('n2', 1);
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    leader.taken('n2', 'append-entries');
    leader.advance(20);
    expect(leader.last('n2', 'append-entries')).toMatchObject({ prevIndex: 2, entries: [] });
    leader.from('n2', { type: 'append-rejected', term: 1, prevIndex: 2, hintIndex: 1, hintTerm: 1, round: 0 });
    expect(leader.last('n2', 'append-entries')).toMatchObject({ prevIndex: 1, entries: [{ requestId: 'a' }] });
  });

  it('a follower that denies what it has confirmed is asked again with the heartbeat, and not faster', () => {
    const leader = new MemberUnderTest(undefined, { term: 1, votedFor: '', terms: [1, 1] }).lead();
    leader.accept('n2', 3);
    const denial = { type: 'append-rejected', term: 2, prevIndex: 3, hintIndex: 0, hintTerm: 0, round: 0 } as const;
    leader.state.progress.get('n2')!.mode = 'probe';
    leader.taken('n2', 'append-entries');
    leader.from('n2', denial);
    leader.from('n2', denial);
    expect(leader.taken('n2', 'append-entries')).toHaveLength(0);
    leader.advance(20);
    expect(leader.taken('n2', 'append-entries')).toHaveLength(1);
  });
});

describe('a follower whose disk is not known', () => {
  it('gets the log, and counts neither for commits nor for reads nor as heard', () => {
    const leader = new MemberUnderTest().lead();
    leader.ask(1, { type: 'read', query: null });
    const unknown = { type: 'append-accepted', term: leader.state.term, index: 1, round: 9, unknown: true } as const;
    leader.from('n2', unknown);
    expect(leader.state).toMatchObject({ commit: 0, reads: { queued: [{}] } });
    expect(leader.state.progress.get('n2')).toMatchObject({ match: 1, counted: 0, round: 0, mode: 'replicate' });
    for (let n = 0; n < 15; n++) {
      leader.advance(20);
      leader.sync();
      leader.from('n2', { ...unknown, term: 1 });
    }
    expect(leader.state.role).toBe('follower');
    const counted = new MemberUnderTest().lead();
    counted.accept('n2', 1);
    expect(counted.state.commit).toBe(1);
  });
});

describe('recovery', () => {
  it('term, vote and log come back, and the rest begins anew', () => {
    const member = new MemberUnderTest(undefined, { term: 6, votedFor: 'n3', terms: [1, 4, 6] });
    expect(member.state).toMatchObject({ term: 6, votedFor: 'n3', role: 'follower', commit: 0, durableIndex: 3 });
    expect(member.state.log.entries).toEqual(entriesOf([1, 4, 6]));
    expect(member.observed('raft-recovered')).toMatchObject([
      { term: 6, votedFor: 'n3', lastIndex: 3, terms: [1, 4, 6] },
    ]);
    member.from('n2', { type: 'request-vote', term: 6, lastIndex: 9, lastTerm: 6, transfer: false });
    member.sync();
    expect(member.last('n2', 'vote').granted).toBe(false);
  });
});
