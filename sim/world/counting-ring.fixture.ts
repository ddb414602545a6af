import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import { scenario } from '../define-scenario.js';

/**
 * A small cluster for tests of the kernel: each node counts `hit`s durably, tells its neighbour, asks a third node now and then
 * on a timer, and remembers what it heard. It uses messages, answers, timers, storage, randomness, work and observations.
 */
export const ring = messages('ring', {
  hit: { by: t.int },
  told: { total: t.int, history: t.array(t.int) },
  poll: {},
  question: { from: t.string },
  answer: { total: t.int },
  effect: { of: t.string },
});

interface RingState {
  total: number;
  heard: Map<string, number>;
  history: number[];
  works: number;
}

export const ringMember = actor(ring, {
  init: (_params: { peers: readonly string[] }): RingState & { peers: readonly string[] } => ({
    total: 0,
    heard: new Map(),
    history: [],
    works: 0,
    peers: _params.peers,
  }),
  recover: (durable, params) => ({
    total: (durable.cells.get('total') as number | undefined) ?? 0,
    heard: new Map<string, number>(),
    history: [],
    works: 0,
    peers: params.peers,
  }),
  start(context, state) {
    context.observe({ type: 'ring-started', total: state.total });
    context.setTimer('poll', context.random('poll').between(20, 60), { type: 'poll' });
  },
  on: {
    hit(context, state, { by }) {
      state.total += by;
      state.history.push(state.total);
      if (state.history.length > 8) state.history.shift();
      context.storage.put('total', state.total);
      const others = state.peers.filter((peer) => peer !== context.node);
      const next = others[context.random('next').between(0, others.length - 1)];
      if (next !== undefined) {
        context.send(ringMember.at(next, 'member'), { type: 'told', total: state.total, history: [...state.history] });
      }
      context.observe({ type: 'counted', total: state.total, wallMs: context.wallMs() });
    },
    told(context, state, { total, history }) {
      state.heard.set(context.sender, total);
      // A receiver owns what it gets, and may change it.
      state.history = history as number[];
      state.history.push(total);
      if (total % 5 === 0) context.startWork('shell', { total });
    },
    poll(context, state) {
      context.setTimer('poll', context.random('poll').between(20, 60), { type: 'poll' });
      const others = state.peers.filter((peer) => peer !== context.node);
      const peer = others[context.random('peer').between(0, others.length - 1)];
      if (peer === undefined) return;
      context.ask(`${peer}/member`, { type: 'question', from: context.node }, { timeoutMs: 25 });
    },
    question(context, state) {
      context.reply({ type: 'answer', total: state.total });
    },
    answer(context, state, { total }) {
      if (total > state.total) context.observe({ type: 'behind', by: total - state.total });
    },
    effect(context, state, { of }) {
      state.works++;
      context.observe({ type: 'effect', of });
    },
  },
  signals: {
    askTimedOut(context, _state, { to }) {
      context.observe({ type: 'no-answer', to });
    },
    workDone(context, state, _work, result) {
      state.works++;
      context.observe({ type: 'worked', ok: result.ok });
    },
  },
});

export const countingRing = scenario({
  name: 'counting-ring',
  programs: {
    member: (_node, params) => [{ name: 'member', definition: ringMember, params }],
  },
  setup(random) {
    const peers = ['a', 'b', 'c', 'd', 'e'].slice(0, random.between(3, 5));
    const workload = Array.from({ length: 60 }, (_, n) => ({
      atMs: n * 30 + random.between(0, 20),
      to: `${peers[random.between(0, peers.length - 1)]}/member`,
      message: { type: 'hit', by: random.between(1, 3) },
    }));
    return {
      nodes: peers.map((id) => ({ id, program: 'member', params: { peers }, role: 'server' as const })),
      workload,
    };
  },
  faultMs: 2_000,
  healMs: 500,
  faults: { reactTo: ['counted', 'behind'], maxDown: 1 },
  simulateWork: ({ node, random }) => ({
    durationMs: random.between(0, 30),
    result:
      random.between(0, 3) === 0 ? { ok: false, error: 'exit 1', mayHaveHappened: true } : { ok: true, value: null },
    effects: [{ to: `${node === 'a' ? 'b' : 'a'}/member`, message: { type: 'effect', of: node } }],
  }),
  properties: {
    always: {
      'totals only grow within a life': () => {
        const totals = new Map<string, number>();
        return {
          observe({ node, incarnation, observation }) {
            if (observation.type !== 'counted') return undefined;
            const key = `${node}-${incarnation}`;
            const before = totals.get(key) ?? 0;
            totals.set(key, observation['total'] as number);
            return (observation['total'] as number) > before ? undefined : `${node} went from ${before} back`;
          },
        };
      },
    },
    eventually: {
      'every node of the core is up': (setup) => ({
        end: ({ core, states }) => {
          const up = states('member').length;
          return up === core.length && up === setup.nodes.length ? undefined : `only ${up} nodes are up`;
        },
      }),
    },
    sometimes: {
      'a node came back': () => ({ observe: ({ incarnation }) => incarnation > 1 }),
      'an answer was missed': () => ({ observe: ({ observation }) => observation.type === 'no-answer' }),
    },
  },
});
