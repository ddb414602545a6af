import { describe, expect, it } from 'vitest';
import { MemberUnderTest } from '../member.fixture.js';
import type { RaftMessageOf } from '../messages.js';

type Install = RaftMessageOf<'install-snapshot'>;
const SMALL = Object.freeze({ compactAfterEntries: 6, keepEntries: 1, snapshotChunkBytes: 30 });

/** A leader of term 1 that has compacted its log: seven entries, of which only the last two are still there. */
function compacted(): MemberUnderTest {
  const member = new MemberUnderTest(undefined, undefined, SMALL).lead();
  for (let n = 1; n <= 6; n++) {
    member.ask(n, { type: 'propose', requestId: `r${n}`, command: n });
    member.sync();
    member.accept('n2', n + 1);
  }
  return member;
}

/** All pieces of the leader's snapshot, as n3 gets them. */
function piecesOf(leader: MemberUnderTest): Install[] {
  leader.from('n3', { type: 'append-rejected', term: 1, prevIndex: 7, hintIndex: 0, hintTerm: 0, round: 0 });
  leader.from('n3', { type: 'append-rejected', term: 1, prevIndex: 0, hintIndex: 0, hintTerm: 0, round: 0 });
  const pieces: Install[] = [];
  for (;;) {
    const piece = leader.taken('n3', 'install-snapshot').at(-1);
    if (piece === undefined) return pieces;
    pieces.push(piece);
    const offset = piece.offset + piece.data.length;
    if (offset < piece.head.size) {
      leader.from('n3', { type: 'snapshot-received', term: 1, session: piece.head.session, offset, round: 0 });
    }
  }
}

function follower(found?: ConstructorParameters<typeof MemberUnderTest>[1]): MemberUnderTest {
  return new MemberUnderTest(['n1', 'n2', 'n3'], found, SMALL);
}

const totalOf = ({ state }: MemberUnderTest): number => (state.replica.machine as { total: number }).total;

describe('§7: log compaction', () => {
  it('drops what was applied, but for the last entries, once it is durable', () => {
    const { state } = compacted();
    expect(state.snapshot?.head).toMatchObject({ index: 6, term: 1 });
    expect(state.log.firstIndex).toBe(6);
    expect(state.log.entries).toHaveLength(2);
  });

  it('a member comes back from its snapshot and the log after it', () => {
    const member = compacted();
    const total = totalOf(member);
    expect(total).toBe(21);
    const { commit, replica } = member.state;
    expect(commit).toBe(7);
    expect([...replica.requests.keys()]).toContain('r1');
  });
});

describe('thesis §6.2: a leader whose disk stalls', () => {
  /** Leads, and has just written a snapshot of six entries. */
  function snapshotting(): MemberUnderTest {
    const member = new MemberUnderTest(undefined, undefined, SMALL).lead();
    for (let n = 1; n <= 5; n++) {
      member.ask(n, { type: 'propose', requestId: `r${n}`, command: n });
      member.sync();
      member.accept('n2', n + 1);
    }
    expect(member.state.snapshot?.head.index).toBe(6);
    return member;
  }
  /** Heartbeats that the others answer, for longer than the greatest election time-out. */
  function beat(member: MemberUnderTest): void {
    for (let n = 0; n < 12 && member.state.role === 'leader'; n++) {
      member.advance(20);
      for (const follower of ['n2', 'n3']) member.accept(follower, 6, member.state.reads.round);
    }
  }

  it('makes way, also where it was a snapshot that it wrote last: what it answers waits for that', () => {
    const member = snapshotting();
    member.ask(50, { type: 'read', query: null });
    beat(member);
    expect(member.answerTo(50)).toBeUndefined();
    expect(member.state.role).toBe('follower');
  });

  it('leads on where the disk completes what it writes', () => {
    const member = snapshotting();
    member.sync();
    beat(member);
    expect(member.state.role).toBe('leader');
  });
});

describe('§7: InstallSnapshot', () => {
  it('goes in pieces to a follower that lacks what the log no longer has', () => {
    const pieces = piecesOf(compacted());
    expect(pieces.length).toBeGreaterThan(2);
    const member = follower();
    for (const piece of pieces) member.from('n2', piece);
    expect(totalOf(member)).toBe(15);
    expect(member.state).toMatchObject({ commit: 6, applied: 6 });
    member.sync();
    expect(member.last('n2', 'append-accepted').index).toBe(6);
  });

  it('what is installed is on disk only when that is said, and a repetition of a request is still known', () => {
    const member = follower();
    for (const piece of piecesOf(compacted())) member.from('n2', piece);
    expect(member.taken('n2', 'append-accepted')).toEqual([]);
    member.sync();
    member.lead(['n2']);
    member.ask(1, { type: 'propose', requestId: 'r3', command: 3 });
    expect(member.answerTo(1)).toMatchObject({ type: 'proposed', result: 6, index: 4 });
  });

  it('goes on where it was after pieces were lost or came twice, or another leader sends the same', () => {
    const [first, second, ...rest] = piecesOf(compacted()) as [Install, Install, ...Install[]];
    const member = follower();
    member.from('n2', first);
    member.from('n2', rest[0] ?? first);
    member.from('n2', first);
    member.sync();
    expect(member.last('n2', 'snapshot-received').offset).toBe(first.data.length);
    member.from('n3', { ...second, term: 2 });
    for (const piece of rest) member.from('n3', { ...piece, term: 2 });
    expect(totalOf(member)).toBe(15);
  });

  it('never mixes pieces of different snapshots', () => {
    const [first, second] = piecesOf(compacted()) as [Install, Install];
    const member = follower();
    member.from('n2', first);
    member.from('n2', { ...second, head: { ...second.head, session: 'another' } });
    member.sync();
    expect(member.last('n2', 'snapshot-received')).toMatchObject({ session: 'another', offset: 0 });
  });

  it('refuses bytes that are not those that were promised', () => {
    const pieces = piecesOf(compacted());
    const member = follower();
    for (const piece of pieces) {
      const data = piece.data.slice();
      data[0] = (data[0] ?? 0) ^ 1;
      member.from('n2', { ...piece, data });
    }
    expect(member.state.commit).toBe(0);
  });

  it('keeps the entries beyond it where the log matches (Figure 13, rule 6)', () => {
    const pieces = piecesOf(compacted());
    const member = follower({ term: 1, votedFor: '', terms: [1, 1, 1, 1, 1, 1, 1, 1, 1] });
    member.from('n2', pieces[0] as Install);
    expect(member.state).toMatchObject({ commit: 6, snapshot: { head: { index: 6 } } });
    expect(member.state.log.firstIndex + member.state.log.entries.length - 1).toBe(9);
  });

  it('takes the place of a log that conflicts, whose term stays', () => {
    const pieces = piecesOf(compacted());
    const member = follower({ term: 5, votedFor: 'n2', terms: [1, 2, 2, 2, 2, 2, 2, 2] });
    for (const piece of pieces) member.from('n2', { ...piece, term: 5 });
    expect(member.state).toMatchObject({ term: 5, votedFor: 'n2', commit: 6, log: { firstIndex: 7, entries: [] } });
  });

  it('the log is kept for who is being sent one, but not for ever: not beyond the bytes of the largest snapshot', () => {
    const leader = new MemberUnderTest(undefined, undefined, { ...SMALL, maxSnapshotBytes: 1000 }).lead();
    let most = 0;
    for (let n = 1; n <= 100; n++) {
      leader.ask(n, { type: 'propose', requestId: `r${n}`, command: n });
      leader.sync();
      leader.accept('n2', n + 1);
      if (n === 6)
        leader.from('n3', { type: 'append-rejected', term: 1, prevIndex: 0, hintIndex: 0, hintTerm: 0, round: 0 });
      for (const { head, round } of leader.taken('n3', 'install-snapshot')) {
        // It is too large for n3, which says so again and again.
        leader.from('n3', { type: 'snapshot-received', term: 1, session: head.session, offset: 0, round });
      }
      leader.advance(20);
      most = Math.max(most, leader.state.log.entries.length);
    }
    const { progress, log } = leader.state;
    expect(progress.get('n3')).toMatchObject({ mode: 'snapshot', sending: { snapshot: { head: { index: 6 } } } });
    expect(most).toBeGreaterThan(20);
    expect(log.entries.length).toBeLessThan(80);
  });

  it('ends when the follower has it, however it came by that', () => {
    const leader = compacted();
    piecesOf(leader);
    leader.accept('n3', 6);
    expect(leader.state.progress.get('n3')).toMatchObject({ mode: 'replicate', match: 6, sending: undefined });
    expect(leader.last('n3', 'append-entries')).toMatchObject({ prevIndex: 6, entries: [{ requestId: 'r6' }] });
  });

  it('an append from before the beginning of the log brings back nothing that was compacted', () => {
    const member = follower();
    for (const piece of piecesOf(compacted())) member.from('n2', piece);
    member.append('n2', 1, [0, 0], [1, 1, 1]);
    member.append('n2', 1, [4, 1], [1, 1, 1], 7);
    member.sync();
    expect(member.state).toMatchObject({ commit: 7, log: { firstIndex: 7 } });
    expect(member.last('n2', 'append-accepted').index).toBe(7);
  });
});
