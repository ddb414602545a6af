import { actor, messages, t } from 'orrery';

export const Counter = messages('counter', {
  add: { id: t.string, n: t.int },
  added: { id: t.string, total: t.int },
});

/** Counts each request once, however often it comes: what got no answer is asked again. */
export const counter = actor(Counter, {
  init: () => ({ total: 0, seen: new Set<string>() }),
  on: {
    add(context, state, { id, n }) {
      if (!state.seen.has(id)) {
        state.seen.add(id);
        state.total += n;
        context.observe({ type: 'counted', id, n });
      }
      context.save(state); // survives a crash
      context.reply({ type: 'added', id, total: state.total }); // leaves when that is durable
    },
  },
});
