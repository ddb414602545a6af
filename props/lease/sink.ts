import { actor, type Actor } from '../../runtime/actor.js';
import { messages, t, type MessageOf } from '../../runtime/schema.js';

export const SINK_ACTOR = 'sink';

const sinkMessages = messages('fencing-sink', {
  'sink-write': { worker: t.string, token: t.int, number: t.int },
});
export type SinkMessage = MessageOf<typeof sinkMessages>;

interface SinkState {
  highestToken: number;
}

/**
 * A resource outside of the store that checks fencing tokens: it takes a write only if no write with a greater token came before.
 * Observes `sink-took` and `sink-refused`.
 */
export const fencingSink: Actor<SinkState, SinkMessage, null> = actor(sinkMessages, {
  init: (): SinkState => ({ highestToken: 0 }),
  on: {
    'sink-write'(context, state, { worker, token, number }) {
      const type = token >= state.highestToken ? 'sink-took' : 'sink-refused';
      context.observe({ type, worker, token, number, highestToken: state.highestToken });
      state.highestToken = Math.max(state.highestToken, token);
      context.save(state);
    },
  },
});
