import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../runtime/node/calendar.js';
import type { Random } from '../../../runtime/ports.js';
import { randomStream } from '../../../runtime/random.js';
import { runInline } from '../../../sim/index.js';
import { raftLostDisksScenario } from '../../scenarios/raft-lost-disks.js';
import { raftMembershipScenario } from '../../scenarios/raft-membership.js';
import { raftScenario } from '../../scenarios/raft.js';
import type { Scenario } from '../../../sim/index.js';
import { inSpecifiedTerms } from './etcd-stream.js';
import { eventsOf } from './event-stream.js';
import { NOBODY, type TraceEvent } from './event.js';
import { refusalOf } from './refusal.fixture.js';

const calendar = createCalendar();
const SEEDS = 100;
/** The workload of the scenario needs less than its whole length to show elections, crashes and partitions. */
const PHASES = { faultMs: 3_000, healMs: 1_000 };

function streamOf(scenario: Scenario, seed: number): readonly TraceEvent[] {
  const { narration } = runInline(scenario, { seed, phases: PHASES }, { calendar, narrate: true });
  return eventsOf(narration ?? []);
}

type Change = (event: TraceEvent, random: Random) => TraceEvent | undefined;

function stepped(value: number, random: Random): number {
  return value === 0 || random.between(0, 1) === 0 ? value + 1 : value - 1;
}

const CHANGES: Readonly<Record<string, Change>> = {
  'commit index': ({ state, ...event }, random) => ({
    ...event,
    state: { ...state, commit: stepped(state.commit, random) },
  }),
  vote: ({ state, ...event }, random) => {
    const others = [NOBODY, ...event.conf[0]].filter((vote) => vote !== state.vote);
    return { ...event, state: { ...state, vote: others[random.between(0, others.length - 1)] ?? NOBODY } };
  },
  term: ({ state, ...event }, random) => ({ ...event, state: { ...state, term: stepped(state.term, random) } }),
  'commit index told': (event, random) => told(event, 'commit', random),
  'term told': (event, random) => told(event, 'term', random),
};

/** Of what is heard a change can be legal: its sender said that, too, at another time, and messages come late. */
function told(event: TraceEvent, field: 'commit' | 'term', random: Random): TraceEvent | undefined {
  const { name, msg } = event;
  const isTold = field === 'commit' ? name === 'SendAppendEntriesRequest' : name.startsWith('Send');
  return msg === undefined || !isTold ? undefined : { ...event, msg: { ...msg, [field]: stepped(msg[field], random) } };
}

/** The stream with one event changed, which the seed chooses among those that have what is to be changed; undefined where none has. */
function changed(events: readonly TraceEvent[], what: string, seed: number): readonly TraceEvent[] | undefined {
  const change = CHANGES[what]!;
  if (!events.some((event) => change(event, randomStream(what)) !== undefined)) return undefined;
  const random = randomStream(`${seed}/${what}`);
  for (;;) {
    const position = random.between(0, events.length - 1);
    const event = change(events[position]!, random);
    if (event !== undefined) return events.with(position, event);
  }
}

const SCENARIOS = [raftScenario, raftMembershipScenario, raftLostDisksScenario];

describe.each(SCENARIOS)(`the event streams of ${SEEDS} seeds of $name`, (scenario) => {
  const streams = Array.from({ length: SEEDS }, (_, i) => ({ seed: i + 1, events: streamOf(scenario, i + 1) }));

  it('have elections, crashes, logs that part, changes of the group where it changes, and disks that are lost where they are', () => {
    const lives = streams.map(({ events }) => events.filter(({ name }) => name === 'InitState').length);
    const leaders = streams.map(({ events }) => events.filter(({ name }) => name === 'BecomeLeader').length);
    const refused = ({ msg }: TraceEvent): boolean => msg?.type === 'MsgAppResp' && msg.reject;
    const changes = streams.filter(({ events }) => events.some(({ name }) => name === 'ChangeConf')).length;
    expect(changes).toBeGreaterThanOrEqual(scenario === raftMembershipScenario ? 20 : 0);
    const ofLostDisk = ({ msg }: TraceEvent): boolean => msg?.unknown === true;
    const losses = streams.filter(({ events }) => events.some(ofLostDisk)).length;
    expect(losses).toBeGreaterThanOrEqual(scenario === raftLostDisksScenario ? 20 : 0);
    expect(lives.filter((count) => count > 5).length).toBeGreaterThan(5);
    expect(leaders.filter((count) => count > 1).length).toBeGreaterThan(20);
    expect(streams.filter(({ events }) => events.some(refused)).length).toBeGreaterThan(20);
  });

  it('are accepted step by step', () => {
    for (const { seed, events } of streams) expect(refusalOf(events), `seed ${seed}`).toBeUndefined();
  });

  it('are accepted in the terms of the specification, too', () => {
    for (const { seed, events } of streams) {
      expect(refusalOf(inSpecifiedTerms(events)), `seed ${seed}`).toBeUndefined();
    }
  });

  it.each(Object.keys(CHANGES))('are refused, each, when one %s was changed', (what) => {
    let refused = 0;
    for (const { seed, events } of streams) {
      const others = changed(events, what, seed);
      // Where disks are lost before anybody has led, nobody ever does, nor tells of a commit index.
      if (others === undefined) continue;
      expect(refusalOf(others), `seed ${seed}`).toMatch(/^event \d+, \w+ at n\d: /);
      refused++;
    }
    expect(refused).toBeGreaterThanOrEqual(scenario === raftLostDisksScenario ? SEEDS - 5 : SEEDS);
  });
});
