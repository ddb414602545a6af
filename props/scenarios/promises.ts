import { gossipCoordinator } from '../../protocols/gossip/index.js';
import type { Coordinator, Guarantees } from '../../protocols/coordinator/index.js';
import { leaseCoordinator } from '../../protocols/lease/index.js';
import { replicatedLeaseCoordinator } from '../../protocols/lease-replicated/index.js';
import { raftCoordinator } from '../../protocols/raft/index.js';
import type { Scenario } from '../../sim/index.js';
import { gossipScenario } from './gossip.js';
import { leaseReplicatedScenario } from './lease-replicated.js';
import { leaseScenario } from './lease.js';
import { raftScenario } from './raft.js';
import { schedulerGossipScenario, schedulerLeaseScenario, schedulerRaftScenario } from './scheduler.js';

/** What shows that a guarantee is as it is stated: properties of a scenario that the coordinator runs in. */
export interface Backing {
  readonly scenario: Scenario;
  /** Claims that hold in every run (`always`, `eventually`), or, of what is not promised, sights of it (`sometimes`). */
  readonly properties: readonly string[];
  /** A test besides, where no run of the scenario shows it: its file, and what it is called there. */
  readonly test?: { readonly file: string; readonly name: string };
  /** How far it reaches, where what the coordinator states does not say so. */
  readonly bound?: string;
}

/** What replicas of a log remember of requests without a session. */
const WITHIN_WINDOW = 'while fewer than 10,000 others have been applied since';

export interface StatedCoordinator {
  readonly name: string;
  readonly coordinator: Coordinator;
  readonly backing: Readonly<Record<keyof Guarantees, Backing>>;
}

/** What each guarantee says, in words, by its value. Free text stands for itself. */
export const GUARANTEES: Readonly<Record<keyof Guarantees, { readonly title: string; readonly words?: Words }>> =
  Object.freeze({
    consistency: { title: 'transactions and reads are' },
    exclusiveLeader: {
      title: 'one leader',
      words: {
        true: "at any time one holder's guarded transactions succeed",
        false: 'not promised: each side of a partition may have one',
      },
    },
    tokensGrow: {
      title: 'fencing tokens grow',
      words: { true: 'from one election to the next', false: 'not promised: only at each node' },
    },
    transactionsOnce: {
      title: 'a transaction with the same requestId',
      words: { true: 'takes effect once', false: 'not promised: once at one node in one life only' },
    },
    safetyRestsOn: { title: 'safety rests on' },
    state: { title: 'where the state is' },
    effectOnce: {
      title: 'an effect that is guarded where it takes place happens',
      words: { always: 'once', 'while-connected': 'once as long as the views agree; not promised in a partition' },
    },
  });
type Words = Readonly<Record<string, string>>;

function on(scenario: Scenario, ...properties: readonly string[]): Backing {
  return { scenario, properties };
}

/** The coordinators, what they state of themselves, and what backs it, guarantee by guarantee. */
export const STATED_COORDINATORS: readonly StatedCoordinator[] = Object.freeze([
  {
    name: 'raft',
    coordinator: raftCoordinator,
    backing: {
      consistency: on(raftScenario, 'linearizable'),
      exclusiveLeader: on(schedulerRaftScenario, 'mandates-exclusive', 'deposed-planners-commit-nothing'),
      tokensGrow: on(schedulerRaftScenario, 'effect-tokens-rise'),
      transactionsOnce: { ...on(raftScenario, 'exactly-once'), bound: WITHIN_WINDOW },
      safetyRestsOn: on(raftScenario, 'election-safety', 'leader-completeness', 'received-votes-are-durable'),
      state: on(raftScenario, 'acknowledged-survives', 'core-converges'),
      effectOnce: on(schedulerRaftScenario, 'effect-at-most-once'),
    },
  },
  {
    name: 'lease',
    coordinator: leaseCoordinator,
    backing: {
      consistency: on(leaseScenario, 'registers-linearizable', 'reads-linearizable'),
      exclusiveLeader: on(leaseScenario, 'lease-exclusivity', 'owner-at-the-store'),
      tokensGrow: on(leaseScenario, 'tokens-grow'),
      transactionsOnce: on(leaseScenario, 'transactions-once'),
      safetyRestsOn: on(leaseScenario, 'lease-never-expires-early', 'older-tokens-refused'),
      state: on(leaseScenario, 'acknowledged-survives'),
      effectOnce: on(schedulerLeaseScenario, 'effect-at-most-once'),
    },
  },
  {
    name: 'lease, replicated',
    coordinator: replicatedLeaseCoordinator,
    backing: {
      consistency: on(leaseReplicatedScenario, 'registers-linearizable', 'reads-linearizable'),
      exclusiveLeader: on(leaseReplicatedScenario, 'lease-exclusivity', 'owner-at-the-store'),
      tokensGrow: on(leaseReplicatedScenario, 'tokens-grow'),
      transactionsOnce: { ...on(leaseReplicatedScenario, 'transactions-once'), bound: WITHIN_WINDOW },
      safetyRestsOn: on(leaseReplicatedScenario, 'election-safety', 'lease-never-ends-early', 'older-tokens-refused'),
      state: on(leaseReplicatedScenario, 'acknowledged-survives', 'replicas-are-equal'),
      effectOnce: on(leaseReplicatedScenario, 'older-tokens-refused'),
    },
  },
  {
    name: 'gossip',
    coordinator: gossipCoordinator,
    backing: {
      consistency: on(gossipScenario, 'registers-converge', 'writes-survive', 'siblings-survive'),
      exclusiveLeader: on(gossipScenario, 'two-led', 'one-leads'),
      tokensGrow: on(gossipScenario, 'tokens-grow-at-each-node'),
      transactionsOnce: {
        ...on(gossipScenario),
        test: {
          file: 'protocols/gossip/coordination/actor.test.ts',
          name: 'answers a repeated request without doing it again',
        },
      },
      safetyRestsOn: on(gossipScenario, 'conflict-resolved', 'versions-grow'),
      state: on(gossipScenario, 'writes-survive', 'registers-converge'),
      effectOnce: on(schedulerGossipScenario, 'effect-at-most-once', 'planners-overlapped'),
    },
  },
]);
