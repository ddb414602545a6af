import { actor, combineMessages, messages, t, type Context } from 'orrery';
import { Counter, counter } from './counter.js';

const Requests = messages('requests', { count: { id: t.string, n: t.int } });
const Client = combineMessages('client', Requests, Counter);
type ClientContext = Context<NonNullable<(typeof Client)['_message']>>;

/** Asks the counter until it answers. */
export const client = actor(Client, {
  init: ({ server }: { readonly server: string }) => ({ server, totals: new Map<string, number>() }),
  on: {
    count: (context, state, { id, n }) => ask(context, state.server, id, n),
    added: (_context, state, { id, total }) => void state.totals.set(id, total),
  },
  signals: {
    // It may have been counted all the same, so the id stays.
    askTimedOut: (context, state, { tag }) => {
      const { id, n } = tag as { id: string; n: number };
      context.observe({ type: 'asked-again', id });
      ask(context, state.server, id, n);
    },
  },
});

function ask(context: ClientContext, server: string, id: string, n: number): void {
  context.ask(counter.at(server, 'counter'), { type: 'add', id, n }, { timeoutMs: 100, tag: { id, n } });
}
