import { describe, expect, it } from 'vitest';
import { alive, dead, Member, suspect } from './member.fixture.js';
import type { Rumour } from './messages.js';
import { firstIncarnationOf } from './table.js';

describe('rumours of others', () => {
  it('takes in someone new, and takes nothing new from the same again', () => {
    const member = new Member();
    member.hear('n2', 1, alive('n9', 4));
    expect(member.standing('n9')).toBe('alive 4');
    const seen = member.observed('member-alive').length;
    member.hear('n2', 1, alive('n9', 4));
    expect(member.observed('member-alive').length).toBe(seen);
  });

  it('lets an old suspicion change nothing', () => {
    const member = new Member();
    member.hear('n2', 1, alive('n3', 10));
    member.hear('n2', 1, suspect('n3', 9, 'n2'));
    expect(member.standing('n3')).toBe('alive 10');
  });

  it('answers an old suspicion with what overrides it', () => {
    const member = new Member();
    member.hear('n2', 1, alive('n3', 10));
    member.hear('n4', 1, dead('n3', 9, 'n4'));
    expect(member.lastTo('n4')?.rumours).toContainEqual(alive('n3', 10));
  });

  it('does not let an alive of the same incarnation clear a suspicion', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n2'), alive('n3', 1));
    expect(member.standing('n3')).toBe('suspect 1');
    member.hear('n2', 1, alive('n3', 2));
    expect(member.standing('n3')).toBe('alive 2');
    member.passAnsweredMs(30_000);
    expect(member.observed('member-dead').filter(({ incarnation }) => incarnation === 1)).toEqual([]);
  });

  it('lets a higher incarnation bring back the dead, and nothing else', () => {
    const member = new Member();
    member.hear('n2', 1, dead('n3', 5, 'n2'), suspect('n3', 5, 'n4'), alive('n3', 5));
    expect(member.standing('n3')).toBe('dead 5');
    member.hear('n2', 1, alive('n3', 6));
    expect(member.standing('n3')).toBe('alive 6');
  });

  it('tells a member that speaks with an overridden incarnation what it is accused of', () => {
    const member = new Member();
    member.hear('n2', 1, dead('n3', 5, 'n2'));
    member.say('n3', { type: 'ping', sequence: 7, incarnation: 5, rumours: [] });
    expect(member.lastTo('n3')).toMatchObject({
      type: 'ack',
      sequence: 7,
      rumours: expect.arrayContaining([dead('n3', 5, 'n1')]),
    });
    member.hear('n3', 6);
    expect(member.standing('n3')).toBe('alive 6');
  });

  it('refuses nonsense and more members than it has room for', () => {
    const member = new Member(['n1', 'n2'], { membersMax: 3 });
    member.hear(
      'n2',
      1,
      alive('no/node', 1),
      alive('n3', -4),
      alive('n3', 2 ** 52 + 1),
      alive('n4', 1),
      alive('n5', 1),
    );
    expect([...member.state.members.keys()]).toEqual(['n2', 'n4']);
    expect(member.observed('member-refused')).toMatchObject([{ member: 'n5', membersMax: 3 }]);
  });
});

describe('suspicion', () => {
  it('ends in death after its longest time without confirmations', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n2'));
    // 4 * max(1, log10 5) * 500 ms, six times that without confirmations.
    member.passAnsweredMs(11_900);
    expect(member.standing('n3')).toBe('suspect 1');
    member.passAnsweredMs(200);
    expect(member.standing('n3')).toBe('dead 1');
  });

  it('ends sooner when others confirm it, counted from its beginning', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n2'));
    member.passAnsweredMs(1000);
    member.hear('n2', 1, suspect('n3', 1, 'n4'));
    member.hear('n2', 1, suspect('n3', 1, 'n5'));
    expect(member.observed('suspicion-timed').filter(({ member }) => member === 'n3')).toMatchObject([
      { confirmations: 0, timeoutMs: 12_000, remainingMs: 12_000 },
      { confirmations: 1, timeoutMs: 5690, remainingMs: 4690 },
      { confirmations: 2, timeoutMs: 2000, remainingMs: 1000 },
    ]);
    member.passAnsweredMs(1010);
    expect(member.standing('n3')).toBe('dead 1');
  });

  it('counts each accuser once', () => {
    const member = new Member();
    member.hear(
      'n2',
      1,
      suspect('n3', 1, 'n2'),
      suspect('n3', 1, 'n2'),
      suspect('n3', 1, 'n4'),
      suspect('n3', 1, 'n4'),
    );
    expect(member.state.members.get('n3')?.suspicion?.accusers).toEqual(['n2', 'n4']);
  });

  it('begins anew for a new incarnation', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n2'));
    member.passAnsweredMs(8000);
    member.hear('n2', 1, suspect('n3', 2, 'n2'));
    member.passAnsweredMs(8000);
    expect(member.standing('n3')).toBe('suspect 2');
  });
});

describe('rumours of oneself', () => {
  const own = firstIncarnationOf(1);

  it('refutes a suspicion with a higher incarnation and tells whoever spoke of it', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n1', own, 'n4'));
    expect(member.state.incarnation).toBe(own + 1);
    expect(member.observed('refuted')).toMatchObject([{ incarnation: own + 1, accused: own, accuser: 'n4' }]);
    expect(member.lastTo('n2')).toMatchObject({ incarnation: own + 1 });
    member.hear('n2', 1, suspect('n1', own, 'n4'));
    expect(member.state.incarnation).toBe(own + 1);
  });

  it('answers a correction with its refutation, and one that corrects nothing with nothing', () => {
    const member = new Member();
    member.say('n2', { type: 'correction', incarnation: 1, rumours: [dead('n1', own, 'n2')] });
    expect(member.lastTo('n2')).toMatchObject({ type: 'rumours', incarnation: own + 1 });
    const sent = member.node.sent.length;
    member.say('n2', { type: 'correction', incarnation: 1, rumours: [dead('n1', own, 'n2'), alive('n3', 0)] });
    expect(member.node.sent.length).toBe(sent);
  });

  it('refutes its death, and a life that it knows nothing of', () => {
    const member = new Member();
    member.hear('n2', 1, dead('n1', own + 7, 'n4'));
    expect(member.state.incarnation).toBe(own + 8);
    member.hear('n2', 1, alive('n1', own + 20));
    expect(member.state.incarnation).toBe(own + 21);
  });

  it('spreads its refutation', () => {
    const member = new Member();
    member.hear('n2', 1, dead('n1', own, 'n4'));
    member.passAnsweredMs(300);
    const told = member.node.sent.flatMap(({ message }) => (message as { rumours?: readonly Rumour[] }).rumours ?? []);
    expect(told).toContainEqual(alive('n1', own + 1));
  });
});

describe('probing (SWIM section 3.1)', () => {
  it('pings, then asks others to, then suspects', () => {
    const member = new Member();
    member.passMs(500);
    const probe = member.state.probe;
    expect(probe).not.toBeNull();
    const target = probe?.target ?? '';
    member.passMs(210);
    const asked = ['n2', 'n3', 'n4', 'n5'].filter((node) => member.sentTo(node, 'ping-req').length > 0);
    expect(asked.length).toBe(3);
    expect(asked).not.toContain(target);
    expect(member.standing(target)).toBe('alive 0');
    member.passMs(300);
    expect(member.standing(target)).toBe('suspect 0');
  });

  it('is content with an answer that comes through another member', () => {
    const member = new Member();
    member.passMs(500);
    const { target, sequence } = member.state.probe ?? { target: '', sequence: 0 };
    const relay = ['n2', 'n3', 'n4', 'n5'].find((node) => node !== target) ?? '';
    member.passMs(210);
    member.say(relay, { type: 'ack', sequence, of: target, incarnation: 1, rumours: [] });
    member.passMs(300);
    expect(member.standing(target)).toBe('alive 0');
    expect(member.observed('probe-relayed')).toMatchObject([{ member: target }]);
  });

  it('is not content with an answer to another ping', () => {
    const member = new Member();
    member.passMs(500);
    const { target, sequence } = member.state.probe ?? { target: '', sequence: 0 };
    member.say(target, { type: 'ack', sequence: sequence + 1, of: target, incarnation: 0, rumours: [] });
    member.passMs(500);
    expect(member.standing(target)).toBe('suspect 0');
  });

  it('pings in another member’s stead and hands the answer back', () => {
    const member = new Member();
    member.say('n2', { type: 'ping-req', sequence: 77, target: 'n3', timeoutMs: 200, incarnation: 1, rumours: [] });
    const ping = member.sentTo('n3', 'ping').at(-1);
    member.say('n3', { type: 'ack', sequence: ping?.sequence ?? 0, of: 'n3', incarnation: 1, rumours: [] });
    expect(member.sentTo('n2', 'ack')).toMatchObject([{ sequence: 77, of: 'n3' }]);
  });

  it('probes everybody once before anybody twice, and the dead now and then', () => {
    const member = new Member(['n1', 'n2', 'n3', 'n4', 'n5', 'n6'], { deadProbePeriods: 2 });
    member.hear('n2', 1, dead('n6', 0, 'n2'));
    const probed: string[] = [];
    for (let period = 0; period < 8; period++) {
      member.passMs(500);
      const { target = '', sequence = 0 } = member.state.probe ?? {};
      probed.push(target);
      member.say(target, { type: 'ack', sequence, of: target, incarnation: 1, rumours: [] });
    }
    expect(new Set(probed.slice(0, 4)).size).toBe(4);
    expect(new Set(probed.slice(4)).size).toBe(4);
    expect(probed).not.toContain('n6');
    expect(member.sentTo('n6', 'ping').length).toBe(4);
  });

  it('hears timers from nobody but itself', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n2'));
    member.say('n2', { type: 'suspicion-due', member: 'n3', incarnation: 1 });
    expect(member.standing('n3')).toBe('suspect 1');
  });
});

describe('push/pull', () => {
  it('answers with what is newer here and with whom the other has not mentioned', () => {
    const member = new Member(['n1', 'n2', 'n3', 'n4']);
    member.hear('n2', 1, alive('n3', 9), dead('n4', 3, 'n2'));
    member.say('n2', { type: 'sync', incarnation: 1, rumours: [alive('n3', 4), alive('n7', 2)] });
    expect(member.standing('n7')).toBe('alive 2');
    const answer = member.sentTo('n2', 'rumours').at(-1);
    expect(answer?.rumours).toContainEqual(alive('n3', 9));
    expect(answer?.rumours).toContainEqual(dead('n4', 3, 'n1'));
  });
});
