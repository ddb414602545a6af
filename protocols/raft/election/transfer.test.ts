import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';

/** A leader of term 1 whose no-op (index 1) n2 has. */
function leading(): MemberUnderTest {
  const member = new MemberUnderTest().lead();
  member.accept('n2', 1);
  return member;
}

describe('thesis §3.10: leadership transfer', () => {
  it('tells a member that has the whole log to stand at once', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n2' });
    expect(member.taken('n2', 'timeout-now')).toEqual([{ type: 'timeout-now', term: 1 }]);
  });

  it('brings the member up to date first', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n3' });
    expect(member.taken('n3', 'timeout-now')).toEqual([]);
    member.accept('n3', 1);
    expect(member.taken('n3', 'timeout-now')).toHaveLength(1);
  });

  it('takes no proposal meanwhile, and takes them again when nothing came of it', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n2' });
    member.ask(2, { type: 'propose', requestId: 'a', command: 1 });
    expect(member.answerTo(2)).toMatchObject({ type: 'propose-failed', error: 'unavailable' });
    for (let i = 0; i < 11; i++) {
      member.advance(20);
      member.accept('n2', 1);
    }
    expect(member.answerTo(1)).toMatchObject({ type: 'transfer-failed', error: 'unknown' });
    member.ask(3, { type: 'propose', requestId: 'b', command: 1 });
    member.accept('n2', 2);
    member.sync();
    expect(member.answerTo(3)).toMatchObject({ type: 'proposed', requestId: 'b' });
  });

  it('answers when the member leads', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n2' });
    member.from('n2', { type: 'request-vote', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
    member.append('n2', 2, [1, 1], [2]);
    member.sync();
    expect(member.answerTo(1)).toEqual({ type: 'leadership-transferred', to: 'n2' });
  });

  it('and says so when another one does', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n2' });
    member.append('n3', 2, [0, 0], []);
    member.sync();
    expect(member.answerTo(1)).toMatchObject({ type: 'transfer-failed', error: 'unavailable' });
  });

  it('chooses the most up to date where none is named, and refuses who is no voter', () => {
    const member = leading();
    member.ask(1, { type: 'transfer-leadership', to: 'n9' });
    expect(member.answerTo(1)).toMatchObject({ type: 'transfer-failed', error: 'invalid' });
    member.ask(2, { type: 'transfer-leadership', to: '' });
    expect(member.taken('n2', 'timeout-now')).toHaveLength(1);
  });

  it('chooses nobody whose disk is not known, which could not stand, and refuses to wait for it', () => {
    const member = leading();
    member.from('n2', { type: 'append-accepted', term: 1, index: 1, round: 50, unknown: true });
    member.ask(1, { type: 'transfer-leadership', to: 'n2' });
    expect(member.answerTo(1)).toMatchObject({ type: 'transfer-failed', error: 'unavailable' });
    member.accept('n3', 1);
    member.ask(2, { type: 'transfer-leadership', to: '' });
    expect(member.taken('n2', 'timeout-now')).toEqual([]);
    expect(member.taken('n3', 'timeout-now')).toHaveLength(1);
  });

  it('who is told to stand raises its term and says why, although it would have asked for pre-votes', () => {
    const member = new MemberUnderTest(undefined, undefined, { preVote: true, leaderStickiness: true });
    member.append('n2', 1, [0, 0], []);
    member.from('n2', { type: 'timeout-now', term: 1 });
    member.sync();
    expect(member.state).toMatchObject({ role: 'candidate', term: 2 });
    expect(member.last('n3', 'request-vote')).toMatchObject({ term: 2, transfer: true });
  });

  it('a message of an earlier term, or of who does not lead, makes nobody stand', () => {
    const member = new MemberUnderTest(undefined, { term: 5, votedFor: '', terms: [] });
    member.append('n2', 5, [0, 0], []);
    member.from('n2', { type: 'timeout-now', term: 4 });
    member.from('n3', { type: 'timeout-now', term: 5 });
    expect(member.state).toMatchObject({ role: 'follower', term: 5 });
  });
});
