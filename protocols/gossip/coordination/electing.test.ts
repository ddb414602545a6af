import { beforeEach, describe, expect, it } from 'vitest';
import type { Message, Plain } from '../../../runtime/data.js';
import { CoordinatorFixture, put, txn } from './coordinator.fixture.js';

let f: CoordinatorFixture;
beforeEach(() => {
  f = new CoordinatorFixture();
});

describe('elections', () => {
  const stand = (from: string): void =>
    f.merge(from, { key: `!candidacy/e/${from}`, counter: 1, value: { candidate: 'c', incarnation: 1 } });
  const office = (node: string, token: number): void =>
    f.merge(node === '' ? 'n2' : node, {
      key: '!election/e',
      counter: token,
      value: { token, node, incarnation: 1, candidate: 'c' },
    });

  it('go to the lowest-ranked candidate after a delay, with a guard that holds while the office does', () => {
    stand('n2');
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(900);
    expect(f.heard).toEqual([]);
    f.passMs(200);
    const elected = f.heard.at(-1);
    expect(elected).toMatchObject({ type: 'elected', election: 'e', token: 1 });
    const guard = elected?.['guard'] as Plain;
    expect(f.ask(txn('r1', [put('a', 1)], [guard]))).toMatchObject({ succeeded: true });
    office('n2', 2);
    expect(f.heard.at(-1)).toMatchObject({ type: 'deposed', token: 1 });
    expect(f.ask(txn('r2', [put('a', 2)], [guard]))).toMatchObject({ succeeded: false });
  });

  it('leave the office with its holder while that one is there', () => {
    stand('n2');
    office('n2', 4);
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(3000);
    expect(f.heard).toEqual([]);
    f.see({ n2: 'suspect', n3: 'alive' });
    f.passMs(3000);
    expect(f.heard).toEqual([]);
    f.see({ n2: 'dead', n3: 'alive' });
    f.passMs(1100);
    expect(f.heard.at(-1)).toMatchObject({ type: 'elected', token: 5 });
  });

  it('forget a vacancy that did not last', () => {
    stand('n2');
    office('n2', 4);
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.see({ n2: 'dead', n3: 'alive' });
    f.passMs(800);
    f.see({ n2: 'alive', n3: 'alive' });
    f.passMs(800);
    f.see({ n2: 'dead', n3: 'alive' });
    f.passMs(800);
    expect(f.heard).toEqual([]);
  });

  it('do not let a stale token withdraw a newer candidacy', () => {
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(1100);
    f.ask({ type: 'resign', election: 'e', token: 7 });
    expect(f.state.stands.get('e')?.token).toBe(1);
    f.ask({ type: 'resign', election: 'e', token: 1 });
    expect(f.state.stands.size).toBe(0);
    expect(f.value('!candidacy/e/n1')).toBeUndefined();
  });

  it('say in the office itself that it was given back, since a candidacy that ended and began anew says nothing', () => {
    const vacated = (token: number) => ({ token, node: '', incarnation: 0, candidate: '' });
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(1100);
    const guard = f.heard.at(-1)?.['guard'] as Plain;
    f.ask({ type: 'resign', election: 'e', token: 1 });
    expect(f.value('!election/e')).toEqual(vacated(2));
    expect(f.ask(txn('r1', [put('a', 1)], [guard]))).toMatchObject({ succeeded: false });
    stand('n2');
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(1100);
    expect(f.heard.at(-1)).toMatchObject({ type: 'elected', token: 3 });
    f.ask({ type: 'campaign', election: 'e', candidate: 'another' });
    expect(f.value('!election/e')).toEqual(vacated(4));
    f.node.tell('n1/client', { type: 'end' } as Message);
    f.passMs(1100);
    expect(f.value('!election/e')).toEqual(vacated(4));
  });

  it('fill an office that a candidate gave back', () => {
    stand('n2');
    office('n2', 4);
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(3000);
    expect(f.heard).toEqual([]);
    f.merge('n2', { key: '!candidacy/e/n2', counter: 3, value: { candidate: 'c', incarnation: 1 } });
    office('', 5);
    f.passMs(1100);
    expect(f.heard.at(-1)).toMatchObject({ type: 'elected', token: 6 });
  });

  it('do not count candidacies of an earlier life', () => {
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(1100);
    const image = f.node.storage.imageOf('coordinator');
    const again = new CoordinatorFixture(new Map(image === undefined ? [] : [['coordinator', image]]), 1);
    expect(again.value('!candidacy/e/n1')).toBeUndefined();
    again.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    again.passMs(1100);
    expect(again.heard.at(-1)).toMatchObject({ type: 'elected', token: 2 });
  });

  it('end with the actor that stood', () => {
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.passMs(1100);
    f.node.tell('n1/client', { type: 'end' } as Message);
    f.sync();
    expect(f.state.stands.size).toBe(0);
    expect(f.value('!candidacy/e/n1')).toBeUndefined();
  });

  it('rest on the view of this node alone', () => {
    f.node.tell('n1/coordinator', { type: 'view', members: [] } as Message, { from: 'n2/membership' });
    expect([...f.state.statusOf.keys()]).toEqual(['n1', 'n2', 'n3']);
  });
});
