import { describe, expect, it } from 'vitest';
import { REQUEST_WINDOW } from './commit.js';
import { MemberUnderTest } from '../member.fixture.js';

describe('§5.3, §5.4: commitment', () => {
  it('an entry is committed when a majority holds it durably, and then everybody learns it', () => {
    const leader = new MemberUnderTest().lead();
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    leader.accept('n2', 2);
    expect(leader.state.commit).toBe(1);
    leader.sync();
    expect(leader.state.commit).toBe(2);
    leader.taken('n3', 'append-entries');
    leader.advance(20);
    expect(leader.last('n3', 'append-entries').commit).toBe(2);
  });

  it('the leader counts itself only once its own disk has the entry', () => {
    const leader = new MemberUnderTest(['n1', 'n2', 'n3', 'n4', 'n5']).lead(['n2', 'n3']);
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    leader.accept('n2', 2);
    leader.accept('n3', 2);
    expect(leader.state.commit).toBe(1);
    leader.accept('n4', 2);
    expect(leader.state.commit).toBe(2);
  });

  it('a lone member commits when its own disk has the entry, and not before', () => {
    const leader = new MemberUnderTest(['n1']).lead([]);
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    expect(leader.state.commit).toBe(1);
    leader.sync();
    expect(leader.state.commit).toBe(2);
    expect(leader.answerTo(1)).toEqual({ type: 'proposed', requestId: 'a', index: 2, result: 5 });
  });

  it('Figure 8: an entry of an earlier term is not committed by counting, but with one of the own term', () => {
    const leader = new MemberUnderTest(undefined, { term: 2, votedFor: '', terms: [1, 2] }).lead();
    leader.accept('n2', 2);
    expect(leader.state.commit).toBe(0);
    leader.accept('n2', 3);
    expect(leader.state.commit).toBe(3);
  });

  it('durability of entries that were removed since does not count for those in their place', () => {
    const member = new MemberUnderTest(['n1', 'n2', 'n3', 'n4', 'n5']);
    member.append('n2', 1, [0, 0], [1, 1, 1]);
    member.append('n3', 2, [1, 1], [2, 2]);
    expect(member.state.pendingWrites.map(({ index }) => index)).toEqual([1, 3]);
    expect(member.state.durableIndex).toBe(0);
    member.sync();
    expect(member.state.durableIndex).toBe(3);
  });
});

describe('§8: clients', () => {
  it('a repetition takes effect once and is answered with the first result, before and after it was applied', () => {
    const leader = new MemberUnderTest().lead();
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    leader.ask(2, { type: 'propose', requestId: 'a', command: 5 });
    leader.sync();
    leader.accept('n2', 2);
    leader.sync();
    expect(leader.terms).toEqual([1, 1]);
    leader.ask(3, { type: 'propose', requestId: 'a', command: 5 });
    for (const question of [1, 2, 3]) {
      expect(leader.answerTo(question)).toEqual({ type: 'proposed', requestId: 'a', index: 2, result: 5 });
    }
    expect(leader.state.replica.machine).toEqual({ total: 5 });
  });

  it('remembers a bounded number of requests', () => {
    const leader = new MemberUnderTest(['n1'], undefined, { maxWaiting: 20_000 }).lead([]);
    for (let i = 0; i < REQUEST_WINDOW + 10; i++) {
      leader.ask(i + 1, { type: 'propose', requestId: `r${i}`, command: 1 });
    }
    leader.sync();
    expect(leader.state.replica.requests.size).toBe(REQUEST_WINDOW);
    expect(leader.state.replica.requests.has('r9')).toBe(false);
    expect(leader.state.replica.requests.has('r10')).toBe(true);
  });

  it('a leader that steps down answers what it has not committed: it may have happened', () => {
    const leader = new MemberUnderTest().lead();
    leader.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    leader.append('n2', 2, [0, 0], []);
    leader.sync();
    expect(leader.answerTo(1)).toMatchObject({ type: 'propose-failed', error: 'unknown' });
  });

  it('who does not lead forwards to the leader it knows, once, and passes the answer on', () => {
    const member = new MemberUnderTest();
    member.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    expect(member.answerTo(1)).toMatchObject({ type: 'propose-failed', error: 'unavailable' });
    member.append('n2', 1, [0, 0], []);
    member.sync();
    member.ask(2, { type: 'propose', requestId: 'b', command: 5 });
    const forwarded = member.driven.sent.find(({ message }) => message.type === 'propose');
    expect(forwarded).toMatchObject({ to: 'n2/raft', message: { requestId: 'b', direct: true } });
    const answer = { type: 'proposed', requestId: 'b', index: 9, result: 7 } as const;
    member.driven.tell('n1/raft', answer, { from: 'n2/raft', correlation: -(forwarded?.correlation ?? 0) });
    expect(member.answerTo(2)).toEqual(answer);
    member.ask(3, { type: 'propose', requestId: 'c', command: 5, direct: true });
    expect(member.answerTo(3)).toMatchObject({ type: 'propose-failed', error: 'unavailable' });
  });

  it('a forwarded proposal without an answer may have happened', () => {
    const member = new MemberUnderTest(undefined, undefined, { forwardTimeoutMs: 50 });
    member.append('n2', 1, [0, 0], []);
    member.sync();
    member.ask(1, { type: 'propose', requestId: 'a', command: 5 });
    member.advance(60);
    expect(member.answerTo(1)).toMatchObject({ type: 'propose-failed', error: 'unknown' });
  });

  it('refuses a command that is too large, a request without an id, and more than it can keep waiting', () => {
    const leader = new MemberUnderTest(undefined, undefined, { maxCommandBytes: 100, maxWaiting: 2 }).lead();
    leader.ask(1, { type: 'propose', requestId: 'a', command: 'x'.repeat(200) });
    expect(leader.answerTo(1)).toMatchObject({ error: 'invalid', detail: expect.stringContaining('100') as string });
    leader.ask(2, { type: 'propose', requestId: '', command: 1 });
    expect(leader.answerTo(2)).toMatchObject({ error: 'invalid' });
    for (let i = 3; i < 6; i++) leader.ask(i, { type: 'propose', requestId: `r${i}`, command: 1 });
    leader.sync();
    expect(leader.answerTo(5)).toMatchObject({ error: 'unavailable' });
  });
});

describe('the quota of bytes', () => {
  const QUOTA = { maxUncommittedBytes: 100 };
  const large = (requestId: string) => ({ type: 'propose', requestId, command: '0'.repeat(80) }) as const;

  it('the leader refuses what would exceed it, and takes it when enough is committed', () => {
    const leader = new MemberUnderTest(undefined, undefined, QUOTA).lead();
    leader.ask(1, large('a'));
    leader.ask(2, large('b'));
    leader.sync();
    expect(leader.answerTo(2)).toMatchObject({ type: 'propose-failed', error: 'unavailable', reason: 'over-quota' });
    expect(leader.terms).toHaveLength(2);
    leader.accept('n2', 2);
    leader.ask(3, large('b'));
    expect(leader.terms).toHaveLength(3);
  });

  it('where nothing waits, one of any size is taken', () => {
    const leader = new MemberUnderTest(undefined, undefined, { maxUncommittedBytes: 1 }).lead();
    leader.ask(1, large('a'));
    leader.ask(2, { type: 'propose', requestId: 'b', command: 1 });
    leader.sync();
    expect(leader.terms).toHaveLength(2);
    expect(leader.answerTo(2)).toMatchObject({ reason: 'over-quota' });
  });

  it('a new leader counts what it found', () => {
    const leader = new MemberUnderTest(undefined, { term: 1, votedFor: '', terms: [1, 1, 1] }, QUOTA).lead();
    const { uncommittedBytes } = leader.state;
    expect(uncommittedBytes).toBeGreaterThan(30);
    leader.ask(1, large('a'));
    leader.sync();
    expect(leader.answerTo(1)).toMatchObject({ reason: 'over-quota' });
  });

  it('what is forwarded counts where it is forwarded, until it is answered', () => {
    const member = new MemberUnderTest(undefined, undefined, QUOTA);
    member.append('n2', 1, [0, 0], []);
    member.sync();
    member.ask(1, large('a'));
    member.ask(2, large('b'));
    member.sync();
    expect(member.answerTo(2)).toMatchObject({ type: 'propose-failed', error: 'unavailable', reason: 'over-quota' });
    const forwarded = member.driven.sent.find(({ message }) => message.type === 'propose');
    const answer = { type: 'proposed', requestId: 'a', index: 9, result: 7 } as const;
    member.driven.tell('n1/raft', answer, { from: 'n2/raft', correlation: -(forwarded?.correlation ?? 0) });
    expect(member.state.forwardedBytes).toBe(0);
    member.ask(3, large('b'));
    expect(member.answerTo(3)).toBeUndefined();
  });
});

describe('§8: reads', () => {
  it('a leader answers a read only when a majority has answered a heartbeat sent after it was asked', () => {
    const leader = new MemberUnderTest().lead();
    leader.accept('n2', 1);
    leader.sync();
    leader.ask(1, { type: 'read', query: null });
    const { round } = leader.last('n3', 'append-entries');
    leader.accept('n2', 1, round - 1);
    expect(leader.answerTo(1)).toBeUndefined();
    leader.accept('n3', 1, round);
    expect(leader.answerTo(1)).toEqual({ type: 'read-done', index: 1, result: 0 });
  });

  it('reads that come while a round is under way share the next one', () => {
    const leader = new MemberUnderTest().lead();
    leader.accept('n2', 1);
    for (let question = 1; question <= 5; question++) leader.ask(question, { type: 'read', query: null });
    expect(leader.state.reads).toMatchObject({ round: 1, confirming: { length: 1 }, queued: { length: 4 } });
    leader.accept('n2', 1, 1);
    expect(leader.answerTo(1)).toBeDefined();
    expect(leader.answerTo(2)).toBeUndefined();
    leader.accept('n2', 1, 2);
    for (let question = 2; question <= 5; question++) expect(leader.answerTo(question)).toBeDefined();
  });

  it('a new leader answers no read before it has committed an entry of its own term', () => {
    const leader = new MemberUnderTest(undefined, { term: 1, votedFor: '', terms: [1] }).lead();
    leader.ask(1, { type: 'read', query: null });
    leader.accept('n2', 1, 9);
    expect(leader.answerTo(1)).toBeUndefined();
    leader.accept('n2', 2);
    leader.accept('n2', 2, leader.state.reads.round);
    expect(leader.answerTo(1)).toEqual({ type: 'read-done', index: 2, result: 0 });
  });

  it('a leader that steps down fails the reads that it has not confirmed', () => {
    const leader = new MemberUnderTest().lead();
    leader.accept('n2', 1);
    leader.ask(1, { type: 'read', query: null });
    leader.append('n2', 2, [0, 0], []);
    leader.sync();
    expect(leader.answerTo(1)).toMatchObject({ type: 'read-failed', error: 'unavailable' });
  });

  it('a follower asks the leader for the index and answers when it has applied so far', () => {
    const member = new MemberUnderTest();
    member.append('n2', 1, [0, 0], [1, 1]);
    member.sync();
    member.ask(1, { type: 'read', query: null });
    const question = member.driven.sent.find(({ message }) => message.type === 'read-index');
    const confirmed = { type: 'read-index-confirmed', index: 2 } as const;
    member.driven.tell('n1/raft', confirmed, { from: 'n2/raft', correlation: -(question?.correlation ?? 0) });
    expect(member.answerTo(1)).toBeUndefined();
    member.append('n2', 1, [2, 1], [], 2);
    expect(member.answerTo(1)).toEqual({ type: 'read-done', index: 2, result: 1 });
  });
});
