import { describe, expect, it } from 'vitest';
import { NOBODY, type TraceEvent, type TraceMessage } from './event.js';
import { refusalOf } from './refusal.fixture.js';

const GROUP = ['n1', 'n2', 'n3'];

/** An event at a follower of a term, with a log of so many entries and nothing committed. */
function at(
  nid: string,
  name: string,
  term: number,
  log = 0,
  more: Partial<TraceEvent> & { vote?: string } = {},
): TraceEvent {
  const { vote = NOBODY, ...rest } = more;
  return { name, nid, state: { term, vote, commit: 0 }, role: 'StateFollower', log, conf: [GROUP, []], ...rest };
}

function message(type: string, from: string, to: string, more: Partial<TraceMessage> = {}): TraceMessage {
  const none = { entries: 0, logTerm: 0, index: 0, commit: 0, vote: NOBODY, reject: false, rejectHint: 0 };
  return { type, term: 1, from, to, ...none, ...more };
}

const candidate = { role: 'StateCandidate', vote: 'n1' } as const;
const leader = { role: 'StateLeader', vote: 'n1' } as const;
const askOf = (to: string): TraceMessage => message('MsgVote', 'n1', to);
const voteOf = (from: string): TraceMessage => message('MsgVoteResp', from, 'n1');

/** All have started, and n1 stands in term 1 with what it needs for that on its disk. */
const STANDING: readonly TraceEvent[] = [
  ...GROUP.map((nid) => at(nid, 'InitState', 0)),
  at('n1', 'BecomeCandidate', 1, 0, candidate),
  at('n1', 'SendRequestVoteRequest', 1, 0, { ...candidate, msg: askOf('n2') }),
  at('n1', 'SendRequestVoteRequest', 1, 0, { ...candidate, msg: askOf('n3') }),
  at('n1', 'Ready', 1, 0, candidate),
];

/** n2 votes for n1, which leads with that, appends an entry and sends it to both. */
const LED: readonly TraceEvent[] = [
  ...STANDING,
  at('n2', 'ReceiveRequestVoteRequest', 0, 0, { msg: askOf('n2') }),
  at('n2', 'SendRequestVoteResponse', 1, 0, { vote: 'n1', msg: voteOf('n2') }),
  at('n2', 'Ready', 1, 0, { vote: 'n1' }),
  at('n1', 'ReceiveRequestVoteResponse', 1, 0, { ...candidate, msg: voteOf('n2') }),
  at('n1', 'BecomeLeader', 1, 0, leader),
  at('n1', 'Replicate', 1, 0, leader),
  ...['n2', 'n3'].map((to) =>
    at('n1', 'SendAppendEntriesRequest', 1, 1, { ...leader, msg: message('MsgApp', 'n1', to, { entries: 1 }) }),
  ),
];

/** n2 has nothing any more, and takes the leader's entry. */
const ANEW: readonly TraceEvent[] = [
  ...LED,
  at('n2', 'InitState', 0),
  at('n2', 'ReceiveAppendEntriesRequest', 0, 0, { msg: message('MsgApp', 'n1', 'n2', { entries: 1 }) }),
];
const held = (more: Partial<TraceMessage> = {}): TraceMessage =>
  message('MsgAppResp', 'n2', 'n1', { index: 1, ...more });

describe('the model and a member that comes back under its name with an empty disk', () => {
  it('may say what it holds if it says that it does not count', () => {
    const answered = at('n2', 'SendAppendEntriesResponse', 1, 1, { msg: held({ unknown: true }) });
    expect(refusalOf([...ANEW, answered])).toBeUndefined();
  });

  it('may not count once it has voted under that name', () => {
    const answered = at('n2', 'SendAppendEntriesResponse', 1, 1, { msg: held() });
    expect(refusalOf([...ANEW, answered])).toMatch(/^event \d+, SendAppendEntriesResponse at n2: it lost its disk/);
  });

  it('may not vote again, nor stand', () => {
    const standing = at('n2', 'BecomeCandidate', 1, 0, { role: 'StateCandidate', vote: 'n2' });
    expect(refusalOf([...LED, at('n2', 'InitState', 0), standing])).toMatch(/BecomeCandidate at n2: it lost its disk/);
    const voted = [
      at('n2', 'ReceiveRequestVoteRequest', 0, 0, { msg: askOf('n2') }),
      at('n2', 'SendRequestVoteResponse', 1, 0, { vote: 'n1', msg: voteOf('n2') }),
    ];
    expect(refusalOf([...LED, at('n2', 'InitState', 0), ...voted])).toMatch(/SendRequestVoteResponse at n2: it lost/);
  });

  it('takes part like any other where nobody can rely on what it lost', () => {
    const listened = [
      at('n3', 'ReceiveAppendEntriesRequest', 0, 0, { msg: message('MsgApp', 'n1', 'n3', { entries: 1 }) }),
      at('n3', 'Ready', 1, 1),
      at('n3', 'InitState', 0),
      at('n3', 'BecomeCandidate', 1, 0, { role: 'StateCandidate', vote: 'n3' }),
    ];
    expect(refusalOf([...LED, ...listened])).toBeUndefined();
  });

  it('stands by what it said before, which was on its disk when it said so', () => {
    const late = at('n1', 'ReceiveRequestVoteResponse', 1, 0, { ...candidate, msg: voteOf('n2') });
    const lost = [...LED.slice(0, STANDING.length + 3), at('n2', 'InitState', 0)];
    expect(refusalOf([...lost, late])).toBeUndefined();
  });

  it('counts for no commit as long as it says that it does not count', () => {
    const committed = [
      at('n2', 'SendAppendEntriesResponse', 1, 1, { msg: held({ unknown: true }) }),
      at('n2', 'Ready', 1, 1),
      at('n1', 'ReceiveAppendEntriesResponse', 1, 1, { ...leader, msg: held({ unknown: true }) }),
      at('n1', 'Commit', 1, 1, { ...leader, state: { term: 1, vote: 'n1', commit: 1 } }),
    ];
    expect(refusalOf([...ANEW, ...committed])).toMatch(
      /Commit at n1: it commits up to 1, and a majority holds up to 0/,
    );
  });
});
