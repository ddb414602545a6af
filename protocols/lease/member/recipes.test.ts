import { describe, expect, it } from 'vitest';
import { actor } from '../../../runtime/actor.js';
import { addressOf } from '../../../runtime/address.js';
import type { Message, Plain } from '../../../runtime/data.js';
import { createCalendar } from '../../../runtime/node/calendar.js';
import { combineMessages, messages, t } from '../../../runtime/schema.js';
import { runInline, type PlannedFault, type Scenario } from '../../../sim/index.js';
import { COORDINATOR_ACTOR, coordinatorAnswers, type CoordinatorRequest } from '../../coordinator/index.js';
import { leaseAnswers, type LeaseAnswer, type LeaseRequest } from '../client-messages.js';
import { leaseCoordinator } from '../coordinator.js';

const calendar = createCalendar();
const MEMBERS = ['n1', 'n2', 'n3'];
type Told = Message & { readonly atMs: number; readonly node: string; readonly [field: string]: unknown };

const understood = combineMessages(
  'user',
  messages('user', { say: { request: t.plain } }),
  combineMessages('user', coordinatorAnswers, leaseAnswers),
);

/** Says to the coordinator of its node what it is told to say, and observes every answer. */
const user = actor(understood, {
  init: () => null,
  on: {
    say: (context, _state, { request }) => {
      context.send(addressOf(context.node, COORDINATOR_ACTOR), request as unknown as CoordinatorRequest);
    },
    ...Object.fromEntries(
      ['elected', 'deposed', 'resigned', 'failed', 'proclaimed', 'proclaim-refused', 'election-leader', 'locked']
        .concat('leader-observed')
        .map((type) => [
          type,
          (context: { observe(told: Message): void }, _state: null, answer: LeaseAnswer) =>
            context.observe({ ...answer, type: `told-${type}` }),
        ]),
    ),
  },
});

type Line = readonly [atMs: number, node: string, request: CoordinatorRequest | LeaseRequest];

/** What three members were told who said this to their coordinators, on a store that works. */
function play(lines: readonly Line[], faults: readonly PlannedFault[] = [], seed = 1): Told[] {
  const cluster = { members: MEMBERS, stores: ['store'] };
  const options = { member: { sessionTtlMs: 1000, keepAliveEveryMs: 200 } };
  const scenario: Scenario = {
    name: 'recipes',
    programs: {
      store: (node) => leaseCoordinator.storeActors(node, cluster, options),
      member: (node) => [
        ...leaseCoordinator.memberActors(node, cluster, options),
        { name: 'user', definition: user, params: null },
      ],
    },
    setup: () => ({
      nodes: [
        { id: 'store', program: 'store', params: null, role: 'store' },
        ...MEMBERS.map((id) => ({ id, program: 'member', params: null, role: 'server' as const })),
      ],
      workload: lines.map(([atMs, node, request]) => ({
        atMs,
        to: `${node}/user`,
        message: { type: 'say', request: request as Plain },
      })),
    }),
    faultMs: 8000,
    healMs: 0,
    faults: 'none',
    properties: {},
  };
  const { trace = [], violations } = runInline(scenario, { seed, plan: { faults } }, { calendar, keepTrace: true });
  expect(violations).toEqual([]);
  return trace.flatMap((line) => {
    if (line.kind !== 'observation' || !line.record.observation.type.startsWith('told-')) return [];
    const { observation, node, atUs } = line.record;
    return [{ ...observation, type: observation.type.slice('told-'.length), node, atMs: atUs / 1000 } as Told];
  });
}

/** For three seconds nothing of the store comes to n1. */
const unheardStore = (ms: number): PlannedFault => ({
  ...{ name: 'cut-1', fault: 'partition-one-way', at: { ms }, forMs: 3000, params: {} },
  target: { kind: 'links', from: ['store'], to: ['n1'] },
});
const toldTo = (told: readonly Told[], node: string): string[] =>
  told.filter((answer) => answer.node === node).map(({ type }) => type);
const campaign = (election: string, candidate: string): CoordinatorRequest => ({
  ...{ type: 'campaign', election, candidate },
});
const tryLock = (election: string, candidate: string): LeaseRequest => ({ type: 'try-lock', election, candidate });
/** The first token that anybody gets: whoever has the members register first takes three revisions. */
const tokenOf = (told: readonly Told[], node: string): number =>
  Number(told.find((answer) => answer.node === node && answer.type === 'elected')?.['token']);

describe('try-lock', () => {
  it('takes a lock that is free, and tells who comes second at once', () => {
    const told = play([
      [1000, 'n1', tryLock('l', 'n1')],
      [2000, 'n2', tryLock('l', 'n2')],
      [3000, 'n1', tryLock('l', 'n1')],
    ]);
    expect(toldTo(told, 'n1')).toEqual(['elected', 'elected']);
    expect(told.find(({ type }) => type === 'locked')).toMatchObject({ node: 'n2', token: tokenOf(told, 'n1') });
    expect(told.find(({ type }) => type === 'locked')?.atMs).toBeLessThan(2100);
  });

  it('leaves nothing behind that others would wait for', () => {
    const token = tokenOf(play([[1000, 'n1', tryLock('l', 'n1')]]), 'n1');
    const told = play([
      [1000, 'n1', tryLock('l', 'n1')],
      [2000, 'n2', tryLock('l', 'n2')],
      [3000, 'n1', { type: 'resign', election: 'l', token }],
      [4000, 'n3', tryLock('l', 'n3')],
    ]);
    expect(toldTo(told, 'n2')).toEqual(['locked']);
    expect(toldTo(told, 'n3')).toEqual(['elected']);
    expect(tokenOf(told, 'n3')).toBeGreaterThan(token);
  });

  it('fails without a session, and where somebody stands on this node already', () => {
    expect(play([[1000, 'n1', tryLock('l', 'n1')]], [unheardStore(0)])[0]).toMatchObject({
      ...{ type: 'failed', error: 'unavailable' },
    });
    const told = play([
      [1000, 'n1', campaign('l', 'n1')],
      [2000, 'n2', campaign('l', 'n2')],
      [3000, 'n2', tryLock('l', 'n2')],
    ]);
    expect(told.at(-1)).toMatchObject({ node: 'n2', type: 'failed', error: 'invalid' });
  });

  it('gives it to one of those who try at the same time, or to none, and never to two', () => {
    let taken = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const told = play(
        MEMBERS.map((node) => [1000, node, tryLock('l', node)]),
        [],
        seed,
      );
      expect(told).toHaveLength(3);
      const elected = told.filter(({ type }) => type === 'elected').length;
      expect(elected).toBeLessThanOrEqual(1);
      taken += elected;
    }
    expect(taken).toBeGreaterThan(5);
  });
});

describe('proclaim, read-leader and observe-election', () => {
  const proclaim = (token: number, candidate: string, n: number): LeaseRequest => ({
    ...{ type: 'proclaim', requestId: `p#${n}`, election: 'e', token, candidate },
  });
  const token = tokenOf(play([[1000, 'n1', campaign('e', 'n1')]]), 'n1');

  it('show the leader, what it proclaims, and its successor, each once and in order', () => {
    const told = play([
      [900, 'n3', { type: 'read-leader', election: 'e' }],
      [950, 'n3', { type: 'observe-election', election: 'e' }],
      [1000, 'n1', campaign('e', 'n1')],
      [1500, 'n2', campaign('e', 'n2')],
      [2000, 'n1', proclaim(token, 'first', 1)],
      [2100, 'n1', proclaim(token, 'first', 1)],
      [2500, 'n3', { type: 'read-leader', election: 'e' }],
      [3000, 'n1', { type: 'resign', election: 'e', token }],
      [4000, 'n3', { type: 'read-leader', election: 'e' }],
    ]);
    const seen = told.filter(({ node }) => node === 'n3');
    const reads = seen.filter(({ type }) => type === 'election-leader').map(({ leader }) => leader);
    const successor = tokenOf(told, 'n2');
    expect(reads).toEqual([null, { candidate: 'first', token }, { candidate: 'n2', token: successor }]);
    expect(seen.filter(({ type }) => type === 'leader-observed').map(({ leader }) => leader)).toEqual([
      { candidate: 'n1', token },
      { candidate: 'first', token },
      { candidate: 'n2', token: successor },
    ]);
    expect(toldTo(told, 'n1')).toEqual(['elected', 'proclaimed', 'proclaimed', 'resigned']);
  });

  it('do not let those speak who do not lead: a candidate, a wrong token, a leader that is deposed', () => {
    const told = play([
      [1000, 'n1', campaign('e', 'n1')],
      [1500, 'n2', campaign('e', 'n2')],
      [2000, 'n2', proclaim(token, 'usurper', 1)],
      [2100, 'n1', proclaim(token + 1, 'typo', 2)],
      [2200, 'n1', { type: 'resign', election: 'e', token }],
      [2300, 'n1', proclaim(token, 'late', 3)],
      [3000, 'n3', { type: 'read-leader', election: 'e' }],
    ]);
    expect(told.filter(({ type }) => type === 'proclaim-refused')).toHaveLength(3);
    expect(told.at(-1)).toMatchObject({ leader: { candidate: 'n2' } });
  });

  it('refuse, by the key itself, a leader whose lease was revoked without its knowledge', () => {
    // By its own clock it is deposed long before; what it said before that comes late.
    const told = play(
      [
        [1000, 'n1', campaign('e', 'n1')],
        [1550, 'n1', proclaim(token, 'heard', 1)],
        [1600, 'n2', campaign('e', 'n2')],
        [6000, 'n3', { type: 'read-leader', election: 'e' }],
      ],
      [unheardStore(1500)],
    );
    expect(toldTo(told, 'n1')).toContain('deposed');
    expect(told.at(-1)).toMatchObject({ type: 'election-leader', leader: { candidate: 'n2' } });
  });

  it('repeat the leader to who asks again, and end when told so', () => {
    const told = play([
      [1000, 'n1', campaign('e', 'n1')],
      [2000, 'n3', { type: 'observe-election', election: 'e' }],
      [3000, 'n3', { type: 'observe-election', election: 'e' }],
      [3500, 'n3', { type: 'unobserve-election', election: 'e' }],
      [4000, 'n1', proclaim(token, 'unheard', 1)],
    ]);
    expect(toldTo(told, 'n3')).toEqual(['leader-observed', 'leader-observed']);
  });
});
