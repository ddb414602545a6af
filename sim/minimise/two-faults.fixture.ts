import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import { scenario } from '../define-scenario.js';
import type { PlannedFault } from '../faults/plan.js';

const Purse = messages('purse', { add: { amount: t.int }, tick: {} });

const NODES = Object.freeze(['a', 'b', 'c', 'x', 'y']);
const JUMP_MS = 10_000;

/**
 * Counts in memory what it should keep, and forgets it with a crash; it tells of that only if its wall clock had jumped before. So it
 * takes two faults of one node, in this order, and a request in between.
 */
const purse = actor(Purse, {
  init: () => ({ total: 0, hasJumped: false, offsetMs: 0 }),
  recover: (durable) => ({ total: 0, hasJumped: durable.cells.get('hasJumped') === true, offsetMs: 0 }),
  start(context, state) {
    state.offsetMs = context.wallMs() - context.nowMs();
    context.setTimer('tick', 5, { type: 'tick' });
  },
  on: {
    add(context, state, { amount }) {
      state.total += amount;
      if (Math.abs(context.wallMs() - context.nowMs() - state.offsetMs) > JUMP_MS) state.hasJumped = true;
      context.storage.put('hasJumped', state.hasJumped);
      context.observe({ type: 'added', total: state.total });
    },
    tick(context, state) {
      context.setTimer('tick', 5, { type: 'tick' });
      context.observe({ type: 'holds', total: state.total, hasJumped: state.hasJumped });
    },
  },
});

function plannedFault(
  name: string,
  fault: string,
  ms: number,
  node: string,
  more: Partial<PlannedFault> = {},
): PlannedFault {
  return { name, fault, at: { ms }, target: { kind: 'node', node }, params: {}, ...more };
}

/** Twelve faults, two of which matter: the clock of `a` that jumps, and its crash afterwards. */
export const twelveFaults: readonly PlannedFault[] = [
  plannedFault('crash-1', 'crash', 37, 'b', { forMs: 60 }),
  plannedFault('slow-link-1', 'slow-link', 50, 'a', { forMs: 400, params: { extraMs: 17 } }),
  plannedFault('clock-jump-1', 'clock-jump', 120, 'b', { params: { offsetMs: 40_000 } }),
  plannedFault('pause-1', 'pause', 150, 'c', { forMs: 200 }),
  plannedFault('jump', 'clock-jump', 233, 'a', { params: { offsetMs: 86_123 } }),
  plannedFault('drop-1', 'drop', 300, 'b', { forMs: 500, params: { ppm: 300_000 } }),
  plannedFault('duplicate-1', 'duplicate', 310, 'c', { forMs: 500, params: { ppm: 300_000 } }),
  plannedFault('crash-2', 'crash', 333, 'c', { forMs: 70 }),
  plannedFault('lost', 'crash', 512, 'a', { forMs: 43 }),
  plannedFault('skew-1', 'clock-skew', 520, 'b', { forMs: 90, params: { offsetMs: 77 } }),
  plannedFault('pause-2', 'pause', 700, 'b', { forMs: 90 }),
  plannedFault('crash-3', 'crash', 800, 'c', { forMs: 90 }),
];

/** Three purses and two clients that have no part in it. What a purse was told to add it should hold. */
export const forgetfulPurse = scenario({
  name: 'forgetful-purse',
  programs: { purse: () => [{ name: 'purse', definition: purse, params: null }] },
  setup: (random) => ({
    nodes: NODES.map((id) => ({ id, program: 'purse', params: null, role: id < 'x' ? 'server' : 'client' })),
    workload: Array.from({ length: 60 }, (_, n) => ({
      atMs: 10 + n * 14 + random.between(0, 9),
      to: `${NODES[n % NODES.length]}/purse`,
      message: { type: 'add', amount: random.between(1, 5) },
    })),
  }),
  shrinkSetup({ nodes, workload }) {
    const servers = nodes.filter(({ role }) => role === 'server');
    return servers.map(({ id: gone }) => ({ nodes: nodes.filter(({ id }) => id !== gone), workload }));
  },
  faultMs: 1000,
  healMs: 500,
  faults: { reactTo: ['added'], maxDown: 3 },
  properties: {
    always: {
      'what was added is kept': () => {
        const added = new Map<string, number>();
        return {
          observe({ node, observation }) {
            const { type, total, hasJumped } = observation as { type: string; total: number; hasJumped?: boolean };
            if (type === 'added') added.set(node, total);
            if (type !== 'holds' || hasJumped !== true || total >= (added.get(node) ?? 0)) return undefined;
            return `${node} holds ${total} and was told ${added.get(node)}`;
          },
        };
      },
    },
    eventually: {},
    sometimes: {},
  },
});
