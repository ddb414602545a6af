import type { AnyActorDefinition } from 'orrery';
import { scenario } from 'orrery/sim';
import { client } from './client.js';
import { counter } from './counter.js';
import { buggyCounter } from './counter-buggy.js';

const countingWith = (name: string, definition: AnyActorDefinition) =>
  scenario({
    name,
    programs: {
      server: () => [{ name: 'counter', definition, params: null }],
      client: () => [{ name: 'client', definition: client, params: { server: 'n1' } }],
    },
    setup: (random) => ({
      nodes: [
        { id: 'n1', program: 'server', params: null, role: 'server' },
        { id: 'c1', program: 'client', params: null, role: 'client' },
      ],
      workload: Array.from({ length: 20 }, (_, i) => {
        const message = { type: 'count', id: `request-${i}`, n: random.between(1, 9) };
        return { atMs: 100 + 100 * i, to: 'c1/client', message };
      }),
    }),
    faultMs: 3_000,
    healMs: 2_000,
    faults: { maxDown: 1 }, // each seed draws loss, duplication, delay, partitions, crashes, pauses, skew
    properties: {
      always: {
        countedOnce: () => {
          const counted = new Set<unknown>();
          return {
            observe({ observation }) {
              if (observation.type !== 'counted') return undefined;
              if (counted.has(observation['id'])) return `${String(observation['id'])} was counted twice`;
              counted.add(observation['id']);
              return undefined;
            },
          };
        },
      },
      eventually: {
        allAnswered: ({ workload }) => ({
          end(run) {
            const state = run.state('c1', 'client') as { totals: Map<string, number> } | undefined;
            const answered = state?.totals.size ?? 0;
            return answered === workload.length ? undefined : `${answered} of ${workload.length} were answered`;
          },
        }),
      },
      sometimes: {
        askedAgain: () => ({ observe: ({ observation }) => observation.type === 'asked-again' }),
        crashed: () => ({ end: ({ faults }) => (faults['crash'] ?? 0) > 0 }),
      },
    },
  });

export const counting = countingWith('counting', counter);
export const countingBuggy = countingWith('counting-buggy', buggyCounter);
