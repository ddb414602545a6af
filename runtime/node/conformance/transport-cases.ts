import type { ActorSpec } from '../../actor.js';
import type { NodeId } from '../../address.js';
import type { ObservedRecord } from '../../observation.js';
import type { Disturbance, WorldCase } from './world-case.js';
import { answerer, asker, receiver, sender, type AskerParams, type SenderParams } from './probe-actors.js';

function sends(name: string, params: Partial<SenderParams> & Pick<SenderParams, 'to'>): ActorSpec {
  const defaults = { count: 100, everyMs: 1, paddingBytes: 8 };
  return { name, definition: sender, params: { ...defaults, ...params } };
}

function asks(name: string, params: Partial<AskerParams> & Pick<AskerParams, 'to'>): ActorSpec {
  const defaults = { count: 20, everyMs: 5, timeoutMs: 20_000, delayMs: 0, firstLifeOnly: false };
  return { name, definition: asker, params: { ...defaults, ...params } };
}

const receives = (name: string): ActorSpec => ({ name, definition: receiver, params: null });
const answers = (name: string): ActorSpec => ({ name, definition: answerer, params: null });

type Records = readonly ObservedRecord[];

function numbersOf(
  records: Records,
  type: string,
  where: Partial<Record<'node' | 'actor' | 'from', string>> = {},
): number[] {
  return records
    .filter(({ node, actor, observation }) => {
      if (observation.type !== type || (where.node ?? node) !== node || (where.actor ?? actor) !== actor) return false;
      return where.from === undefined || observation['from'] === where.from;
    })
    .map(({ observation }) => observation['number'] as number);
}

/** Numbers that only rise: nothing came twice, nothing overtook. */
function findDisorder(numbers: readonly number[]): string | undefined {
  const at = numbers.findIndex((number, i) => i > 0 && number <= (numbers[i - 1] as number));
  return at < 0 ? undefined : `${numbers[at]} came after ${numbers[at - 1]}`;
}

function findIncomplete(numbers: readonly number[], count: number): string | undefined {
  return findDisorder(numbers) ?? (numbers.length === count ? undefined : `${numbers.length} of ${count} came`);
}

/** Each question that was asked ended in exactly one way. */
function findOpenQuestion(records: Records, node: NodeId, actor: string): string | undefined {
  const ended = [
    ...numbersOf(records, 'answered', { node, actor }),
    ...numbersOf(records, 'timed-out', { node, actor }),
  ];
  const twice = ended.find((number, i) => ended.indexOf(number) !== i);
  if (twice !== undefined) return `question ${twice} ended twice`;
  const open = numbersOf(records, 'asked', { node, actor }).find((number) => !ended.includes(number));
  return open === undefined ? undefined : `question ${open} never ended`;
}

const undisturbed: readonly Disturbance[] = [];

const inOrder: WorldCase = {
  name: 'delivers each message once and in order, both ways at the same time',
  nodes: ['n1', 'n2'],
  actors: (node) => [receives('in'), sends('out', { to: [node === 'n1' ? 'n2/in' : 'n1/in'], count: 300 })],
  disturbances: undisturbed,
  isDone: (records) => numbersOf(records, 'received').length >= 600,
  judge: (records) =>
    findIncomplete(numbersOf(records, 'received', { node: 'n1' }), 300) ??
    findIncomplete(numbersOf(records, 'received', { node: 'n2' }), 300),
};

const large: WorldCase = {
  name: 'carries a large message whole, and small ones behind it',
  nodes: ['n1', 'n2'],
  actors: (node) =>
    node === 'n2'
      ? [receives('in')]
      : [sends('big', { to: ['n2/in'], count: 3, paddingBytes: 1 << 20 }), sends('small', { to: ['n2/in'] })],
  disturbances: undisturbed,
  isDone: (records) => numbersOf(records, 'received').length >= 103,
  judge(records) {
    const damaged = records.find(
      ({ observation: { type, number, bytes, sum } }) => type === 'received' && sum !== Number(number) * Number(bytes),
    );
    if (damaged !== undefined) return `probe ${String(damaged.observation['number'])} came damaged`;
    return (
      findIncomplete(numbersOf(records, 'received', { from: 'n1/big' }), 3) ??
      findIncomplete(numbersOf(records, 'received', { from: 'n1/small' }), 100)
    );
  },
};

const local: WorldCase = {
  name: 'delivers to an address of the own node by the same words',
  nodes: ['n1', 'n2'],
  actors: (node) =>
    node === 'n1'
      ? [
          receives('in'),
          answers('answers'),
          sends('out', { to: ['n1/in', 'n2/in'] }),
          asks('asks', { to: 'n1/answers' }),
        ]
      : [receives('in')],
  disturbances: undisturbed,
  isDone: (records) => numbersOf(records, 'received').length >= 200 && numbersOf(records, 'answered').length >= 20,
  judge: (records) =>
    findIncomplete(numbersOf(records, 'received', { node: 'n1' }), 100) ??
    findIncomplete(numbersOf(records, 'received', { node: 'n2' }), 100) ??
    findIncomplete(numbersOf(records, 'answered', { node: 'n1' }), 20),
};

const toNobody: WorldCase = {
  name: 'loses what is for nobody, and nothing else',
  nodes: ['n1', 'n2'],
  actors: (node) => (node === 'n1' ? [sends('out', { to: ['n9/in', 'n2/nobody', 'n2/in'] })] : [receives('in')]),
  disturbances: undisturbed,
  isDone: (records) => numbersOf(records, 'received').length >= 100,
  judge: (records) => findIncomplete(numbersOf(records, 'received'), 100),
};

const questions: WorldCase = {
  name: 'answers questions, and lets those that nobody answers time out',
  nodes: ['n1', 'n2'],
  actors: (node) =>
    node === 'n1'
      ? [
          asks('asks', { to: 'n2/answers' }),
          asks('shouts', { to: 'n2/nobody', timeoutMs: 50 }),
          asks('strays', { to: 'n9/answers', timeoutMs: 50 }),
        ]
      : [answers('answers')],
  disturbances: undisturbed,
  isDone: (records) => numbersOf(records, 'answered').length + numbersOf(records, 'timed-out').length >= 60,
  judge: (records) =>
    findIncomplete(numbersOf(records, 'answered', { actor: 'asks' }), 20) ??
    findIncomplete(numbersOf(records, 'timed-out', { actor: 'shouts' }), 20) ??
    findIncomplete(numbersOf(records, 'timed-out', { actor: 'strays' }), 20),
};

const CUT: Disturbance = { kind: 'cut', between: ['n1', 'n2'], atMs: 250, forMs: 200 };

const reconnects: WorldCase = {
  name: 'goes on after the way was cut; nothing comes twice or out of order, others notice nothing',
  nodes: ['n1', 'n2', 'n3'],
  actors: (node) =>
    node === 'n1' ? [sends('out', { to: ['n2/in', 'n3/in'], count: 400, everyMs: 3 })] : [receives('in')],
  disturbances: [CUT],
  isDone: (records) => ['n2', 'n3'].every((node) => numbersOf(records, 'received', { node }).at(-1) === 400),
  judge: (records) =>
    findDisorder(numbersOf(records, 'received', { node: 'n2' })) ??
    findIncomplete(numbersOf(records, 'received', { node: 'n3' }), 400),
};

/** How often what came leaves something out. */
function countGaps(numbers: readonly number[]): number {
  return numbers.filter((number, i) => number !== (numbers[i - 1] ?? 0) + 1).length;
}

const SENT_ALONG = 400;

const reset: WorldCase = {
  name: 'loses what was on its way when connections are reset, all of it and nothing else, and goes on by itself',
  nodes: ['n1', 'n2'],
  actors: (node) => [
    receives('in'),
    sends('out', { to: [node === 'n1' ? 'n2/in' : 'n1/in'], count: SENT_ALONG, everyMs: 3 }),
  ],
  disturbances: [{ kind: 'reset', between: ['n1', 'n2'], atMs: 400, forMs: 200 }],
  isReadyToDisturb: (records) => ['n1', 'n2'].every((node) => numbersOf(records, 'received', { node }).length > 50),
  isDone: (records) => ['n1', 'n2'].every((node) => numbersOf(records, 'received', { node }).at(-1) === SENT_ALONG),
  judge(records) {
    for (const node of ['n1', 'n2']) {
      const numbers = numbersOf(records, 'received', { node });
      const gaps = countGaps(numbers);
      if (gaps > 1) return `${node}: ${gaps} gaps where one connection was reset once`;
      const disorder = findDisorder(numbers);
      if (disorder !== undefined) return `${node}: ${disorder}`;
    }
    return undefined;
  },
};

const halfOpen: WorldCase = {
  name: 'notices a connection on which nothing comes any more, loses what went there, and goes on with another',
  nodes: ['n1', 'n2'],
  actors: reset.actors,
  disturbances: [{ kind: 'half-open', between: ['n1', 'n2'], atMs: 400, forMs: 700 }],
  silentMs: 400,
  isReadyToDisturb: (records) => reset.isReadyToDisturb?.(records) ?? true,
  isDone: (records) => reset.isDone(records),
  judge(records) {
    const numbers = numbersOf(records, 'received', { node: 'n2' });
    if (countGaps(numbers) === 0) return 'n2: nothing was lost on a connection that is gone';
    return findDisorder(numbers) ?? findDisorder(numbersOf(records, 'received', { node: 'n1' }));
  },
};

const questionsWhileCut: WorldCase = {
  name: 'ends every question in exactly one way while the way is cut',
  nodes: ['n1', 'n2'],
  actors: (node) =>
    node === 'n1' ? [asks('asks', { to: 'n2/answers', count: 200, timeoutMs: 40 })] : [answers('answers')],
  disturbances: [CUT],
  isDone: (records) => numbersOf(records, 'answered').length + numbersOf(records, 'timed-out').length >= 200,
  judge: (records) => findOpenQuestion(records, 'n1', 'asks'),
};

const laterLife: WorldCase = {
  name: 'brings no answer to a later life of the node that asked',
  nodes: ['n1', 'n2'],
  actors: (node) =>
    node === 'n1'
      ? [receives('in'), asks('asks', { to: 'n2/answers', count: 5, delayMs: 400, firstLifeOnly: true })]
      : [answers('answers'), sends('out', { to: ['n1/in'], count: 400, everyMs: 5 })],
  disturbances: [{ kind: 'restart', node: 'n1', atMs: 300, forMs: 50 }],
  isReadyToDisturb: (records) => numbersOf(records, 'heard').length === 5,
  isDone: (records) => numbersOf(records, 'received').at(-1) === 400,
  judge(records) {
    const revived = records.find(
      ({ node, incarnation, observation }) => node === 'n1' && incarnation > 1 && observation.type === 'answered',
    );
    if (revived !== undefined) return `life ${revived.incarnation} got the answer to a question of life 1`;
    const lives = new Set(records.filter(({ node }) => node === 'n1').map(({ incarnation }) => incarnation));
    if (lives.size < 2) return 'n1 had one life only';
    if (numbersOf(records, 'answering').length < 5) return 'no answers were given';
    return findDisorder(numbersOf(records, 'received'));
  },
};

/** What every transport must pass. */
export const transportCases: readonly WorldCase[] = Object.freeze([
  inOrder,
  large,
  local,
  toNobody,
  questions,
  reconnects,
  reset,
  halfOpen,
  questionsWhileCut,
  laterLife,
]);
