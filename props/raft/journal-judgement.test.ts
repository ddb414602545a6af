import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ObservedRecord } from '../../runtime/observation.js';
import { pairEvents, type HistoryEvent } from '../histories/index.js';
import { checkLinearizable, type Model } from '../linearizability/index.js';
import { linearizable } from './clients.js';

/** What a journal is: `append` answers the position that it took, `count` the length. */
const journalModel: Model<number> = {
  name: 'journal',
  initial: () => 0,
  step: (length, { f, result }) => {
    if (result !== undefined && result !== length) return undefined;
    return f === 'append' ? length + 1 : length;
  },
  stateKey: (length) => length,
  isRead: ({ f }) => f === 'count',
  classOf: ({ f, result }) => `${f} ${String(result)}`,
};

type Move = { readonly client: number; readonly kind: 'append' | 'count'; readonly value: number };

const moves = fc.array(
  fc.record({ client: fc.nat(2), kind: fc.constantFrom<'append' | 'count'>('append', 'count'), value: fc.nat(3) }),
  { minLength: 2, maxLength: 14 },
);

/** The same run as the observations of its clients and as a history. Every client answers in the end. */
function told(drawn: readonly Move[]): { readonly monitor: string | undefined; readonly verdict: string } {
  const monitor = linearizable();
  const events: HistoryEvent[] = [];
  const underWay = new Map<number, { readonly id: string; readonly kind: string }>();
  let fault: string | undefined;
  const observe = (observation: ObservedRecord['observation']): void => {
    fault ??= monitor.observe?.({ observation } as ObservedRecord);
  };
  const complete = ({ client, value }: Move): void => {
    const { id, kind } = underWay.get(client) ?? { id: '', kind: '' };
    underWay.delete(client);
    observe({ type: 'client-completed', id, kind, value });
    events.push({ process: client, type: 'ok', f: kind, key: null, value, line: 0 });
  };
  drawn.forEach((move, index) => {
    const { client, kind } = move;
    if (underWay.has(client)) return complete(move);
    underWay.set(client, { id: `${client}/${index}`, kind });
    observe({ type: 'client-invoked', id: `${client}/${index}` });
    events.push({ process: client, type: 'invoke', f: kind, key: null, value: null, line: 0 });
  });
  // Appends nobody was told of may fill the positions that are missing: as many as there can be.
  for (let spare = 0; spare < 4; spare++) {
    events.unshift({ process: `lost ${spare}`, type: 'invoke', f: 'append', key: null, value: null, line: 0 });
  }
  const { verdict } = checkLinearizable(journalModel, pairEvents(events, 'drawn'));
  return { monitor: fault, verdict };
}

it('the property that judges the journal as it goes says what the checker says at the end', () => {
  const found = { legal: 0, illegal: 0 };
  fc.assert(
    fc.property(moves, (drawn) => {
      const { monitor, verdict } = told(drawn);
      expect(monitor === undefined ? 'legal' : 'illegal').toBe(verdict);
      found[verdict as 'legal']++;
    }),
    { numRuns: 4000, seed: 7 },
  );
  expect(Math.min(found.legal, found.illegal)).toBeGreaterThan(200);
});
