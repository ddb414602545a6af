import { actor, messages, t, type Context } from 'orrery';

export const Account = messages('account', {
  withdraw: { id: t.string, amount: t.int },
  deposit: { id: t.string, amount: t.int },
  done: { id: t.string },
  refused: { id: t.string },
});
export type AccountContext = Context<NonNullable<(typeof Account)['_message']>>;

/** The parameters of an account: plain data, which an interface is not for TypeScript. */
export type Opening = { readonly balance: number };
type Decision = 'done' | 'refused';
interface State {
  balance: number;
  /** What was decided of each transfer. A refusal stands, too: the next request may be older than the one refused. */
  readonly decided: Map<string, Decision>;
}

/** Decides of each transfer once, however often it is asked to, and whatever happens to it meanwhile. */
export const account = actor(Account, {
  init: ({ balance }: Opening): State => ({ balance, decided: new Map() }),
  recover({ cells }, { balance }): State {
    const decided = [...cells].flatMap(([name, decision]) =>
      name.startsWith('transfer/') ? [[name.slice(9), decision as Decision] as const] : [],
    );
    return { balance: Number(cells.get('balance') ?? balance), decided: new Map(decided) };
  },
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
  context.storage.put(`transfer/${id}`, decision); // with the balance, or not at all: one turn is one record
  if (decision === 'done') {
    state.balance += amount;
    context.storage.put('balance', state.balance);
    context.observe({ type: 'moved', id, amount, balance: state.balance });
  }
  context.reply({ type: decision, id });
}
