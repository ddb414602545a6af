import { describe, expect, it } from 'vitest';
import { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
import type { CoordinatorAnswer, CoordinatorRequest, KeyValue, WatchEvent } from '../../coordinator/index.js';
import type { LeaseRequest } from '../client-messages.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import { leaseMember } from './member.js';
import type { Member } from './state.js';

const PARAMS = { stores: ['s'], members: ['n1', 'n2'], options: { sessionTtlMs: 1000, keepAliveEveryMs: 200 } };

/** A member whose store is the test: it sees what the member sends, and answers what it likes. */
class LonelyMember {
  readonly node: HandDrivenNode;

  constructor(options: object = {}) {
    const params = { ...PARAMS, options: { ...PARAMS.options, ...options } };
    this.node = new HandDrivenNode([{ name: 'coordinator', definition: leaseMember, params }]);
  }

  get state(): Member {
    return this.node.node.stateOf('coordinator') as Member;
  }
  ask(request: CoordinatorRequest | LeaseRequest, correlation = 1): void {
    this.node.tell('n1/coordinator', request, { correlation });
  }
  store(answer: StoreAnswer): void {
    this.node.tell('n1/coordinator', answer, { from: 's/lease-store' });
  }
  sentToStore<T extends StoreRequest['type']>(type: T): Extract<StoreRequest, { type: T }>[] {
    const messages = this.node.sent.filter(({ to }) => to === 's/lease-store').map(({ message }) => message);
    return messages.filter((message) => message.type === type) as Extract<StoreRequest, { type: T }>[];
  }
  answers(): CoordinatorAnswer[] {
    return this.node.sent.filter(({ to }) => to === 'n2/peer').map(({ message }) => message as CoordinatorAnswer);
  }
  commands(): Extract<StoreRequest, { type: 'store-execute' }>['command'][] {
    return this.sentToStore('store-execute').map(({ command }) => command);
  }
  requestIdOf(kind: string, key = ''): string {
    const found = this.commands().findLast(
      (command) => command.kind === kind && (key === '' || JSON.stringify(command).includes(key)),
    );
    return found !== undefined && 'requestId' in found ? found.requestId : '';
  }
  beginSession(): void {
    const requestId = this.requestIdOf('lease-grant');
    const outcome = { kind: 'lease-granted', leaseId: 'lease-1', ttlMs: 1000 } as const;
    this.store({ type: 'store-executed', requestId, outcome });
  }
  /** Lets the member win the election with token 5; it stands still for `stillUs` before it learns that it is the oldest. */
  win(stillUs = 0): void {
    this.beginSession();
    this.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    const requestId = this.requestIdOf('txn', 'election/e/');
    const key = [...this.state.candidacies.values()][0]?.key ?? '';
    const own: KeyValue = { key, value: 'me', createRevision: 5, modRevision: 5, version: 1, leaseId: 'lease-1' };
    const range = { kind: 'range' as const, found: [own], more: false };
    const results = [{ kind: 'put' as const }, range];
    this.store({
      type: 'store-executed',
      requestId,
      outcome: { kind: 'txn-done', succeeded: true, revision: 5, results },
    });
    const check = this.sentToStore('store-read').at(-1);
    this.node.nowUs += stillUs;
    this.store({ type: 'store-read-done', readId: check?.readId ?? '', revision: 6, results: [range] });
  }
  keepAlive(): void {
    const { leaseId, attempt } = this.sentToStore('store-keep-alive').at(-1) ?? { leaseId: '', attempt: 0 };
    this.store({ type: 'store-kept', leaseId, attempt, ttlMs: 1000 });
  }
}

const PUT: CoordinatorRequest = {
  type: 'txn',
  requestId: 'x#1',
  compare: [],
  then: [{ kind: 'put', key: 'k', value: 1, leaseId: '' }],
  else: [],
};

describe('lease member', () => {
  it('repeats a request with its id, then says that it may have happened', () => {
    const member = new LonelyMember();
    member.ask(PUT);
    for (let ms = 0; ms < 8000; ms += 10) member.node.advance(10_000);
    const tries = member.commands().filter((command) => 'requestId' in command && command.requestId === 'x#1');
    expect(tries.length).toBeGreaterThan(3);
    expect(member.answers()).toMatchObject([{ type: 'failed', requestId: 'x#1', error: 'unknown' }]);
  });

  it('says of a read without an answer that it did not happen', () => {
    const member = new LonelyMember();
    member.ask({ type: 'read', operations: [{ kind: 'get', key: 'k' }] });
    for (let ms = 0; ms < 8000; ms += 10) member.node.advance(10_000);
    expect(member.answers()).toMatchObject([{ type: 'failed', error: 'unavailable' }]);
  });

  it('answers once, to all who asked for the same request', () => {
    const member = new LonelyMember();
    member.ask(PUT, 1);
    member.ask(PUT, 2);
    const outcome = { kind: 'txn-done', succeeded: true, revision: 3, results: [{ kind: 'put' }] } as const;
    member.store({ type: 'store-executed', requestId: 'x#1', outcome });
    member.store({ type: 'store-executed', requestId: 'x#1', outcome });
    const answered = member.node.sent.filter(({ to }) => to === 'n2/peer').map(({ correlation }) => correlation);
    expect(answered).toEqual([-1, -2]);
  });

  it('refuses what is too much or without a name', () => {
    const member = new LonelyMember({ maxPending: 4, maxWatches: 1 });
    member.ask({ ...PUT, requestId: '' });
    for (const n of [1, 2, 3, 4, 5]) member.ask({ ...PUT, requestId: `x#${n}` });
    expect(member.answers()[0]).toMatchObject({
      error: 'invalid',
      detail: expect.stringMatching(/requestId is empty/),
    });
    expect(member.answers().at(-1)).toMatchObject({ requestId: 'x#5', error: 'unavailable' });
    member.ask({ type: 'watch', watchId: 'a', prefix: '', fromRevision: 1 });
    member.ask({ type: 'watch', watchId: 'b', prefix: '', fromRevision: 1 });
    expect(member.answers().at(-1)).toMatchObject({ requestId: 'b', error: 'invalid' });
  });

  it('is deposed by its own clock, before the store may end the lease, when nobody answers', () => {
    const member = new LonelyMember();
    member.win();
    expect(member.answers().at(-1)).toMatchObject({ type: 'elected', token: 5 });
    member.node.advance(899_999);
    expect(member.answers().at(-1)).toMatchObject({ type: 'elected' });
    member.node.advance(1);
    expect(member.answers().at(-1)).toEqual({ type: 'deposed', election: 'e', token: 5 });
  });

  it('counts a kept lease from when it asked, not from when it was answered', () => {
    const member = new LonelyMember();
    member.win();
    member.node.advance(200_000);
    member.node.nowUs += 500_000;
    member.keepAlive();
    member.node.advance(399_999);
    expect(member.answers().at(-1)).toMatchObject({ type: 'elected' });
    member.node.advance(1);
    expect(member.answers().at(-1)).toMatchObject({ type: 'deposed' });
  });

  it('does not claim with a lease that ended while it stood still', () => {
    const member = new LonelyMember();
    member.win(900_000);
    expect(member.answers().filter((answer) => answer.type === 'elected')).toEqual([]);
    expect(member.node.types()).toContain('session-lost');
    const other = new LonelyMember();
    other.win(899_999);
    expect(other.answers().filter((answer) => answer.type === 'elected')).toHaveLength(1);
  });

  it('deletes, when it resigns, its own key and only as it was put', () => {
    const member = new LonelyMember();
    member.win();
    const { key } = [...member.state.candidacies.values()][0] ?? { key: '' };
    member.ask({ type: 'resign', election: 'e', token: 4 });
    expect(member.answers().at(-1)).toEqual({ type: 'resigned', election: 'e' });
    expect(member.state.candidacies.size).toBe(1);
    member.ask({ type: 'resign', election: 'e', token: 5 });
    expect(member.commands().at(-1)).toMatchObject({
      compare: [{ key, target: 'create', operator: '=', operand: 5 }],
      then: [{ kind: 'delete', key }],
      else: [],
    });
  });

  it('takes each event once, in order, and asks for what it lacks', () => {
    const member = new LonelyMember();
    member.ask({ type: 'watch', watchId: 'w', prefix: 'k', fromRevision: 3 });
    member.node.advance(20_000);
    const [watch] = member.sentToStore('store-watch').at(-1)?.watches ?? [];
    expect(watch).toMatchObject({ prefix: 'k', nextRevision: 3 });
    const watchId = watch?.watchId ?? '';
    const entry: KeyValue = { key: 'k', value: 1, createRevision: 1, modRevision: 1, version: 1, leaseId: '' };
    const batch = (fromRevision: number, nextRevision: number, revisions: number[]): StoreAnswer => ({
      type: 'store-watch-batch',
      session: member.state.name,
      watchId,
      fromRevision,
      nextRevision,
      revision: 9,
      changes: revisions.map((revision) => ({ revision, events: [{ kind: 'put', entry }] })),
    });
    member.store(batch(5, 10, [6]));
    expect(member.sentToStore('store-watch-next').at(-1)).toMatchObject({ watchId, nextRevision: 3 });
    member.store(batch(3, 5, [3, 4]));
    member.store(batch(3, 10, [3, 4, 6]));
    member.store(batch(5, 10, [6]));
    const delivered = member.answers().flatMap((answer) => (answer.type === 'watch-events' ? [answer.revision] : []));
    expect(delivered).toEqual([3, 4, 6]);
  });

  it('puts a revision together from its fragments, whatever comes twice or not at all', () => {
    const { member, watchId, batch, given } = watching();
    const [first, second, third] = [event('k1'), event('k2'), event('k3')];
    batch(watchId, { fromRevision: 5, nextRevision: 5, nextEvent: 1 }, [{ revision: 5, events: [first] }]);
    expect(given()).toEqual([]);
    // The second part is lost: the third one cannot be taken, and what is missing is asked for.
    batch(watchId, { fromRevision: 5, fromEvent: 2, nextRevision: 6 }, [{ revision: 5, events: [third] }]);
    expect(given()).toEqual([]);
    expect(member.sentToStore('store-watch-next').at(-1)).toMatchObject({ nextRevision: 5, nextEvent: 1 });
    const part = { fromRevision: 5, fromEvent: 1, nextRevision: 5, nextEvent: 2 };
    batch(watchId, part, [{ revision: 5, events: [second] }]);
    batch(watchId, part, [{ revision: 5, events: [second] }]);
    batch(watchId, { fromRevision: 5, fromEvent: 2, nextRevision: 6 }, [{ revision: 5, events: [third] }]);
    expect(given()).toEqual([['k1', 'k2', 'k3']]);
  });

  it('begins a revision anew when it comes from its start again', () => {
    const { watchId, batch, given } = watching();
    batch(watchId, { fromRevision: 5, nextRevision: 5, nextEvent: 1 }, [{ revision: 5, events: [event('k1')] }]);
    const whole = [{ revision: 5, events: [event('k1'), event('k2')] }];
    batch(watchId, { fromRevision: 5, nextRevision: 6 }, whole);
    batch(watchId, { fromRevision: 5, nextRevision: 6 }, whole);
    expect(given()).toEqual([['k1', 'k2']]);
  });

  it('tells progress when it is asked for, as of what it has delivered', () => {
    const { member, watchId, batch } = watching();
    const progress = (): unknown[] => member.answers().filter(({ type }) => (type as string) === 'watch-progress');
    member.ask({ type: 'watch-progress-wanted', watchId: 'mine' });
    // More is on its way: nothing can be said yet.
    batch(watchId, { fromRevision: 5, nextRevision: 7 }, [{ revision: 6, events: [event('k1')] }], 9);
    expect(progress()).toEqual([]);
    batch(watchId, { fromRevision: 7, nextRevision: 10 }, [], 9);
    expect(progress()).toEqual([{ type: 'watch-progress', watchId: 'mine', revision: 9 }]);
    batch(watchId, { fromRevision: 10, nextRevision: 10 }, [], 9);
    expect(progress()).toHaveLength(1);
  });

  it('shows its clients a namespace as if it were the store', () => {
    const member = new LonelyMember({ namespace: 'tenant/' });
    const get = { kind: 'get' as const, key: 'k' };
    member.ask({ type: 'read', operations: [get] });
    const read = member.sentToStore('store-read').find(({ operations }) => operations[0]?.kind === 'get');
    expect(read?.operations).toEqual([{ kind: 'get', key: 'tenant/k' }]);
    const found = event('tenant/k').entry;
    member.store({
      type: 'store-read-done',
      readId: read?.readId ?? '',
      revision: 3,
      results: [{ kind: 'get', found }],
    });
    expect(member.answers().at(-1)).toMatchObject({ results: [{ kind: 'get', found: { key: 'k' } }] });
    member.beginSession();
    member.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    expect(JSON.stringify(member.commands().at(-1))).toContain('tenant/election/e/');
  });
});

function event(key: string): WatchEvent {
  const entry = { key, value: 1, createRevision: 5, modRevision: 5, version: 1, leaseId: '' };
  return { kind: 'put', entry };
}

/** A member with a client's watch from revision 5 on. */
function watching() {
  const member = new LonelyMember();
  member.ask({ type: 'watch', watchId: 'mine', prefix: 'k', fromRevision: 5 });
  const watchId = [...member.state.watches.values()].find(({ owner }) => owner.for === 'client')?.id ?? '';
  type Batch = Extract<StoreAnswer, { type: 'store-watch-batch' }>;
  const batch = (
    id: string,
    place: Pick<Batch, 'fromRevision' | 'fromEvent' | 'nextRevision' | 'nextEvent'>,
    changes: Batch['changes'],
    revision = 5,
  ): void => {
    const session = member.state.name;
    member.store({ type: 'store-watch-batch', session, watchId: id, revision, changes, ...place });
  };
  const given = (): string[][] =>
    member
      .answers()
      .flatMap((answer) => (answer.type === 'watch-events' ? [answer.events.map(({ entry }) => entry.key)] : []));
  return { member, watchId, batch, given };
}
