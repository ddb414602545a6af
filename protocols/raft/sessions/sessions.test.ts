import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';
import type { RaftMessageOf } from '../messages.js';
import { beginSession, noteAnswered, proposalIn, sessionRequestId, takeNumber } from './client-session.js';
import { imageOfSessions, sessionsOfImage } from './session-image.js';
import {
  admitToSession,
  noSessions,
  noteInSession,
  registerSession,
  SESSIONS_MAX,
  UNACKNOWLEDGED_MAX,
  type SessionTable,
} from './sessions.js';

let asked = 0;
const ask = (member: MemberUnderTest, message: Parameters<MemberUnderTest['ask']>[1]): number => {
  member.ask(++asked, message);
  return asked;
};
/** Asks, and lets the entry be committed. */
const settled = (
  member: MemberUnderTest,
  message: Parameters<MemberUnderTest['ask']>[1],
): ReturnType<MemberUnderTest['answerTo']> => {
  const question = ask(member, message);
  member.sync();
  member.accept('n2', member.state.log.firstIndex + member.state.log.entries.length - 1);
  member.sync();
  return member.answerTo(question);
};
const register = (idleEntries?: number): RaftMessageOf<'register-session'> => ({
  type: 'register-session',
  requestId: `register-${++asked}`,
  ...(idleEntries === undefined ? {} : { idleEntries }),
});
const propose = (id: number, number: number, acknowledged: number, command: number): RaftMessageOf<'propose'> => ({
  type: 'propose',
  requestId: sessionRequestId(id, number),
  command,
  session: { id, number, acknowledged },
});
const plain = (n: number): RaftMessageOf<'propose'> => ({
  type: 'propose',
  requestId: `plain-${n}-${++asked}`,
  command: 0,
});

/** Leads, with a session that began at the entry 2. */
function withSession(idleEntries?: number): MemberUnderTest {
  const member = new MemberUnderTest().lead();
  expect(settled(member, register(idleEntries))).toMatchObject({ type: 'proposed', result: 2 });
  return member;
}
const totalOf = ({ state }: MemberUnderTest): number => (state.replica.machine as { total: number }).total;

describe('thesis §6.3: client sessions', () => {
  it('no entry is spent on a session that ends by what is in the log already, and nothing final is said of it', () => {
    const member = withSession(3);
    const entries = (): number => member.state.log.entries.length;
    const first = ask(member, propose(2, 1, 0, 5));
    for (let n = 0; n < 3; n++) ask(member, plain(n));
    const before = entries();
    const late = ask(member, propose(2, 2, 0, 5));
    member.sync();
    expect(member.answerTo(late)).toMatchObject({ type: 'propose-failed', error: 'unavailable' });
    expect(entries()).toBe(before);
    member.accept('n2', 6);
    member.sync();
    expect(member.answerTo(first)).toMatchObject({ type: 'proposed' });
    expect(member.answerTo(ask(member, propose(2, 2, 1, 5)))).toMatchObject({
      ...{ type: 'propose-failed', error: 'invalid', reason: 'session-expired' },
    });
    expect(entries()).toBe(before);
  });

  it('its own entries in the log keep a session that others would end', () => {
    const member = withSession(3);
    for (let n = 1; n <= 8; n++) ask(member, propose(2, n, 0, 1));
    const last = ask(member, propose(2, 9, 0, 1));
    member.sync();
    member.accept('n2', 11);
    member.sync();
    expect(member.answerTo(last)).toMatchObject({ type: 'proposed', result: 9 });
    expect(member.state.sessionEntries.size).toBe(0);
  });

  it('a repetition takes effect once and gets the first answer', () => {
    const member = withSession();
    expect(settled(member, propose(2, 1, 0, 5))).toMatchObject({ type: 'proposed', index: 3, result: 5 });
    expect(settled(member, propose(2, 1, 0, 5))).toMatchObject({ type: 'proposed', index: 3, result: 5 });
    expect(totalOf(member)).toBe(5);
  });

  it('no other request has the name of a proposal in a session, or it would get the answer of that', () => {
    const member = new MemberUnderTest().lead();
    const requestId = sessionRequestId(2, 1);
    const named = [
      ask(member, { type: 'register-session', requestId }),
      ask(member, { type: 'change-configuration', requestId, changes: [], transition: 'auto' }),
      ask(member, { type: 'propose', requestId, command: 5 }),
    ];
    member.sync();
    for (const question of named) {
      expect(member.answerTo(question)).toMatchObject({ error: 'invalid', detail: expect.stringMatching('session/') });
    }
    expect(member.state.proposals.size).toBe(0);
  });

  it('so it is where the repetition is in the log of a later leader', () => {
    const member = new MemberUnderTest();
    const entries = [
      { term: 1, requestId: 'r', command: null, session: { kind: 'register', idleEntries: 9 } },
      ...[1, 2].map((term) => ({
        term,
        requestId: sessionRequestId(1, 1),
        command: 5,
        session: { kind: 'propose', id: 1, number: 1, acknowledged: 0 } as const,
      })),
    ] as const;
    member.from('n2', { type: 'append-entries', term: 2, prevIndex: 0, prevTerm: 0, entries, commit: 3, round: 0 });
    expect(totalOf(member)).toBe(5);
    expect(member.state.replica.sessions.open.get(1)).toMatchObject({ lastIndex: 3, highest: 1 });
  });

  it('answers up to what the client has acknowledged are kept no more, and a late repetition takes no effect', () => {
    const member = withSession();
    settled(member, propose(2, 1, 0, 5));
    settled(member, propose(2, 2, 1, 6));
    expect([...(member.state.replica.sessions.open.get(2)?.answers.keys() ?? [])]).toEqual([2]);
    expect(settled(member, propose(2, 1, 0, 5))).toMatchObject({ error: 'unknown', reason: 'answer-dropped' });
    expect(totalOf(member)).toBe(11);
  });

  it('ends when so many entries were applied without one of its own; what is certain about a proposal is said', () => {
    const member = withSession(2);
    settled(member, propose(2, 1, 0, 5));
    settled(member, plain(1));
    settled(member, plain(2));
    // One more, so that the next of the session is the third.
    settled(member, plain(3));
    expect(settled(member, propose(2, 2, 1, 7))).toMatchObject({ error: 'invalid', reason: 'session-expired' });
    // Whoever registers takes the place of sessions that have ended, and their answers go.
    settled(member, register());
    expect(settled(member, propose(2, 1, 0, 5))).toMatchObject({ error: 'unknown', reason: 'session-expired' });
    expect(totalOf(member)).toBe(5);
  });

  it('gets no entry once it will have ended by the next: its client hears so at once, and what it did is still known', () => {
    const member = withSession(2);
    settled(member, propose(2, 1, 0, 5));
    settled(member, plain(1));
    expect(member.answerTo(ask(member, propose(2, 2, 0, 7)))).toBeUndefined();
    settled(member, plain(2));
    for (const n of [3, 4, 5]) settled(member, plain(n));
    const entries = member.state.log.entries.length;
    const refused = member.answerTo(ask(member, propose(2, 3, 0, 8)));
    expect(refused).toMatchObject({ error: 'invalid', reason: 'session-expired' });
    expect(member.answerTo(ask(member, propose(2, 2, 0, 7)))).toMatchObject({ type: 'proposed', result: 12 });
    expect(member.state.log.entries).toHaveLength(entries);
  });

  it('of a session that nobody knows any more it says that its proposals may have happened', () => {
    const member = new MemberUnderTest().lead();
    expect(settled(member, propose(77, 3, 2, 5))).toMatchObject({ error: 'unknown', reason: 'session-expired' });
    expect(totalOf(member)).toBe(0);
  });

  it('a registration that is repeated is the same session', () => {
    const member = new MemberUnderTest().lead();
    const registration = register();
    expect(settled(member, registration)).toMatchObject({ result: 2 });
    expect(settled(member, registration)).toMatchObject({ result: 2 });
    expect(member.state.replica.sessions.open.size).toBe(1);
  });

  it.each([
    [propose(0, 1, 0, 1), /session/],
    [propose(1, 1, 1, 1), /beyond what is acknowledged/],
    [{ ...propose(1, 1, 0, 1), requestId: 'x' }, /requestId: x; proposal 1 of session 1 is session\/1\/1/],
    [{ type: 'propose', requestId: 'session/1/1', command: 1 } as const, /only proposals of sessions begin with/],
    [{ type: 'register-session', requestId: 'r', idleEntries: 0 } as const, /idleEntries: 0; it must be 1 to/],
  ])('%j is refused with its place and the remedy', (message, detail) => {
    const member = new MemberUnderTest().lead();
    const answer = settled(member, message);
    expect(answer).toMatchObject({ type: 'propose-failed', error: 'invalid' });
    expect((answer as RaftMessageOf<'propose-failed'>).detail).toMatch(detail);
    expect(member.state.log.entries).toHaveLength(1);
  });

  it('the state hash tells replicas apart whose tables differ, though their machines do not', () => {
    const hashOf = (highestFirst: number): number => {
      const member = new MemberUnderTest();
      const proposalOf = (number: number, acknowledged: number) => ({
        term: 1,
        requestId: sessionRequestId(1, number),
        command: 0,
        session: { kind: 'propose', id: 1, number, acknowledged } as const,
      });
      const entries = [
        { term: 1, requestId: 'r', command: null, session: { kind: 'register', idleEntries: 9 } as const },
        proposalOf(2, 0),
        proposalOf(3, highestFirst),
      ];
      const append = { type: 'append-entries', term: 1, round: 0 } as const;
      member.from('n2', { ...append, prevIndex: 0, prevTerm: 0, entries, commit: 3 });
      const before = member.state.replica.stateHash;
      // From here on the logs are the same: only the table can tell that the answer of 2 is gone.
      member.state.replica.stateHash = 0;
      member.from('n2', { ...append, prevIndex: 3, prevTerm: 1, entries: [proposalOf(2, 0)], commit: 4 });
      expect(before).not.toBe(0);
      return member.state.replica.stateHash;
    };
    expect(hashOf(0)).not.toBe(hashOf(2));
    expect(hashOf(0)).toBe(hashOf(0));
  });
});

describe('the table of sessions', () => {
  it('where there are too many, the one that was used longest ago ends', () => {
    const table = noSessions();
    for (let index = 1; index <= SESSIONS_MAX; index++) registerSession(table, index, 1_000_000);
    admitToSession(table, { kind: 'propose', id: 1, number: 1, acknowledged: 0 }, SESSIONS_MAX + 1);
    registerSession(table, SESSIONS_MAX + 2, 1_000_000);
    expect(table.open.size).toBe(SESSIONS_MAX);
    expect([table.open.has(1), table.open.has(2)]).toEqual([true, false]);
  });

  it('a client that acknowledges nothing loses its session, and every later proposal is told that for certain', () => {
    const table = noSessions();
    registerSession(table, 1, 10_000);
    for (let number = 1; number <= UNACKNOWLEDGED_MAX; number++) {
      const admitted = admitToSession(table, { kind: 'propose', id: 1, number, acknowledged: 0 }, 1 + number);
      if ('session' in admitted) noteInSession(admitted.session, number, { index: 1 + number, result: null });
    }
    const beyond = { kind: 'propose', id: 1, number: UNACKNOWLEDGED_MAX + 1, acknowledged: 0 } as const;
    const acknowledging = { ...beyond, acknowledged: UNACKNOWLEDGED_MAX };
    for (const proposal of [beyond, acknowledging]) {
      expect(admitToSession(table, proposal, 5000)).toMatchObject({ refusal: { error: 'invalid' } });
    }
  });

  it('takes each number at most once, keeps what it said, and is the same after a snapshot at any moment', () => {
    const steps = fc.array(
      fc.record({ register: fc.nat(9), session: fc.nat(3), number: fc.integer({ min: 1, max: 6 }), back: fc.nat(3) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.nat(60), (drawn, snapshotAt) => {
        let table: SessionTable = noSessions();
        const ids: number[] = [];
        const effects = new Map<string, number>();
        const refusedForGood = new Set<string>();
        for (const [n, { register: kind, session, number, back }] of drawn.entries()) {
          const index = n + 1;
          if (n === snapshotAt) table = sessionsOfImage(structuredClone(imageOfSessions(table)));
          if (kind === 0 || ids.length === 0) {
            registerSession(table, index, 6);
            ids.push(index);
            continue;
          }
          const id = ids[session % ids.length] ?? 0;
          const name = sessionRequestId(id, number);
          const acknowledged = Math.max(0, number - 1 - back);
          const admitted = admitToSession(table, { kind: 'propose', id, number, acknowledged }, index);
          if ('session' in admitted) {
            expect(effects.has(name)).toBe(false);
            expect(refusedForGood.has(name)).toBe(false);
            effects.set(name, index);
            noteInSession(admitted.session, number, { index, result: null });
          } else if ('first' in admitted) expect(admitted.first.index).toBe(effects.get(name));
          else if (admitted.refusal.error === 'invalid') {
            expect(effects.has(name)).toBe(false);
            refusedForGood.add(name);
          }
        }
      }),
    );
  });
});

describe('a client of a session', () => {
  it('acknowledges what lies below its lowest proposal without an answer', () => {
    const session = beginSession(7);
    const [first, second, third] = [takeNumber(session), takeNumber(session), takeNumber(session)];
    noteAnswered(session, second);
    expect(proposalIn(session, third, 'x').session).toEqual({ id: 7, number: 3, acknowledged: 0 });
    noteAnswered(session, first);
    expect(proposalIn(session, third, 'x').session).toEqual({ id: 7, number: 3, acknowledged: 2 });
    expect(() => proposalIn(session, first, 'x')).toThrow(/proposal 1 of 7 was answered/);
  });
});
