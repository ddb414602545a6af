import type { ActorCell } from './actor-cell.js';
import type { Context } from './context.js';
import { copyPlain, type Message } from './data.js';
import type { Lsn } from './envelope.js';
import type { Letter } from './mailbox.js';

/** Calls the handler that an actor's definition has for a letter; false where a message has none. */
export function callHandler(cell: ActorCell, letter: Letter, context: Context<Message>, durableLsn: Lsn): boolean {
  const { definition, state } = cell;
  const { signals } = definition;
  switch (letter.kind) {
    case 'message': {
      const handler = definition.on[letter.message.type];
      if (handler === undefined) return false;
      handler.call(definition.on, context, state, letter.message);
      return true;
    }
    case 'start':
      definition.start?.(context, state, copyPlain(cell.params));
      return true;
    case 'terminated':
      signals?.terminated?.(context, state, letter.ended, letter.reason);
      return true;
    case 'ask-timed-out':
      signals?.askTimedOut?.(context, state, letter.question);
      return true;
    case 'work-done':
      signals?.workDone?.(context, state, { workId: letter.workId, tag: letter.tag }, letter.result);
      return true;
    case 'durable':
      signals?.durable?.(context, state, durableLsn);
      return true;
    case 'stopping':
      signals?.stopping?.(context, state);
      return true;
  }
}
