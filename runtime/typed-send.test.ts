import { describe, expect, it } from 'vitest';
import { actor } from './actor.js';
import type { Context } from './context.js';
import { messages, t } from './schema.js';

const Counter = messages('counter', { add: { id: t.int, by: t.optional(t.int) }, reset: {} });
const counter = actor(Counter, {
  init: () => ({ total: 0 }),
  on: {
    add(context, state, { id, by }) {
      state.total += by ?? id;
      // @ts-expect-error: state has no such field
      state.sum = 1;
      // @ts-expect-error: a timer tells this actor something that it understands
      context.setTimer('t', 1, { type: 'tick' });
    },
    // @ts-expect-error: no such message was declared
    subtract() {},
  },
});

/** Never run: the compiler is what is tested. */
export function wrongMessagesDoNotCompile(context: Context): void {
  const address = counter.at('n1', 'counter');
  context.send(address, { type: 'add', id: 1 });
  context.send('n1/anything', { type: 'whatever', x: 1 });
  // @ts-expect-error: unknown type of message
  context.send(address, { type: 'subtract', id: 1 });
  // @ts-expect-error: wrong type of field
  context.send(address, { type: 'add', id: 'one' });
  // @ts-expect-error: missing field
  context.send(address, { type: 'add' });
  // @ts-expect-error: unknown field
  context.send(address, { type: 'reset', hard: true });
  context.ask(address, { type: 'reset' }, { timeoutMs: 1 });
  // @ts-expect-error: nobody there answers that
  context.ask(address, { type: 'total' }, { timeoutMs: 1 });
}

describe('a wrong message', () => {
  it('is a compile error above, and refused at the border as well', () => {
    expect(Counter.check({ type: 'add', id: 1 })).toBeUndefined();
    expect(Counter.check({ type: 'subtract', id: 1 })).toBe('counter.type: unknown message type "subtract"');
    expect(Counter.check({ type: 'add', id: 'one' })).toBe('counter.add.id: expected a safe integer, got string');
    expect(Counter.check({ type: 'add' })).toBe('counter.add.id: missing');
    expect(Counter.check({ type: 'reset', hard: true })).toBe('counter.reset.hard: unknown field');
  });
});
