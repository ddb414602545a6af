import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';
import type { RaftMessageOf } from '../messages.js';

type Change = RaftMessageOf<'change-configuration'>;
const change = (
  requestId: string,
  transition: Change['transition'],
  ...changes: Change['changes'][number][]
): Change => ({
  type: 'change-configuration',
  requestId,
  changes,
  transition,
});
const add = (node: string) => ({ change: 'add-voter', node }) as const;
const remove = (node: string) => ({ change: 'remove', node }) as const;
const learn = (node: string) => ({ change: 'add-learner', node }) as const;

/** Leads three members, and has committed the no-op of its term at index 1. */
function leading(): MemberUnderTest {
  const member = new MemberUnderTest().lead();
  member.accept('n2', 1);
  return member;
}
const votersOf = ({ state }: MemberUnderTest): string =>
  [state.configuration.voters, state.configuration.outgoing].map((half) => half.join(' ')).join(' | ');

describe('thesis chapter 4: changes of the group', () => {
  it('a configuration is in force as soon as it is in the log, and who comes gets the log', () => {
    const member = leading();
    member.ask(1, change('a', 'simple', add('n4')));
    expect(votersOf(member)).toBe('n1 n2 n3 n4 | ');
    expect(member.taken('n4', 'append-entries')).toHaveLength(1);
    member.sync();
    member.accept('n2', 2);
    expect(member.state.commit).toBe(1);
    member.accept('n4', 2);
    expect(member.state.commit).toBe(2);
    expect(member.answerTo(1)).toMatchObject({ type: 'proposed', result: { voters: ['n1', 'n2', 'n3', 'n4'] } });
  });

  it('the rule of 2015: none begins before an entry of the own term is committed', () => {
    const member = new MemberUnderTest(undefined, { term: 3, votedFor: '', terms: [1, 2] }).lead();
    member.ask(1, change('a', 'simple', add('n4')));
    expect(member.answerTo(1)).toMatchObject({ type: 'propose-failed', error: 'unavailable' });
    member.accept('n2', 3);
    member.ask(2, change('b', 'simple', add('n4')));
    expect(votersOf(member)).toBe('n1 n2 n3 n4 | ');
  });

  it('one at a time', () => {
    const member = leading();
    member.ask(1, change('a', 'simple', add('n4')));
    member.ask(2, change('b', 'simple', add('n5')));
    member.sync();
    expect(member.answerTo(2)).toMatchObject({ type: 'propose-failed', error: 'unavailable' });
  });

  it('a change that makes no sense is refused, and says what would', () => {
    const member = leading();
    member.ask(1, change('a', 'simple', add('n4'), add('n5')));
    member.ask(2, change('b', 'leave'));
    member.ask(3, change('c', 'simple', remove('n1'), remove('n2'), remove('n3')));
    for (const question of [1, 2, 3]) {
      expect(member.answerTo(question)).toMatchObject({ type: 'propose-failed', error: 'invalid' });
    }
  });

  it('a joint configuration needs both halves, and ends by itself where it was asked to', () => {
    const member = leading();
    member.ask(1, change('a', 'auto', add('n4'), add('n5'), remove('n2'), remove('n3')));
    expect(votersOf(member)).toBe('n1 n4 n5 | n1 n2 n3');
    member.sync();
    member.accept('n4', 2);
    expect(member.state.commit).toBe(1);
    member.accept('n2', 2);
    expect(member.state.commit).toBe(2);
    expect(votersOf(member)).toBe('n1 n4 n5 | ');
    expect(member.state.log.entries).toHaveLength(3);
  });

  it('an explicit joint configuration stays until it is left', () => {
    const member = leading();
    member.ask(1, change('a', 'joint', add('n4')));
    member.sync();
    for (const peer of ['n2', 'n4']) member.accept(peer, 2);
    expect(votersOf(member)).toBe('n1 n2 n3 n4 | n1 n2 n3');
    member.ask(2, change('b', 'simple', add('n5')));
    expect(member.answerTo(2)).toMatchObject({ error: 'invalid' });
    member.ask(3, change('c', 'leave'));
    expect(votersOf(member)).toBe('n1 n2 n3 n4 | ');
  });

  it('a learner gets the log and counts for nothing', () => {
    const member = leading();
    member.ask(1, change('a', 'simple', learn('n4')));
    expect(member.taken('n4', 'append-entries')).toHaveLength(1);
    member.sync();
    member.accept('n4', 2);
    expect(member.state.commit).toBe(1);
    member.accept('n3', 2);
    expect(member.state.commit).toBe(2);
  });

  it('a read that waited for the answer of who is removed is confirmed by those that are left', () => {
    const member = new MemberUnderTest(['n1', 'n2']).lead();
    member.accept('n2', 1);
    member.ask(1, { type: 'read', query: null });
    member.ask(2, change('a', 'simple', remove('n2')));
    member.sync();
    expect(member.answerTo(2)).toMatchObject({ type: 'proposed', result: { voters: ['n1'] } });
    member.advance(20);
    expect(member.answerTo(1)).toMatchObject({ type: 'read-done' });
  });

  it('a leader that removed itself leads until that is committed, does not count itself, and hands over', () => {
    const member = leading();
    member.ask(1, change('a', 'simple', remove('n1')));
    member.sync();
    member.accept('n2', 2);
    expect(member.state).toMatchObject({ role: 'leader', commit: 1 });
    member.accept('n3', 2);
    expect(member.state).toMatchObject({ role: 'follower', commit: 2 });
    member.sync();
    expect(member.answerTo(1)).toMatchObject({ type: 'proposed' });
    expect(member.taken('n2', 'timeout-now').length + member.taken('n3', 'timeout-now').length).toBe(1);
    member.advance(1000);
    expect(member.state).toMatchObject({ role: 'follower', term: 1 });
  });

  it('a configuration that another leader removes from the log is in force no more', () => {
    const member = leading();
    member.ask(1, change('a', 'simple', add('n4')));
    member.append('n2', 2, [1, 1], [2]);
    expect(votersOf(member)).toBe('n1 n2 n3 | ');
  });

  it('comes back from a crash', () => {
    const member = new MemberUnderTest(['n1', 'n2', 'n3'], {
      term: 2,
      votedFor: '',
      terms: [1, 2],
      configurations: { 2: { voters: ['n2', 'n3'], outgoing: [], learners: [], learnersNext: [], autoLeave: false } },
    });
    expect(votersOf(member)).toBe('n2 n3 | ');
    member.append('n2', 2, [2, 2], [], 2);
    member.advance(1000);
    expect(member.state.role).toBe('follower');
  });

  it('who removed itself may stand as long as that is not committed: it can be the only one that can be elected', () => {
    const found = {
      term: 2,
      votedFor: '',
      terms: [1, 2],
      configurations: { 2: { voters: ['n2'], outgoing: [], learners: [], learnersNext: [], autoLeave: false } },
    };
    const member = new MemberUnderTest(['n1', 'n2'], found);
    member.advance(200);
    member.sync();
    expect(member.state).toMatchObject({ role: 'candidate', term: 3 });
    member.from('n2', { type: 'vote', term: 3, granted: true });
    expect(member.state.role).toBe('leader');
    member.sync();
    member.accept('n2', 3);
    expect(member.state).toMatchObject({ role: 'follower', commit: 3 });
  });

  it('who is not a member waits, and takes the log of whoever leads it', () => {
    const member = new MemberUnderTest(['n2', 'n3']);
    member.advance(1000);
    expect(member.state).toMatchObject({ role: 'follower', term: 0 });
    member.append('n2', 1, [0, 0], [1]);
    member.sync();
    expect(member.last('n2', 'append-accepted').index).toBe(1);
  });

  it('a learner votes when it is asked: who asks may know of a configuration in which it does', () => {
    const member = new MemberUnderTest(['n2', 'n3']);
    member.from('n2', { type: 'request-vote', term: 1, lastIndex: 0, lastTerm: 0, transfer: false });
    member.sync();
    expect(member.last('n2', 'vote').granted).toBe(true);
  });

  it("a learner that lags is not promoted: 90 % of the leader's log are asked for, and that it is heard", () => {
    const member = leading();
    member.ask(1, change('a', 'simple', learn('n4')));
    member.sync();
    member.accept('n2', 2);
    for (let n = 1; n <= 18; n++) member.ask(10 + n, { type: 'propose', requestId: `r${n}`, command: n });
    member.sync();
    member.accept('n2', 20);
    member.accept('n4', 17);
    member.ask(2, change('b', 'simple', add('n4')));
    member.sync();
    expect(member.answerTo(2)).toMatchObject({
      error: 'unavailable',
      reason: 'learner-lags',
      detail: 'n4 has the log up to 17 of 20, less than 90 %; promote it when it has caught up',
    });
    member.from('n4', { type: 'append-accepted', term: 1, index: 18, round: 50, unknown: true });
    member.ask(3, change('b', 'simple', add('n4')));
    expect(member.answerTo(3)).toMatchObject({ reason: 'learner-lags', detail: expect.stringMatching('disk') });
    member.accept('n4', 18);
    member.ask(4, change('b', 'simple', add('n4')));
    expect(votersOf(member)).toBe('n1 n2 n3 n4 | ');
  });
});
