import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';

const LEASE = Object.freeze({ leaderStickiness: true, leaseReads: { maxDriftPpm: 100_000 } });

/** Leads three members with election time-outs from 100 ms on, and has committed an entry of its term. */
function leading(options: object = LEASE): MemberUnderTest {
  const member = new MemberUnderTest(undefined, undefined, options).lead();
  member.accept('n2', 1);
  return member;
}

/** A heartbeat is sent, and n2 answers it. */
function beat(member: MemberUnderTest): void {
  member.advance(20);
  member.accept('n2', 1, member.state.reads.round);
}

describe('thesis §6.4.1: lease reads', () => {
  it('answers at once as long as the lease lasts', () => {
    const member = leading();
    beat(member);
    member.taken('n2', 'append-entries');
    member.ask(1, { type: 'read', query: null });
    expect(member.answerTo(1)).toMatchObject({ type: 'read-done' });
    expect(member.taken('n2', 'append-entries')).toEqual([]);
  });

  it('the lease runs from when the round was sent, and is shorter than the least election time-out by what clocks can differ', () => {
    const member = leading();
    beat(member);
    // Of 100 ms, twice a tenth may be lost between two clocks.
    member.advance(79);
    member.ask(1, { type: 'read', query: null });
    expect(member.answerTo(1)).toMatchObject({ type: 'read-done' });
    member.advance(1);
    member.ask(2, { type: 'read', query: null });
    expect(member.answerTo(2)).toBeUndefined();
  });

  it('an answer to an earlier round extends it from that round only', () => {
    const member = leading();
    beat(member);
    const { round, leaseUntilMs } = member.state.reads;
    member.advance(60);
    member.accept('n3', 1, round);
    expect(member.state.reads.leaseUntilMs).toBe(leaseUntilMs);
  });

  it('ends for the whole term once somebody was told to stand', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n2' });
    for (let i = 0; i < 15; i++) beat(member);
    member.ask(2, { type: 'read', query: null });
    expect(member.answerTo(2)).toBeUndefined();
  });

  it('is off unless it is asked for', () => {
    const member = leading({});
    beat(member);
    member.ask(1, { type: 'read', query: null });
    expect(member.answerTo(1)).toBeUndefined();
  });

  it('a voter that comes back from a crash refuses votes as if it had heard a leader just now', () => {
    const back = new MemberUnderTest(undefined, { term: 1, votedFor: '', terms: [1] }, LEASE);
    const request = { type: 'request-vote', term: 2, lastIndex: 1, lastTerm: 1, transfer: false } as const;
    back.advance(99);
    back.from('n3', request);
    back.sync();
    expect(back.taken('n3', 'vote')).toEqual([]);
    back.advance(1);
    back.from('n3', request);
    back.sync();
    expect(back.last('n3', 'vote').granted).toBe(true);
  });

  it.each([
    [{ leaseReads: { maxDriftPpm: 100 }, leaderStickiness: false }, /leaderStickiness/],
    [{ leaseReads: { maxDriftPpm: 200_000 } }, /maxDriftPpm/],
  ])('%j is refused', (options, reason) => {
    expect(() => new MemberUnderTest(undefined, undefined, options)).toThrow(reason);
  });
});
