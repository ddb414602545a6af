import { actor } from 'orrery';
import { Counter } from './counter.js';

/** The same without the check for requests that came before. */
export const buggyCounter = actor(Counter, {
  init: () => ({ total: 0 }),
  on: {
    add(context, state, { id, n }) {
      state.total += n;
      context.observe({ type: 'counted', id, n });
      context.save(state);
      context.reply({ type: 'added', id, total: state.total });
    },
  },
});
