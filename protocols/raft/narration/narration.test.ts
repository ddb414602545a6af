import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';
import type { RaftStep, RaftStepMessage } from './steps.js';

/** A step in one line: the role, the term, whom the vote is for, commit and last index as they are shown; then what goes with the step. */
function lineOf({ step, role, term, votedFor, commit, lastIndex, message, configuration }: RaftStep): string {
  const shown = `${step}: ${role} ${term} for ${votedFor || 'nobody'}, ${commit} of ${lastIndex}`;
  const voters = configuration === undefined ? '' : `; ${configuration.voters.join(' ')}`;
  return message === undefined ? shown + voters : `${shown}; ${inWords(message)}`;
}

function inWords({ type, from, to, term, entries, index, logTerm, commit, reject }: RaftStepMessage): string {
  const about = type === 'MsgVoteResp' ? 'yes' : type === 'MsgAppResp' ? `has ${index}` : `after ${index}/${logTerm}`;
  const appended = type === 'MsgApp' ? `, ${entries} entries, commit ${commit}` : '';
  return `${from} to ${to} in ${term}: ${reject ? 'no' : about}${appended}`;
}

function followed(found?: ConstructorParameters<typeof MemberUnderTest>[1]): MemberUnderTest {
  return new MemberUnderTest(undefined, found, {}, true);
}

/** What it has told since it was last asked. */
const told = (member: MemberUnderTest): string[] => member.narrated().map(lineOf);

/** Leads term 1 with its no-op committed, and has told all about it. */
function leading(): MemberUnderTest {
  const member = followed().lead();
  member.accept('n2', 1);
  member.narrated();
  return member;
}

describe('what a member narrates', () => {
  it('nothing of a request for its vote that it does not take up, since its disk is not known', () => {
    const member = new MemberUnderTest(undefined, { term: 0, votedFor: '', terms: [] }, {}, true);
    const request = { type: 'request-vote', term: 4, lastIndex: 9, lastTerm: 3, transfer: false } as const;
    member.state.identity.isKnown = false;
    member.narrated();
    member.from('n2', request);
    expect(told(member)).toEqual([]);
    member.state.identity.isKnown = true;
    member.from('n2', request);
    expect(told(member)[0]).toMatch('ReceiveRequestVoteRequest');
  });

  it('of an election: a word to itself counts once it is durable', () => {
    const member = followed();
    // Ready: the name of its disk.
    expect(told(member)).toEqual(['InitState: follower 0 for nobody, 0 of 0', 'Ready: follower 0 for nobody, 0 of 0']);
    member.advance(200);
    expect(told(member)).toEqual([
      'BecomeCandidate: candidate 1 for n1, 0 of 0',
      'SendRequestVoteResponse: candidate 1 for n1, 0 of 0; n1 to n1 in 1: yes',
      'SendRequestVoteRequest: candidate 1 for n1, 0 of 0; n1 to n2 in 1: after 0/0',
      'SendRequestVoteRequest: candidate 1 for n1, 0 of 0; n1 to n3 in 1: after 0/0',
    ]);
    member.sync();
    expect(told(member)).toEqual([
      'Ready: candidate 1 for n1, 0 of 0',
      'ReceiveRequestVoteResponse: candidate 1 for n1, 0 of 0; n1 to n1 in 1: yes',
    ]);
  });

  it('of a leader: the entry before it is in the log, and the appends before it is durable', () => {
    const member = followed();
    member.advance(200);
    member.sync();
    member.narrated();
    member.from('n2', { type: 'vote', term: 1, granted: true });
    expect(told(member)).toEqual([
      'ReceiveRequestVoteResponse: candidate 1 for n1, 0 of 0; n2 to n1 in 1: yes',
      'BecomeLeader: leader 1 for n1, 0 of 0',
      'Replicate: leader 1 for n1, 0 of 0',
      'SendAppendEntriesResponse: leader 1 for n1, 0 of 1; n1 to n1 in 1: has 1',
      'SendAppendEntriesRequest: leader 1 for n1, 0 of 1; n1 to n2 in 1: after 0/0, 1 entries, commit 0',
      'SendAppendEntriesRequest: leader 1 for n1, 0 of 1; n1 to n3 in 1: after 0/0, 1 entries, commit 0',
    ]);
    member.sync();
    member.accept('n2', 1);
    expect(told(member)).toEqual([
      'Ready: leader 1 for n1, 0 of 1',
      'ReceiveAppendEntriesResponse: leader 1 for n1, 0 of 1; n1 to n1 in 1: has 1',
      'ReceiveAppendEntriesResponse: leader 1 for n1, 0 of 1; n2 to n1 in 1: has 1',
      'Commit: leader 1 for n1, 1 of 1',
    ]);
  });

  it('of an append at a follower: the commit that came with it shows in the answer', () => {
    const member = followed({ term: 2, votedFor: 'n3', terms: [1, 2] });
    member.narrated();
    member.append('n3', 2, [2, 2], [2, 2], 3);
    expect(told(member)).toEqual([
      'ReceiveAppendEntriesRequest: follower 2 for n3, 0 of 2; n3 to n1 in 2: after 2/2, 2 entries, commit 3',
      'SendAppendEntriesResponse: follower 2 for n3, 3 of 4; n1 to n3 in 2: has 4',
    ]);
    member.sync();
    expect(told(member)).toEqual(['Ready: follower 2 for n3, 3 of 4']);
  });

  it('of a restart: what was durable, and nothing of what was not', () => {
    const member = followed({ term: 2, votedFor: 'n3', terms: [1, 2] });
    expect(told(member)).toEqual(['InitState: follower 2 for n3, 0 of 2']);
  });

  it('of a later term: as the message comes it still leads, and it answers as a follower', () => {
    const member = leading();
    member.append('n2', 3, [9, 3], []);
    expect(told(member)).toEqual([
      'ReceiveAppendEntriesRequest: leader 1 for n1, 1 of 1; n2 to n1 in 3: after 9/3, 0 entries, commit 0',
      'BecomeFollower: follower 3 for nobody, 1 of 1',
      'SendAppendEntriesResponse: follower 3 for nobody, 1 of 1; n1 to n2 in 3: no',
    ]);
  });

  it('of a change of the group: the entry with what it will be, then that it is in force', () => {
    const member = leading();
    const changes = [{ change: 'add-voter', node: 'n4' }] as const;
    member.ask(1, { type: 'change-configuration', requestId: 'a', transition: 'simple', changes });
    const [entry, inForce, held, ...sent] = told(member);
    expect(entry).toBe('ChangeConf: leader 1 for n1, 1 of 1; n1 n2 n3 n4');
    expect(inForce).toBe('ApplyConfChange: leader 1 for n1, 1 of 2; n1 n2 n3 n4');
    expect(held).toBe('SendAppendEntriesResponse: leader 1 for n1, 1 of 2; n1 to n1 in 1: has 2');
    expect(sent).toContain(
      'SendAppendEntriesRequest: leader 1 for n1, 1 of 2; n1 to n4 in 1: after 1/1, 1 entries, commit 1',
    );
  });

  it('is nothing where nobody follows', () => {
    expect(told(new MemberUnderTest().lead())).toEqual([]);
  });

  it('changes nothing of what the member does', () => {
    const [one, other] = [followed().lead(), new MemberUnderTest().lead()];
    expect(one.driven.sent).toEqual(other.driven.sent);
    expect(one.driven.observed).toEqual(other.driven.observed);
    expect(one.driven.storage.records).toEqual(other.driven.storage.records);
  });
});
