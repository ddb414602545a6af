import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import type { Monitor } from '../properties/property.js';
import type { Scenario } from '../scenario.js';
import { fault, onB, probe, probes, quiet, run } from '../world/probe.fixture.js';
import type { PlannedFault } from './plan.js';

// Small clusters with one bug each, which one kind of fault brings to light and its relatives do not.

function always(name: string, monitor: () => Monitor): Partial<Scenario> {
  return { properties: { ...quiet, always: { [name]: monitor } } };
}

function finds(planned: PlannedFault, change: Partial<Scenario>): boolean {
  return Array.from({ length: 5 }, (_, seed) => run([planned], change, seed)).some(
    ({ verdict }) => verdict === 'failed',
  );
}

describe('a holder of leases that trusts its clock to the last', () => {
  const LEASE_MS = 60;
  /** `a` lends to `b` and to `c` in turn, and takes a lease for ended when its time is over on the clock of `a`. */
  const lending = actor(probes, {
    init: () => ({ turn: 0 }),
    start(context) {
      if (context.node === 'a') context.setTimer('lend', 10, { type: 'tick' });
    },
    on: {
      tick(context, state) {
        if (context.node !== 'a') return context.observe({ type: 'gave-up' });
        state.turn++;
        context.send(`${state.turn % 2 === 0 ? 'b' : 'c'}/probe`, { type: 'ping', n: state.turn });
        context.setTimer('lend', LEASE_MS + 1, { type: 'tick' });
      },
      ping(context) {
        context.observe({ type: 'holds' });
        // Less what the way may take: right, where both clocks go at one rate.
        context.setTimer('end', LEASE_MS - 5, { type: 'tick' });
      },
    },
  });
  const change: Partial<Scenario> = {
    programs: { probe: () => [{ name: 'probe', definition: lending, params: null }] },
    ...always('one-holds', () => {
      const holders = new Set<string>();
      return {
        observe({ node, observation: { type } }) {
          if (type === 'holds') holders.add(node);
          if (type === 'gave-up' || type === 'node-crashed') holders.delete(node);
          return holders.size > 1 ? `${[...holders].join(' and ')} hold the lease` : undefined;
        },
      };
    }),
  };

  it('is found by drift, and not by clocks that only stand elsewhere', () => {
    expect(finds(fault('clock-drift', onB, { ppm: -300_000 }), change)).toBe(true);
    expect(finds(fault('clock-drift', onB, { ppm: 300_000 }), change)).toBe(false);
    expect(finds(fault('clock-skew', onB, { offsetMs: -5_000 }), change)).toBe(false);
    expect(finds(fault('clock-jump', onB, { offsetMs: 86_400_000 }), change)).toBe(false);
    expect(finds(fault('crash', onB), change)).toBe(false);
  });
});

describe('a watcher that takes whoever is heard from for well', () => {
  const STALE_US = 60_000;
  const pinging = actor(probes, {
    init: () => ({ sent: 0 }),
    start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
    on: {
      tick(context, state) {
        context.setTimer('tick', 2, { type: 'tick' });
        state.sent++;
        for (const peer of ['a', 'b', 'c']) {
          if (peer !== context.node) context.send(`${peer}/probe`, { type: 'ping', n: state.sent });
        }
      },
      ping: (context, _state, { n }) => context.observe({ type: 'heard', from: context.sender, n }),
    },
  });
  /** What `b` hears is fresh, unless it was silent for so long before that the watcher has noticed. */
  const programs: Scenario['programs'] = { probe: () => [{ name: 'probe', definition: pinging, params: null }] };
  const property = always('alive-means-fresh', () => {
    let lastUs = 0;
    let noticedUs = 0;
    return {
      observe({ node, atUs, observation: { type, from, n } }) {
        if (node !== 'b' || type !== 'heard' || from !== 'a/probe') return undefined;
        if (atUs - lastUs > STALE_US) noticedUs = atUs;
        lastUs = atUs;
        const ageUs = atUs - Number(n) * 2_000;
        return ageUs > STALE_US && atUs > noticedUs + STALE_US ? `b is ${ageUs} us behind and looks well` : undefined;
      },
    };
  });
  const change = { programs, ...property };

  it('is found by a slow node, and not by one that stands still or is gone for a while', () => {
    expect(finds(fault('slow-node', onB, { turnUs: 3_000 }), change)).toBe(true);
    expect(finds(fault('pause', onB), change)).toBe(false);
    expect(finds(fault('crash', onB), change)).toBe(false);
    expect(finds(fault('slow-disk', onB, { extraMs: 3 }), change)).toBe(false);
  });
});

describe('a voter whose promise rests on its disk', () => {
  const voting = actor(probes, {
    init: () => ({ voted: '' }),
    recover: ({ cells }) => ({ voted: String(cells.get('voted') ?? '') }),
    start(context) {
      if (context.node !== 'b') context.setTimer('ask', context.node === 'a' ? 100 : 500, { type: 'tick' });
    },
    on: {
      tick: (context) => context.send('b/probe', { type: 'question' }),
      question(context, state) {
        if (state.voted !== '') return;
        context.storage.put('voted', (state.voted = context.sender));
        context.observe({ type: 'voted', voted: state.voted });
      },
    },
  });
  const change: Partial<Scenario> = {
    programs: { probe: () => [{ name: 'probe', definition: voting, params: null }] },
    ...always('one-vote', () => {
      const votes = new Set<unknown>();
      return {
        observe({ observation: { type, voted } }) {
          if (type === 'voted') votes.add(voted);
          return votes.size > 1 ? `b voted for ${[...votes].join(' and ')}` : undefined;
        },
      };
    }),
  };

  it('is made to vote twice by a lost disk, and by no crash', () => {
    expect(finds(fault('wipe', onB), change)).toBe(true);
    expect(finds(fault('replace', onB), change)).toBe(true);
    expect(finds(fault('crash', onB), change)).toBe(false);
    expect(finds(fault('crash-loop', onB, { crashes: 8, downMs: 5, upMs: 9 }), change)).toBe(false);
  });
});

describe('two builds that do not understand each other', () => {
  /** The new build says how far it counts from another beginning; the old one takes it for its own. */
  const other = actor(probes, {
    init: (params: { readonly peers: readonly string[] }) => ({ sent: 0, peers: params.peers }),
    recover: (_durable, params) => ({ sent: 0, peers: params.peers }),
    start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
    on: {
      tick(context, state) {
        context.setTimer('tick', 2, { type: 'tick' });
        state.sent++;
        for (const peer of state.peers) {
          if (peer !== context.node) context.send(probe.at(peer, 'probe'), { type: 'ping', n: -state.sent });
        }
      },
    },
  });
  const change: Partial<Scenario> = {
    programs: {
      probe: (_node, params) => [{ name: 'probe', definition: probe, params }],
      next: (_node, params) => [{ name: 'probe', definition: other, params }],
    },
    ...always('counts-go-up', () => ({
      observe: ({ observation: { type, n } }) => (type === 'heard' && Number(n) < 0 ? `heard ${String(n)}` : undefined),
    })),
  };

  it('are found where they meet in one cluster', () => {
    const all = { kind: 'all' } as const;
    expect(finds(fault('rolling-upgrade', all, { program: 'next', downMs: 10, everyMs: 50 }), change)).toBe(true);
    expect(finds(fault('switch-program', onB, { program: 'next', downMs: 10 }), change)).toBe(true);
    expect(finds(fault('crash', all), change)).toBe(false);
  });
});

describe('a sender that counts on its batches being whole', () => {
  /** Sends what has gathered; where there is more than fits, it forgets the rest. */
  const batching = actor(probes, {
    init: () => ({ gathered: [] as number[], made: 0 }),
    start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
    on: {
      tick(context, state) {
        context.setTimer('tick', 2, { type: 'tick' });
        state.gathered.push(++state.made, ++state.made);
        const batch = context.faultPoint('probe.batch-of-one') ? state.gathered.slice(0, 1) : state.gathered;
        for (const n of batch) context.observe({ type: 'sent', n });
        state.gathered = [];
      },
    },
  });
  const change: Partial<Scenario> = {
    programs: { probe: () => [{ name: 'probe', definition: batching, params: null }] },
    ...always('none-left-out', () => {
      const last = new Map<string, number>();
      return {
        observe({ node, incarnation, observation: { type, n } }) {
          if (type !== 'sent') return undefined;
          const life = `${node} ${incarnation}`;
          const before = last.get(life) ?? 0;
          last.set(life, Number(n));
          return Number(n) === before + 1 ? undefined : `${node}: ${String(n)} after ${before}`;
        },
      };
    }),
  };

  it('is found by the point in its code that says so, and by nothing from outside', () => {
    expect(finds(fault('fault-point', onB, { point: 'probe.batch-of-one', ppm: 50_000 }), change)).toBe(true);
    for (const kind of ['crash', 'pause']) expect(finds(fault(kind, onB), change)).toBe(false);
    expect(finds(fault('slow-node', onB, { turnUs: 3_000 }), change)).toBe(false);
  });
});
