import { describe, expect, it } from 'vitest';
import { alive, dead, Member, suspect } from './member.fixture.js';
import type { MembershipMessage, Rumour } from './messages.js';
import { firstIncarnationOf } from './table.js';

const own = firstIncarnationOf(1);
const left = (member: string, incarnation: number): Rumour => ({
  member,
  incarnation,
  status: 'left',
  accuser: member,
});

function tell(member: Member, type: 'leave' | 'rejoin'): void {
  member.node.tell('n1/membership', { type } as MembershipMessage, { from: 'n1/host' });
}

function answers(member: Member): unknown[] {
  return member.node.sent.filter(({ to }) => to === 'n1/host').map(({ message }) => message);
}

describe('leaving', () => {
  it('is told to the others, by a status that overrides death, and then answered', () => {
    const member = new Member();
    tell(member, 'leave');
    expect(answers(member)).toEqual([]);
    member.passMs(600);
    const told = member.node.sent.flatMap(({ message }) => (message as { rumours?: readonly Rumour[] }).rumours ?? []);
    expect(told).toContainEqual(left('n1', own));
    expect(member.observed('group-left')).toMatchObject([{ incarnation: own }]);
  });

  it('is of no effect where another node asks for it', () => {
    const member = new Member();
    member.say('n2', { type: 'leave' });
    expect(member.state.hasLeft).toBe(false);
  });

  it('ends probing and accusing; pings are answered with the news', () => {
    const member = new Member(['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
    member.hear('n2', 1, suspect('n3', 1, 'n2'));
    tell(member, 'leave');
    const before = member.node.sent.filter(({ message }) => message.type === 'ping').length;
    member.hear('n2', 1, suspect('n4', 1, 'n2'));
    member.passMs(60_000);
    expect(member.node.sent.filter(({ message }) => message.type === 'ping').length).toBe(before);
    expect(member.observed('member-dead')).toEqual([]);
    member.say('n2', { type: 'ping', sequence: 9, incarnation: 1, rumours: [] });
    expect(member.lastTo('n2')).toMatchObject({ type: 'ack', sequence: 9, rumours: [left('n1', own)] });
  });

  it('is not refuted, and what others claim of a later incarnation is overridden by having left', () => {
    const member = new Member();
    tell(member, 'leave');
    member.hear('n2', 1, left('n1', own), dead('n1', own, 'n3'));
    expect(member.state.incarnation).toBe(own);
    member.hear('n2', 1, dead('n1', own + 4, 'n3'));
    expect(member.state.incarnation).toBe(own + 5);
    expect(member.lastTo('n2')?.rumours).toContainEqual(left('n1', own + 5));
  });

  it('ends with a rejoin under a higher incarnation, and suspicions go on', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n2'));
    tell(member, 'leave');
    member.passMs(1000);
    tell(member, 'rejoin');
    expect(member.state).toMatchObject({ hasLeft: false, incarnation: own + 1 });
    member.passAnsweredMs(20_000);
    expect(member.standing('n3')).toBe('dead 1');
  });
});

describe('somebody who left', () => {
  it('is neither probed nor brought back but by a higher incarnation', () => {
    const member = new Member(['n1', 'n2', 'n3'], { deadProbePeriods: 1 });
    member.hear('n2', 1, dead('n3', 0, 'n2'), left('n3', 0), dead('n3', 0, 'n2'), alive('n3', 0));
    expect(member.standing('n3')).toBe('left 0');
    member.passAnsweredMs(5000);
    expect(member.sentTo('n3', 'ping')).toEqual([]);
    member.hear('n2', 1, alive('n3', 1));
    expect(member.standing('n3')).toBe('alive 1');
  });
});

describe('coming back with a lower incarnation', () => {
  it.each([
    ['alive', { member: 'n1', incarnation: own + 40, status: 'alive', accuser: '' }],
    ['dead', dead('n1', own + 40, 'n2')],
    ['left', left('n1', own + 40)],
  ] as const)('overrides that it is %s with an incarnation of its own', (_, rumour) => {
    const member = new Member();
    member.say('n2', { type: 'correction', incarnation: 1, rumours: [rumour] });
    expect(member.state.incarnation).toBe(own + 41);
    expect(member.lastTo('n2')?.rumours).toContainEqual(alive('n1', own + 41));
  });
});

describe('tombstones', () => {
  const options = { tombstoneMs: 10_000, probeIntervalMs: 1000 };

  it('are kept for their time and then collected', () => {
    const member = new Member(['n1', 'n2'], options);
    member.hear('n2', 1, alive('x', 3), dead('x', 3, 'n2'));
    member.passAnsweredMs(4000);
    member.hear('n2', 1, alive('y', 3), left('y', 3));
    member.passAnsweredMs(5980);
    expect(member.standing('x')).toBe('dead 3');
    member.hear('n2', 1, alive('x', 3));
    expect(member.standing('x')).toBe('dead 3');
    member.passAnsweredMs(40);
    expect([...member.state.members.keys()]).toEqual(['n2', 'y']);
    member.passAnsweredMs(4000);
    expect([...member.state.members.keys()]).toEqual(['n2']);
    expect(member.observed('member-forgotten')).toMatchObject([{ member: 'x' }, { member: 'y' }]);
    expect(member.state.probeOrder).toEqual(['n2']);
  });

  it('begin anew where somebody comes back and dies again', () => {
    const member = new Member(['n1', 'n2'], options);
    member.hear('n2', 1, alive('x', 3), dead('x', 3, 'n2'));
    member.passAnsweredMs(9000);
    member.hear('n2', 1, alive('x', 4), dead('x', 4, 'n2'));
    member.passAnsweredMs(9000);
    expect(member.standing('x')).toBe('dead 4');
    member.passAnsweredMs(1100);
    expect(member.state.members.has('x')).toBe(false);
  });

  it('are not brought back by whoever still has them', () => {
    const member = new Member(['n1', 'n2'], options);
    member.hear('n2', 1, dead('x', 3, 'n2'), left('y', 3));
    expect([...member.state.members.keys()]).toEqual(['n2']);
  });

  it('of seeds are kept for ever, since sides of a partition find each other by them', () => {
    const member = new Member(['n1', 'n2', 'n3'], options);
    member.hear('n2', 1, dead('n3', 0, 'n2'));
    member.passAnsweredMs(30_000);
    expect(member.standing('n3')).toBe('dead 0');
    expect(member.sentTo('n3', 'ping').length).toBeGreaterThan(5);
  });
});
