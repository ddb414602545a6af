import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ActorSpec } from '../../runtime/actor.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import { gossipCoordinator } from '../../protocols/gossip/index.js';
import { runInline, type RunResult, type Scenario } from '../../sim/index.js';
import { gossipScenario } from '../scenarios/gossip.js';

const calendar = createCalendar();
const SEEDS = 60;

describe('the gossip scenario', () => {
  const reached = new Set<string>();

  it(`holds what it promises in seeds 1..${SEEDS}`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = runInline(gossipScenario, { seed }, { calendar });
      expect(run.violations, `seed ${seed}`).toEqual([]);
      expect(run.failures ?? [], `seed ${seed}`).toEqual([]);
      for (const [name, count] of Object.entries(run.reached)) if (count > 0) reached.add(name);
    }
    expect([...reached].sort()).toEqual(Object.keys(gossipScenario.properties.sometimes ?? {}).sort());
  });

  it('is decided by its seed, whether messages are copied or frozen', () => {
    for (const seed of [3, 5, 8]) {
      const first = runInline(gossipScenario, { seed }, { calendar, deepFingerprint: true });
      const again = runInline(gossipScenario, { seed }, { calendar, deepFingerprint: true, freezeMessages: true });
      expect(again.fingerprint).toBe(first.fingerprint);
    }
  });
});

describe('load', () => {
  const QUIET_MS = 20_000;

  /** A group of n in which nothing happens. */
  function quiet(n: number): Scenario {
    const members = Array.from({ length: n }, (_, index) => `n${index + 1}`);
    return {
      name: `quiet-${n}`,
      programs: {
        member: (node): readonly ActorSpec[] => gossipCoordinator.memberActors(node, { members, stores: [] }, null),
      },
      setup: () => ({
        nodes: members.map((id) => ({ id, program: 'member', params: null, role: 'server' })),
        workload: [],
      }),
      faultMs: 0,
      healMs: QUIET_MS,
      faults: 'none',
      properties: { always: {}, eventually: {}, sometimes: {} },
    };
  }

  /** Messages that a member receives from others in a second, once the group has met. */
  function receivedPerMemberSecond(n: number): number {
    const run: RunResult = runInline(quiet(n), { seed: 1 }, { calendar, keepTrace: true });
    const received = (run.trace ?? []).filter(
      (line) => line.kind === 'delivery' && line.atUs > 10_000_000 && !line.from.startsWith(`${line.node}/`),
    );
    return received.length / n / ((QUIET_MS - 10_000) / 1000);
  }

  it('of a member does not grow with the group (SWIM section 3)', () => {
    const few = receivedPerMemberSecond(4);
    // A ping and an ack in each of two periods a second, both ways; push/pull and register anti-entropy beside it.
    expect(few).toBeGreaterThan(4);
    expect(few).toBeLessThan(8);
    for (const n of [8, 16, 32]) expect(receivedPerMemberSecond(n) / few).toBeLessThan(1.1);
  });
});

describe('planted bugs', () => {
  const bugs = JSON.parse(readFileSync(new URL('../planted/gossip.json', import.meta.url), 'utf8')) as {
    readonly name: string;
    readonly file: string;
    readonly find: string;
    readonly expects: string;
  }[];

  it.each(bugs)('$name stands exactly once in $file and names a property', ({ file, find, expects }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(text.split(find).length - 1).toBe(1);
    const { always = {}, eventually = {} } = gossipScenario.properties;
    expect([...Object.keys(always), ...Object.keys(eventually)]).toContain(expects);
  });
});
