import { actor } from 'orrery';
import { Account, type AccountContext, type Opening } from './account.js';

interface State {
  balance: number;
  readonly decided: Map<string, 'done' | 'refused'>;
}

/** The first attempt: it looks whether a transfer came before, and passes every test of that. */
export const forgetfulAccount = actor(Account, {
  init: ({ balance }: Opening): State => ({ balance, decided: new Map() }),
  recover: ({ cells }, { balance }): State => ({
    balance: Number(cells.get('balance') ?? balance),
    decided: new Map(),
  }),
  on: {
    withdraw: (context, state, { id, amount }) => move(context, state, id, -amount),
    deposit: (context, state, { id, amount }) => move(context, state, id, amount),
  },
});

function move(context: AccountContext, state: State, id: string, amount: number): void {
  const known = state.decided.get(id);
  if (known !== undefined) return context.reply({ type: known, id });
  const decision = state.balance + amount < 0 ? 'refused' : 'done';
  state.decided.set(id, decision);
  if (decision === 'done') {
    state.balance += amount;
    context.storage.put('balance', state.balance);
    context.observe({ type: 'moved', id, amount, balance: state.balance });
  }
  context.reply({ type: decision, id });
}
