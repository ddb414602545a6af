import { describe, expect, it } from 'vitest';
import type { ActorSpec } from '../../runtime/actor.js';
import type { NodeId } from '../../runtime/address.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import {
  gossipCoordinator,
  MEMBERSHIP_ACTOR,
  type GossipCoordinatorState,
  type MembershipState,
} from '../../protocols/gossip/index.js';
import { runInline, type EndOfRun, type PlannedFault, type Scenario, type WorkItem } from '../../sim/index.js';
import { gossipSafety, replicaUser } from './index.js';

const calendar = createCalendar();
const MEMBERS = ['n1', 'n2', 'n3', 'n4', 'n5'];
const FAST = { probeIntervalMs: 300, probeTimeoutMs: 100, gossipIntervalMs: 60, membershipSyncIntervalMs: 1500 };

/** Five members through faults that the test states; `judge` sees what the run left behind. */
function group(workload: readonly WorkItem[], judge: (end: EndOfRun) => string | undefined): Scenario {
  return {
    name: 'membership-life',
    programs: {
      member: (node): readonly ActorSpec[] => [
        ...gossipCoordinator.memberActors(node, { members: MEMBERS, stores: [] }, FAST),
        { name: 'user', definition: replicaUser, params: null },
      ],
    },
    setup: () => ({ nodes: MEMBERS.map((id) => ({ id, program: 'member', params: null, role: 'server' })), workload }),
    faultMs: 20_000,
    healMs: 15_000,
    faults: 'none',
    properties: { always: gossipSafety, eventually: { judged: () => ({ end: judge }) }, sometimes: {} },
  };
}

function run(scenario: Scenario, ...faults: PlannedFault[]): void {
  for (const seed of [1, 2, 3]) {
    const { violations } = runInline(scenario, { seed, plan: { faults } }, { calendar });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
}

function standing(end: EndOfRun, by: NodeId, of: NodeId): string {
  const seen = (end.state(by, MEMBERSHIP_ACTOR) as MembershipState).members.get(of);
  return `${by} sees ${of} ${seen?.status ?? 'not at all'}`;
}

function valueAt(end: EndOfRun, node: NodeId, key: string): unknown {
  return (end.state(node, 'coordinator') as GossipCoordinatorState).replica.held.get(key)?.register.value;
}

describe('a member that leaves', () => {
  it('is seen by everybody to have left, and by nobody to be dead', () => {
    const others = MEMBERS.filter((node) => node !== 'n2');
    const leaves = group([{ atMs: 5000, to: 'n2/user', message: { type: 'depart' } }], (end) =>
      others.map((node) => standing(end, node, 'n2')).find((seen) => !seen.endsWith('left')),
    );
    const died: Scenario = {
      ...leaves,
      properties: {
        ...leaves.properties,
        always: {
          'nobody-died': () => ({
            observe: ({ observation: { type } }) => (type === 'member-dead' ? type : undefined),
          }),
        },
      },
    };
    run(died);
  });
});

describe('a member that comes back with a lower incarnation', () => {
  it.each([
    ['while it is believed alive', 40],
    ['after it was declared dead', 12_000],
  ])('%s is seen alive by everybody', (_, forMs) => {
    // Three crashes raise its incarnation; then its disk is lost, and it counts from 1 again.
    const restarts = [3000, 4000, 5000].map((ms, n): PlannedFault => ({
      ...{ name: `crash-${n}`, fault: 'crash', at: { ms }, forMs: 50, params: {} },
      target: { kind: 'node', node: 'n3' },
    }));
    const wipe: PlannedFault = {
      ...{ name: 'wipe-1', fault: 'wipe', at: { ms: 7000 }, forMs, params: {} },
      target: { kind: 'node', node: 'n3' },
    };
    const alive = group([], (end) => {
      const { incarnation } = end.state('n3', MEMBERSHIP_ACTOR) as MembershipState;
      if (incarnation < 4 * 1_048_576) return `n3 came back at ${incarnation} and overrides nobody's memory of it`;
      return MEMBERS.filter((node) => node !== 'n3')
        .map((node) => standing(end, node, 'n3'))
        .find((seen) => !seen.endsWith('alive'));
    });
    // What the wipe took away is owed by nobody, so only membership is judged.
    run({ ...alive, properties: { eventually: alive.properties.eventually } }, ...restarts, wipe);
  });
});

describe('a partition', () => {
  const sides = [
    ['n1', 'n2'],
    ['n3', 'n4', 'n5'],
  ] as const;
  const cut: PlannedFault = {
    ...{ name: 'partition-1', fault: 'partition', at: { ms: 3000 }, forMs: 15_000, params: {} },
    target: { kind: 'links', from: sides[0], to: sides[1] },
  };
  const write = (atMs: number, node: NodeId, key: string): WorkItem => ({
    atMs,
    to: `${node}/user`,
    message: { type: 'write', key, value: `by-${node}` },
  });

  it('leaves both sides at work on their own, and is repaired afterwards', () => {
    const workload = [write(1000, 'n1', 'x'), write(14_000, 'n2', 'small'), write(14_000, 'n5', 'large')];
    const acknowledged = new Set<string>();
    const scenario = group(workload, (end) => {
      for (const node of MEMBERS) {
        for (const other of MEMBERS) {
          if (other !== node && !standing(end, node, other).endsWith('alive')) return standing(end, node, other);
        }
        for (const [key, value] of Object.entries({ x: 'by-n1', small: 'by-n2', large: 'by-n5' })) {
          if (valueAt(end, node, key) !== value) return `${node} holds ${String(valueAt(end, node, key))} under ${key}`;
        }
      }
      return undefined;
    });
    const watched: Scenario = {
      ...scenario,
      properties: {
        ...scenario.properties,
        always: {
          ...scenario.properties.always,
          'served-while-cut': () => ({
            observe({ observation, atUs }) {
              const { type, key } = observation as { readonly type: string; readonly key?: string };
              if (type === 'register-written' && atUs < 18_000_000) acknowledged.add(key ?? '');
              return undefined;
            },
          }),
        },
      },
    };
    run(watched, cut);
    expect([...acknowledged].filter((key) => !key.startsWith('!')).sort()).toEqual(['large', 'small', 'x']);
  });
});
