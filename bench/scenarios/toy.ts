import { actor, type ActorSpec } from '../../runtime/actor.js';
import type { NodeId } from '../../runtime/address.js';
import { messages, t, type MessageOf } from '../../runtime/schema.js';
import { scenario, type Scenario, type Setup } from '../../sim/index.js';

/** A message of four scalars, and one as protocols send them: entries in a list, which the runtime must copy between nodes. */
const Toy = messages('toy', {
  token: { hops: t.int, from: t.int, sum: t.int, salt: t.int },
  batch: { hops: t.int, entries: t.array(t.object({ index: t.int, term: t.int, command: t.string })) },
});

/** Passes every token on to the next node of the ring: the least that a message-passing program does. */
const relay = actor(Toy, {
  init: (params: {
    readonly next: NodeId;
    readonly tokens: number;
    readonly work: number;
    readonly payload: ToyShape['payload'];
  }) => ({ ...params, seen: 0 }),
  start(context, state) {
    for (let i = 0; i < state.tokens; i++) context.send(`${state.next}/relay`, firstOf(state.payload, i));
  },
  on: {
    token(context, state, { hops, from, sum, salt }) {
      state.seen++;
      let mixed = salt;
      for (let i = 0; i < state.work; i++) mixed = Math.imul(mixed ^ i, 0x9e3779b1);
      context.send(`${state.next}/relay`, {
        type: 'token',
        hops: hops + 1,
        from,
        sum: (sum + state.seen) | 0,
        salt: mixed,
      });
    },
    batch(context, state, { hops, entries }) {
      state.seen++;
      context.send(`${state.next}/relay`, { type: 'batch', hops: hops + 1, entries });
    },
  },
});

function firstOf(payload: ToyShape['payload'], from: number): MessageOf<typeof Toy> {
  if (payload === 'scalars') return { type: 'token', hops: 0, from, sum: 0, salt: 1 };
  const entries = [1, 2].map((index) => ({ index, term: from, command: `set key-${from} to ${index}` }));
  return { type: 'batch', hops: 0, entries };
}

/** `nodes` relays in a ring with `tokens` messages on their way from each; a handler spins `work` rounds. */
export interface ToyShape {
  readonly nodes: number;
  readonly tokens: number;
  readonly work: number;
  readonly payload: 'scalars' | 'entries';
}

const DEFAULT_SHAPE: ToyShape = Object.freeze({ nodes: 5, tokens: 100, work: 0, payload: 'scalars' });

function toySetup({ nodes, tokens, work, payload }: ToyShape): Setup {
  const ids = Array.from({ length: nodes }, (_, index) => `n${index + 1}`);
  return {
    workload: [],
    nodes: ids.map((id, index) => ({
      id,
      program: 'relay',
      params: { next: ids[(index + 1) % nodes] ?? id, tokens, work, payload },
      role: 'server' as const,
    })),
  };
}

const relayProgram = (_node: NodeId, params: unknown): readonly ActorSpec[] => [
  { name: 'relay', definition: relay, params: params as never },
];

/** The toy, shaped by the run's parameters; one simulated second. */
export const toyScenario: Scenario = scenario({
  name: 'toy',
  programs: { relay: relayProgram },
  setup: (_random, params) => toySetup({ ...DEFAULT_SHAPE, ...(params as Partial<ToyShape> | null) }),
  latencyMs: { min: 1, max: 5 },
  faultMs: 1000,
  healMs: 0,
  faults: 'none',
  properties: { always: {}, eventually: {}, sometimes: {} },
});
