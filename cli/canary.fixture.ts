import { actor, combineMessages, messages, t, type AnyActorDefinition } from 'orrery';
import { scenario } from 'orrery/sim';

// The canary: a bug that every hunt worth its name finds. A hunt that passes it has become blind.

const Register = messages('register', { put: { n: t.int }, kept: { n: t.int } });
const Writes = messages('writes', { tick: {} });
const Writer = combineMessages('writer', Writes, Register);

function register(acknowledgesEarly: boolean): AnyActorDefinition {
  return actor(Register, {
    init: () => ({ n: 0 }),
    recover: ({ cells }) => ({ n: Number(cells.get('n') ?? 0) }),
    start: (context, state) => context.observe({ type: 'recovered', n: state.n }),
    on: {
      put(context, state, { n }) {
        state.n = n;
        context.storage.put('n', n);
        // The bug: the answer leaves while the disk still works, and whoever reads it takes it for a promise.
        context.reply({ type: 'kept', n }, acknowledgesEarly ? { beforeDurable: true } : {});
      },
    },
  });
}

const writer = actor(Writer, {
  init: () => ({ n: 0 }),
  start: (context) => context.setTimer('tick', 10, { type: 'tick' }),
  on: {
    tick(context, state) {
      context.setTimer('tick', 10, { type: 'tick' });
      context.send('n1/register', { type: 'put', n: ++state.n });
    },
    kept: (context, _state, { n }) => context.observe({ type: 'kept', n }),
  },
});

const canary = (name: string, definition: AnyActorDefinition) =>
  scenario({
    name,
    programs: {
      server: () => [{ name: 'register', definition, params: null }],
      client: () => [{ name: 'writer', definition: writer, params: null }],
    },
    setup: () => ({
      nodes: [
        { id: 'n1', program: 'server', params: null, role: 'server' },
        { id: 'c1', program: 'client', params: null, role: 'client' },
      ],
      workload: [],
    }),
    faultMs: 2_000,
    healMs: 500,
    faults: { faults: ['crash', 'slow-disk'], maxDown: 1 },
    properties: {
      always: {
        keptSurvives: () => {
          let kept = 0;
          return {
            observe({ observation: { type, n } }) {
              if (type === 'kept') kept = Math.max(kept, Number(n));
              return type === 'recovered' && Number(n) < kept ? `${kept} was kept; ${Number(n)} is there` : undefined;
            },
          };
        },
      },
      sometimes: { crashed: () => ({ end: ({ faults }) => (faults['crash'] ?? 0) > 0 }) },
    },
  });

export const acknowledgesTooEarly = canary('acknowledges-too-early', register(true));
export const acknowledgesInTime = canary('acknowledges-in-time', register(false));
