import { beforeEach, describe, expect, it } from 'vitest';
import type { Message, Plain } from '../../../runtime/data.js';
import { exchangeMessages } from '../registers/messages.js';
import { CoordinatorFixture, ERA_OF_OTHERS, put, txn } from './coordinator.fixture.js';

const TOMBSTONE_MS = 8000;
const ERA_MS = TOMBSTONE_MS / 8;

let f: CoordinatorFixture;
beforeEach(() => {
  f = new CoordinatorFixture(undefined, 0, { registerTombstoneMs: TOMBSTONE_MS });
});

const registerOf = (key: string, counter: number) => ({
  ...{ key, counter, writer: 'n2', value: 'old', deleted: false, leaseId: '', changes: 1 },
  ...{ overCounter: 0, overWriter: '' },
});
const entryOf = (key: string, counter = 5) => ({ register: registerOf(key, counter), deletedForMs: 0 });
const push = (heardEra: Plain, ...keys: string[]) => ({
  ...{ type: 'registers', heardEra, entries: keys.map((key) => entryOf(key)) },
});
const answer = (heardEra: Plain, ...keys: string[]) => ({
  ...{ type: 'sync-registers', sinceRevision: 0, uptoRevision: 4, more: false, complete: true, heardEra },
  entries: keys.map((key) => entryOf(key)),
});
const fetches = () => f.sent('sync-fetch');

describe('registers that come', () => {
  it('are taken in where the sender had heard of the present era, or of the one before', () => {
    const { era } = f;
    f.hear('n2', push(era, 'a'));
    f.passMs(ERA_MS);
    expect(f.era).toEqual({ ...era, number: era.number + 1 });
    f.hear('n2', push(era, 'b'));
    expect([f.value('a'), f.value('b')]).toEqual(['old', 'old']);
    expect(fetches()).toEqual([]);
  });

  it('are not taken in where it had heard of an earlier one, and are asked for anew', () => {
    const { era } = f;
    f.passMs(2 * ERA_MS);
    f.hear('n2', push(era, 'a', 'b'));
    expect(f.state.replica.held.size).toBe(0);
    const asked = { era: f.era, sinceRevision: 0, uptoRevision: 0, more: false, keys: ['a', 'b'] };
    expect(fetches()).toMatchObject([{ to: 'n2/coordinator', message: asked }]);
    f.hear('n2', { ...answer(f.era, 'a'), uptoRevision: 0 });
    expect(f.value('a')).toBe('old');
    expect(f.state.followed.get('n2') ?? 0).toBe(0);
  });

  it.each([
    ['of none', null],
    ['of an era that is yet to come', { life: 0, number: 1 }],
    ['of another life', { life: -1, number: 0 }],
  ])('are not taken in where it had heard %s', (_, heard) => {
    const heardEra = heard === null ? null : { life: f.era.life + heard.life, number: f.era.number + heard.number };
    f.hear('n2', push(heardEra, 'a'));
    expect(f.state.replica.held.size).toBe(0);
    expect(fetches()).toHaveLength(1);
  });

  it('are asked for anew only as far as they would be news', () => {
    f.merge('n3', { key: 'newer-here', counter: 6 });
    f.hear('n2', push(null, 'newer-here'));
    expect(fetches()).toEqual([]);
    f.hear('n2', push(null, 'newer-here', 'a'));
    expect(fetches()).toMatchObject([{ message: { keys: ['a'] } }]);
    const register = { ...registerOf('gone', 5), value: null, deleted: true };
    f.hear('n2', { type: 'registers', heardEra: null, entries: [{ register, deletedForMs: TOMBSTONE_MS }] });
    f.hear('n2', push(null, 'x'.repeat(600)));
    expect(fetches()).toHaveLength(1);
  });

  it('bring nothing back that was deleted and forgotten, however late they come', () => {
    const early = push(f.era, 'a');
    f.hear('n2', early);
    f.ask(txn('d', [{ kind: 'delete', key: 'a' }]));
    f.passMs(TOMBSTONE_MS + 2 * ERA_MS);
    expect(f.state.replica.held.has('a')).toBe(false);
    f.hear('n2', early);
    expect(f.state.replica.held.has('a')).toBe(false);
    // Whoever sent it had forgotten it, too.
    f.hear('n2', answer(f.era));
    expect(f.value('a')).toBeUndefined();
  });

  it('as an answer that is too old are neither taken in nor followed nor asked for at once', () => {
    const { era } = f;
    f.passMs(2 * ERA_MS);
    f.hear('n2', answer(era, 'a'));
    expect([f.value('a'), f.state.followed.get('n2')]).toEqual([undefined, undefined]);
    expect(fetches()).toEqual([]);
    f.hear('n2', answer(f.era, 'a'));
    expect([f.value('a'), f.state.followed.get('n2')]).toEqual(['old', 4]);
  });

  it('were meant for another life after a restart', () => {
    f.ask(txn('r', [put('mine', 1)]));
    const early = push(f.era, 'a');
    const image = f.node.storage.imageOf('coordinator');
    const found = new Map(image === undefined ? [] : [['coordinator', image]]);
    f = new CoordinatorFixture(found, 1, { registerTombstoneMs: TOMBSTONE_MS });
    f.hear('n2', early);
    expect([f.value('mine'), f.value('a')]).toEqual([1, undefined]);
    expect(fetches()).toMatchObject([{ message: { keys: ['a'] } }]);
  });
});

describe('eras', () => {
  const spread = (): unknown => {
    f.ask(txn(`r${f.node.nowUs}`, [put(`k${f.node.nowUs}`, 1)]));
    f.passMs(200);
    return f.sent('registers').findLast(({ to }) => to === 'n2/coordinator')?.message['heardEra'];
  };

  it('of a peer are named in what is pushed to it: the latest of its life, or that of its next', () => {
    expect(spread()).toBeNull();
    f.hear('n2', { type: 'sync-request', sinceRevision: 0 });
    expect(spread()).toEqual(ERA_OF_OTHERS);
    f.hear('n2', { type: 'sync-request', sinceRevision: 0, era: { life: 2, number: 4 } });
    expect(spread()).toEqual(ERA_OF_OTHERS);
    f.hear('n2', { type: 'sync-request', sinceRevision: 0, era: { life: 1, number: 0 } });
    expect(spread()).toEqual({ life: 1, number: 0 });
  });

  it('are told with every message between replicas, and come back with the answer', () => {
    f.ask(txn('r', [put('a', 1)]));
    f.passMs(1100);
    for (const type of ['registers', 'sync-request']) expect(f.sent(type)[0]?.message['era']).toMatchObject(lifeOf());
    const era = { life: 3, number: 9 };
    f.hear('stranger', { type: 'sync-request', sinceRevision: 0, era });
    f.hear('stranger', { type: 'sync-fetch', sinceRevision: 0, uptoRevision: 1, more: false, keys: ['a'], era });
    expect(f.sent('sync-digest').at(-1)?.message).toMatchObject({ era: f.era });
    expect(f.sent('sync-registers').at(-1)?.message).toMatchObject({ era: f.era, heardEra: era });
    expect(f.state.freshness.heard.size).toBe(0);
  });

  it('of members that are forgotten are forgotten', () => {
    f.hear('n2', { type: 'sync-request', sinceRevision: 0 });
    f.hear('n3', { type: 'sync-request', sinceRevision: 0 });
    f.see({ n3: 'alive' });
    expect([...f.state.freshness.heard.keys()]).toEqual(['n3']);
  });

  const lifeOf = () => ({ life: f.era.life });

  it.each([
    ['a number', 3, /era: expected an object/],
    ['a fraction', { life: 1, number: 0.5 }, /era\.number: expected a safe integer/],
    ['something more', { life: 1, number: 1, node: 'n2' }, /era\.node: unknown field/],
    ['nothing', undefined, /era: missing/],
  ])('are refused by the schema where they are %s', (_, era, fault) => {
    const message = { type: 'sync-request', sinceRevision: 0, ...(era === undefined ? {} : { era }) } as Message;
    expect(exchangeMessages.check(message)).toMatch(fault);
    const heard = {
      type: 'registers',
      entries: [],
      era: ERA_OF_OTHERS,
      ...(era === undefined ? {} : { heardEra: era }),
    };
    expect(exchangeMessages.check(heard)).toBeDefined();
    expect(exchangeMessages.check({ ...heard, heardEra: null })).toBeUndefined();
  });
});
