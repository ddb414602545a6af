import { actor, combineMessages, messages, t, type Context } from 'orrery';
import { Account, account } from './account.js';

const Orders = messages('orders', { transfer: { id: t.string, from: t.string, to: t.string, amount: t.int } });
const Teller = combineMessages('teller', Orders, Account);
type TellerContext = Context<NonNullable<(typeof Teller)['_message']>>;

export interface Transfer {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly step: 'withdraw' | 'deposit';
}

/** Takes the money from one account and brings it to the other; asks until it is answered. */
export const teller = actor(Teller, {
  init: () => ({ open: new Map<string, Transfer>(), done: 0, refused: 0 }),
  on: {
    transfer(context, state, { id, from, to, amount }) {
      const transfer: Transfer = { id, from, to, amount, step: 'withdraw' };
      state.open.set(id, transfer);
      ask(context, transfer);
    },
    // A late answer is a dead letter: this one is to the step at which the transfer stands.
    done(context, state, { id }) {
      const transfer = state.open.get(id);
      if (transfer === undefined) return;
      if (transfer.step === 'withdraw') {
        const next: Transfer = { ...transfer, step: 'deposit' };
        state.open.set(id, next);
        ask(context, next);
      } else {
        state.open.delete(id);
        state.done++;
      }
    },
    refused(context, state, { id }) {
      if (!state.open.delete(id)) return;
      state.refused++;
      context.observe({ type: 'refused', id });
    },
  },
  signals: {
    // The account may have moved the money all the same.
    askTimedOut(context, state, { tag }) {
      const transfer = state.open.get(String(tag));
      if (transfer === undefined) return;
      context.observe({ type: 'asked-again', id: transfer.id });
      ask(context, transfer);
    },
  },
});

function ask(context: TellerContext, { id, from, to, amount, step }: Transfer): void {
  const place = step === 'withdraw' ? from : to;
  context.ask(account.at(place, 'account'), { type: step, id, amount }, { timeoutMs: 100, tag: id });
}
