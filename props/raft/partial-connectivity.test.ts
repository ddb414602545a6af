import { describe, expect, it } from 'vitest';
import type { RaftParameters } from '../../protocols/raft/index.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import { probesOf, tryConnectivity, type ConnectivityTrial, type Timing } from './connectivity-trial.js';
import { CONNECTIVITY_CASES, type ConnectivityCase } from './partial-connectivity.js';

const calendar = createCalendar();
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);

/** The defaults are etcd's: 1 s, a heartbeat of 100 ms. The others are the paper's range. */
const TIMINGS: Readonly<Record<string, Timing>> = {
  "etcd's time-outs": { electionTimeoutMs: { min: 1000, max: 2000 }, heartbeatMs: 100 },
  "the paper's time-outs": { electionTimeoutMs: { min: 150, max: 300 }, heartbeatMs: 30 },
};

/** What messages and disks take: a heartbeat, two rounds of votes, an append and its answer, with the client's own ways. */
const ROUNDS_MS = 100;

/**
 * Who hears no leader stands within one greatest election time-out of the last heartbeat; where two stand at once, or who stood lacks entries, another
 * does within one more. Whom the others hear has to find out first that it hears no majority, or that its disk stalls, which takes one time-out, looked at
 * with each heartbeat. While a leader goes on, only the clients' probes take their time: five members, one after the other.
 */
function boundMs({ expects }: ConnectivityCase, timing: Timing): number {
  const { electionTimeoutMs, heartbeatMs } = timing;
  const electionMs = 2 * electionTimeoutMs.max + ROUNDS_MS;
  if (expects === 'elected') return electionMs;
  if (expects === 'deposed') return electionTimeoutMs.max + heartbeatMs + electionMs;
  return 5 * probesOf(timing).calmMs + ROUNDS_MS;
}

function tryAll(
  tried: ConnectivityCase,
  timing: Timing,
  protections: Partial<RaftParameters> = {},
  seeds = SEEDS,
): readonly ConnectivityTrial[] {
  return seeds.map((seed) => tryConnectivity(tried, timing, protections, seed, calendar));
}

function caseOf(name: string): ConnectivityCase {
  const found = CONNECTIVITY_CASES.find((tried) => tried.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  return found;
}

describe.each(Object.entries(TIMINGS))('%s', (_name, timing) => {
  const { max } = timing.electionTimeoutMs;
  const possible = CONNECTIVITY_CASES.filter(({ expects }) => expects !== 'impossible');

  it.each(possible.map((tried) => [tried.name, tried] as const))(
    '%s: a working leader in time, stable as long as the fault lasts, and no stale read',
    (_case, tried) => {
      for (const trial of tryAll(tried, timing)) {
        expect(trial.violations).toEqual([]);
        expect(trial.reads).toBeGreaterThan(50);
        expect(trial.downtimeMs).toBeLessThanOrEqual(boundMs(tried, timing));
        expect(trial.laterElections).toBe(0);
        expect(trial.longestGapMs).toBeLessThan(max / 2);
        expect(trial.recoveryMs).toBeLessThanOrEqual(2 * max + ROUNDS_MS);
      }
    },
  );

  it('constrained election: nobody leads, for whoever could reach a majority lacks what is committed; and nothing of it is lost', () => {
    for (const trial of tryAll(caseOf('constrained election'), timing)) {
      expect(trial.violations).toEqual([]);
      expect(trial.downtimeMs).toBeUndefined();
      expect(trial.recoveryMs).toBeLessThanOrEqual(2 * max + ROUNDS_MS);
    }
  });
});

describe('what each protection is for', () => {
  const timing = TIMINGS["the paper's time-outs"] as Timing;
  const few = SEEDS.slice(0, 6);

  it.each(['leader deaf', 'quorum loss'])('%s: without checkQuorum the followers wait for ever', (name) => {
    for (const trial of tryAll(caseOf(name), timing, { checkQuorum: false }, few)) {
      expect(trial.violations).toEqual([]);
      expect(trial.downtimeMs).toBeUndefined();
    }
  });

  it("leader's disk stalled: without checkDisk it leads on and answers nobody", () => {
    for (const trial of tryAll(caseOf("leader's disk stalled"), timing, { checkDisk: false }, few)) {
      expect(trial.violations).toEqual([]);
      expect(trial.downtimeMs).toBeUndefined();
    }
  });

  const ousted = ['follower deaf', 'single link', 'bridge, leader in a half', 'ring of majorities'];
  it.each([...ousted, 'chain, leader in the middle'])(
    '%s: without preVote and leaderStickiness those who do not hear the leader oust it, again and again; one of them is enough',
    (name) => {
      const neither = tryAll(caseOf(name), timing, { preVote: false, leaderStickiness: false }, few);
      expect(neither.every(({ laterElections }) => laterElections > 0)).toBe(true);
      expect(neither.flatMap(({ violations }) => violations)).toEqual([]);
      for (const one of [{ preVote: false }, { leaderStickiness: false }]) {
        for (const trial of tryAll(caseOf(name), timing, one, few)) expect(trial.laterElections).toBe(0);
      }
    },
  );

  it('preVote spares the election that a member which comes back would cause', () => {
    const worstMs = (protections: Partial<RaftParameters>): number =>
      Math.max(
        ...tryAll(caseOf('single link'), timing, protections, few).map(({ recoveryMs }) => recoveryMs ?? Infinity),
      );
    expect(worstMs({})).toBeLessThan(timing.electionTimeoutMs.min / 2);
    expect(worstMs({ preVote: false })).toBeGreaterThan(timing.electionTimeoutMs.min);
  });
});
