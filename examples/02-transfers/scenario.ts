import type { AnyActorDefinition } from 'orrery';
import { scenario, type Monitor } from 'orrery/sim';
import { account, type Opening } from './account.js';
import { forgetfulAccount } from './account-forgetful.js';
import { teller } from './teller.js';

const ACCOUNTS = ['alice', 'bob', 'carol'];
const OPENING = 200;

/** No account moves the money of one transfer twice. */
const movedOnce = (): Monitor => {
  const moved = new Set<string>();
  return {
    observe({ node, observation: { type, id, amount } }) {
      if (type !== 'moved') return undefined;
      const move = `${String(id)} at ${node}`;
      if (moved.has(move)) return `${move} moved ${String(amount)} a second time`;
      moved.add(move);
      return undefined;
    },
  };
};

const transfersWith = (name: string, definition: AnyActorDefinition) =>
  scenario({
    name,
    programs: {
      account: (_node, params) => [{ name: 'account', definition, params: params as Opening }],
      teller: () => [{ name: 'teller', definition: teller, params: null }],
    },
    setup: (random) => ({
      nodes: [
        ...ACCOUNTS.map((id) => ({
          id,
          program: 'account',
          params: { balance: OPENING },
          role: 'server' as const,
        })),
        { id: 'teller', program: 'teller', params: null, role: 'client' },
      ],
      workload: Array.from({ length: 20 }, (_, n) => {
        const first = random.between(0, 2);
        const [from, to] = [ACCOUNTS[first]!, ACCOUNTS[(first + random.between(1, 2)) % 3]!];
        const message = { type: 'transfer', id: `t${n + 1}`, from, to, amount: random.between(10, 60) };
        return { atMs: 100 * (n + 1), to: 'teller/teller', message };
      }),
    }),
    faultMs: 3_000,
    healMs: 3_000,
    faults: { maxDown: 2, maxDiskLost: 0 }, // an account has no replica that could make up for its disk
    properties: {
      always: {
        movedOnce,
        neverInDebt: () => ({
          observe: ({ node, observation: { type, balance } }) =>
            type === 'moved' && Number(balance) < 0 ? `${node} has ${String(balance)}` : undefined,
        }),
      },
      eventually: {
        allAnswered: ({ workload }) => ({
          end(run) {
            const { done, refused } = run.state('teller', 'teller') as { done: number; refused: number };
            const left = workload.length - done - refused;
            return left === 0 ? undefined : `${left} of ${workload.length} transfers are still open`;
          },
        }),
        moneyConserved: () => ({
          end(run) {
            const balances = ACCOUNTS.map(
              (id) => (run.state(id, 'account') as { balance: number } | undefined)?.balance ?? 0,
            );
            const sum = balances.reduce((total, balance) => total + balance, 0);
            return sum === ACCOUNTS.length * OPENING ? undefined : `${balances.join(' + ')} = ${sum}`;
          },
        }),
      },
      sometimes: {
        askedAgain: () => ({ observe: ({ observation }) => observation.type === 'asked-again' }),
        refused: () => ({ observe: ({ observation }) => observation.type === 'refused' }),
        crashed: () => ({ end: ({ faults }) => (faults['crash'] ?? 0) > 0 }),
      },
    },
  });

export const transfers = transfersWith('transfers', account);
export const transfersForgetful = transfersWith('transfers-forgetful', forgetfulAccount);
