import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { DEFAULT_GOSSIP_OPTIONS } from '../../protocols/gossip/index.js';
import { defaultMemberOptions, defaultServerOptions, defaultStoreLimits } from '../../protocols/lease/index.js';
import { raftParameters } from '../../protocols/raft/index.js';
import { DEFAULT_SCHEDULER_OPTIONS, type SchedulerOptions } from '../../scheduler/index.js';

/** What the members and stores of a run are set up with; null leaves all as declared. */
export interface DrawnOptions {
  readonly scheduler: Plain;
  readonly coordinator: Plain;
}

const DECLARED: DrawnOptions = Object.freeze({ scheduler: null, coordinator: null });

/**
 * The product's own time-outs and limits, as swarm draws them: in every other run what is declared, else each as declared or hostile. Hostile is
 * what a user may set, and where what is promised must still hold and still be over in the time of healing.
 */
export function drawOptions(random: Random, coordinator: 'raft' | 'lease' | 'gossip'): DrawnOptions {
  const scheduler = drawSchedulerOptions(random, coordinator);
  const drawn = { scheduler, coordinator: drawCoordinatorOptions(random, coordinator) };
  return random.between(0, 1) === 0 ? DECLARED : drawn;
}

function drawSchedulerOptions(random: Random, coordinator: string): Plain {
  const declared = DEFAULT_SCHEDULER_OPTIONS;
  const { store } = declared;
  const pick = (usual: number, ...hostile: readonly number[]): number => pickOption(random, usual, hostile);
  const drawn = {
    store: {
      askTimeoutMs: pick(store.askTimeoutMs, 250, 3_000),
      retryMs: pick(store.retryMs, 10, 500),
      giveUpMs: pick(store.giveUpMs, 3_000),
      // A copy that is read anew all the time overtakes the events of its watch, and they it.
      resyncMs: pick(store.resyncMs, 250, 1_000),
    },
    slots: pick(declared.slots, 2),
    planEveryMs: pick(declared.planEveryMs, 100, 2_000),
    reapEveryMs: pick(declared.reapEveryMs, 50, 1_500),
    reapGraceMs: pick(declared.reapGraceMs, 50, 1_500),
    campaignEveryMs: pick(declared.campaignEveryMs, 1_000),
    clockEveryMs: pick(declared.clockEveryMs, 300),
    clockPatienceMs: pick(declared.clockPatienceMs, 3_000),
    auditEveryMs: pick(declared.auditEveryMs, 300),
    pruneEveryMs: pick(declared.pruneEveryMs, 1_000),
  } satisfies Partial<SchedulerOptions>;
  // Where a claim is not known to all at once, workers wait long enough for it to spread; less is not hostile but wrong.
  if (coordinator === 'gossip') return drawn;
  return { ...drawn, claimSpreadMs: pick(declared.claimSpreadMs, 0, 400) };
}

function drawCoordinatorOptions(random: Random, coordinator: 'raft' | 'lease' | 'gossip'): Plain {
  const pick = (usual: number, ...hostile: readonly number[]): number => pickOption(random, usual, hostile);
  switch (coordinator) {
    case 'raft': {
      const declared = raftParameters({ members: ['n1'] });
      const { electionTimeoutMs, heartbeatMs } = declared;
      const timings = [
        { electionTimeoutMs, heartbeatMs },
        { electionTimeoutMs: { min: 100, max: 200 }, heartbeatMs: 40 },
        { electionTimeoutMs: { min: 200, max: 3_000 }, heartbeatMs: 50 },
      ];
      return {
        ...timings[random.between(0, timings.length - 1)]!,
        forwardTimeoutMs: pick(declared.forwardTimeoutMs, 300),
        maxEntriesPerAppend: pick(declared.maxEntriesPerAppend, 1, 8),
        maxAppendsInFlight: pick(declared.maxAppendsInFlight, 1, 2),
      };
    }
    case 'lease': {
      const declared = defaultMemberOptions;
      const sessionTtlMs = pick(declared.sessionTtlMs, 1_000, 500);
      const retryAfterMs = pick(declared.retryAfterMs, 1_000);
      return {
        member: {
          sessionTtlMs,
          // The rarer, the fewer have to be lost for another to be elected.
          keepAliveEveryMs: Math.floor(sessionTtlMs / pick(6, 3)),
          // What was lost comes late, when others may have been elected.
          retryAfterMs,
          retryAtMostMs: Math.max(declared.retryAtMostMs, retryAfterMs),
        },
        store: {
          limits: { historyEvents: pick(defaultStoreLimits.historyEvents, 40, 200) },
          snapshotEvery: pick(defaultServerOptions.snapshotEvery, 50, 300),
          maxEventsPerBatch: pick(defaultServerOptions.maxEventsPerBatch, 1, 8),
        },
      };
    }
    case 'gossip':
      return {
        registersPerMessage: pick(DEFAULT_GOSSIP_OPTIONS.registersPerMessage, 2),
        gossipIntervalMs: pick(DEFAULT_GOSSIP_OPTIONS.gossipIntervalMs, 30),
        membershipSyncIntervalMs: pick(DEFAULT_GOSSIP_OPTIONS.membershipSyncIntervalMs, 1_000),
        registerSyncIntervalMs: pick(DEFAULT_GOSSIP_OPTIONS.registerSyncIntervalMs, 200),
        stabilisationMs: pick(DEFAULT_GOSSIP_OPTIONS.stabilisationMs, 300),
      };
  }
}

/** What is declared as often as what is hostile. */
function pickOption(random: Random, declared: number, hostile: readonly number[]): number {
  const which = random.between(0, 2 * hostile.length - 1);
  return hostile[which] ?? declared;
}
