import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adjustedHealth, scaledByHealth } from './health.js';
import { Member, suspect } from './member.fixture.js';
import { firstIncarnationOf } from './table.js';

const vectorsFile = new URL('../../../../shared/data/memberlist/vectors.json', import.meta.url);
const hasVectors = existsSync(vectorsFile);
if (!hasVectors) console.warn(`SKIPPED: memberlist's vectors are not at ${vectorsFile.pathname}`);

describe.skipIf(!hasVectors)("memberlist's published vectors", () => {
  it('gives its health scores and the time-outs that follow from them', () => {
    const { awareness_max8_base1s: steps } = JSON.parse(readFileSync(vectorsFile, 'utf8')) as {
      readonly awareness_max8_base1s: readonly (readonly [delta: number, score: number, timeoutS: number])[];
    };
    expect(steps.length).toBe(14);
    let score = 0;
    for (const [delta, expected, timeoutS] of steps) {
      score = adjustedHealth(score, delta, 8);
      expect([score, scaledByHealth(1000, score)]).toEqual([expected, timeoutS * 1000]);
    }
  });
});

function probed(member: Member): { readonly target: string; readonly sequence: number } {
  const { probe } = member.state;
  if (probe === null) throw new Error('no probe runs');
  return probe;
}

/** Everybody who was asked to ping says that no answer came. */
function nackAll(member: Member, target: string, sequence: number): string[] {
  const helpers = [...(member.state.probe?.silentHelpers ?? [])];
  for (const helper of helpers) member.say(helper, { type: 'nack', sequence, of: target, incarnation: 0, rumours: [] });
  return helpers;
}

describe('local health (Lifeguard section IV-A)', () => {
  it('is worse by each helper that neither brings an answer nor says that there is none', () => {
    const member = new Member();
    member.passMs(500);
    member.passMs(500);
    expect(member.observed('probe-failed').length).toBe(1);
    expect(member.state.health).toBe(3);
    expect(member.observed('health-changed')).toMatchObject([{ score: 3 }]);
  });

  it('is not worse where all helpers say that the target does not answer them either', () => {
    const member = new Member();
    member.passMs(500);
    const { target, sequence } = probed(member);
    member.passMs(210);
    expect(nackAll(member, target, sequence).length).toBe(3);
    member.passMs(300);
    expect(member.standing(target)).toBe('suspect 0');
    expect(member.state.health).toBe(0);
  });

  it('counts a helper once, and nobody who was not asked', () => {
    const member = new Member();
    member.passMs(500);
    const { target, sequence } = probed(member);
    member.passMs(210);
    const helper = member.state.probe?.silentHelpers[0] ?? '';
    for (const from of [helper, helper, target, 'n9']) {
      member.say(from, { type: 'nack', sequence, of: target, incarnation: 0, rumours: [] });
    }
    member.passMs(300);
    expect(member.state.health).toBe(2);
  });

  it('is worse by one where there is nobody to ask, and better by one with each answer', () => {
    const member = new Member(['n1', 'n2']);
    member.passMs(1000);
    expect(member.state.health).toBe(1);
    member.passAnsweredMs(1100);
    expect(member.state.health).toBe(0);
  });

  it('stretches the period and the time-out, up to healthMax times', () => {
    const member = new Member(['n1', 'n2'], { healthMax: 3, suspicionMultiplier: 100 });
    member.passMs(500);
    const begunAtMs: number[] = [];
    for (let atMs = 500, last = 0; atMs < 8000; atMs += 10) {
      const { sequence } = probed(member);
      if (sequence !== last) begunAtMs.push(atMs);
      last = sequence;
      member.passMs(10);
    }
    const periodsMs = begunAtMs.slice(1).map((atMs, index) => Math.round((atMs - (begunAtMs[index] ?? 0)) / 100) * 100);
    // The first was under way already.
    expect(periodsMs.slice(1, 4)).toEqual([1000, 1500, 1500]);
    expect(member.state.health).toBe(2);
    expect(member.state.probe?.timeoutMs).toBe(600);
  });

  it('is worse by having to refute', () => {
    const member = new Member();
    const own = firstIncarnationOf(1);
    member.hear('n2', 1, suspect('n1', own, 'n4'));
    expect(member.state.health).toBe(1);
    member.hear('n2', 1, suspect('n1', own - 1, 'n4'));
    expect(member.state.health).toBe(1);
  });

  it('stays as it is with healthMax 1, as in SWIM', () => {
    const member = new Member(['n1', 'n2', 'n3'], { healthMax: 1 });
    member.passMs(5000);
    expect(member.observed('probe-failed').length).toBeGreaterThan(4);
    expect(member.observed('health-changed')).toEqual([]);
  });
});

describe('nacks', () => {
  it('come from a helper when four fifths of the time-out are over, and a later ack is still handed on', () => {
    const member = new Member();
    member.say('n2', { type: 'ping-req', sequence: 7, target: 'n3', timeoutMs: 200, incarnation: 1, rumours: [] });
    const [ping] = member.sentTo('n3', 'ping');
    member.passAnsweredMs(150);
    expect(member.sentTo('n2', 'nack')).toEqual([]);
    member.passAnsweredMs(20);
    expect(member.sentTo('n2', 'nack')).toMatchObject([{ sequence: 7, of: 'n3' }]);
    member.say('n3', { type: 'ack', sequence: ping?.sequence ?? 0, of: 'n3', incarnation: 1, rumours: [] });
    expect(member.sentTo('n2', 'ack')).toMatchObject([{ sequence: 7, of: 'n3' }]);
  });

  it('do not come where the target has answered', () => {
    const member = new Member();
    member.say('n2', { type: 'ping-req', sequence: 7, target: 'n3', timeoutMs: 200, incarnation: 1, rumours: [] });
    const [ping] = member.sentTo('n3', 'ping');
    member.say('n3', { type: 'ack', sequence: ping?.sequence ?? 0, of: 'n3', incarnation: 1, rumours: [] });
    member.passAnsweredMs(500);
    expect(member.sentTo('n2', 'nack')).toEqual([]);
  });
});

describe('the buddy system (Lifeguard section IV-C)', () => {
  it('tells the suspected first, in a ping of its own and in one for another member', () => {
    const member = new Member(['n1', 'n2', 'n3'], { rumoursPerMessage: 1 });
    member.hear('n2', 1, suspect('n3', 0, 'n2'));
    member.say('n2', { type: 'ping-req', sequence: 7, target: 'n3', timeoutMs: 200, incarnation: 1, rumours: [] });
    member.passAnsweredMs(1500);
    const pings = member.sentTo('n3', 'ping');
    expect(pings.length).toBeGreaterThan(1);
    for (const { rumours } of pings) expect(rumours).toEqual([suspect('n3', 0, 'n2')]);
  });

  it('answers whatever the suspected says with the suspicion', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 0, 'n2'));
    member.hear('n3', 0);
    expect(member.lastTo('n3')?.type).toBe('correction');
    expect(member.lastTo('n3')?.rumours[0]).toEqual(suspect('n3', 0, 'n2'));
  });

  it('does neither where it is switched off', () => {
    const member = new Member(['n1', 'n2', 'n3'], { buddySystem: false, retransmitMultiplier: 1 });
    member.hear('n2', 1, suspect('n3', 0, 'n2'));
    member.passAnsweredMs(1000);
    const before = member.node.sent.length;
    member.hear('n3', 0);
    expect(member.node.sent.length).toBe(before);
    member.say('n2', { type: 'ping-req', sequence: 7, target: 'n3', timeoutMs: 200, incarnation: 1, rumours: [] });
    expect(member.lastTo('n3')).toMatchObject({ type: 'ping', rumours: [] });
  });

  it('passes a suspicion on as that of whoever raised it, so that it confirms nothing twice', () => {
    const member = new Member();
    member.hear('n2', 1, suspect('n3', 1, 'n4'));
    member.hear('n5', 1, { member: 'n3', incarnation: 1, status: 'alive', accuser: '' });
    expect(member.lastTo('n5')?.rumours[0]).toEqual(suspect('n3', 1, 'n4'));
  });
});

describe('the order of probing (SWIM section 4.3)', () => {
  it('probes nobody twice in a round because somebody new has come', () => {
    for (let seed = 0; seed < 40; seed++) {
      const member = new Member(['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
      const probedInRound: string[] = [];
      while (member.state.probe === null) member.passMs(10);
      for (let period = 0; period < 5; period++) {
        const { target, sequence } = probed(member);
        probedInRound.push(target);
        member.say(target, { type: 'ack', sequence, of: target, incarnation: 0, rumours: [] });
        if (period === 2) member.hear('n2', 1, { member: `late${seed}`, incarnation: 1, status: 'alive', accuser: '' });
        while (member.state.probe?.sequence === sequence) member.passMs(10);
      }
      expect(new Set(probedInRound).size).toBe(5);
    }
  });
});
