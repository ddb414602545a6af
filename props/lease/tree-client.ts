import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import {
  COORDINATOR_ACTOR,
  coordinatorAnswers,
  type CoordinatorRequest,
  type Operation,
  type OperationResult,
} from '../../protocols/coordinator/index.js';
import { leaseAnswers, type LeaseRequest } from '../../protocols/lease/index.js';

const understood = combineMessages(
  'tree-client',
  messages('tree-client', { act: {} }),
  combineMessages('tree-client', coordinatorAnswers, leaseAnswers),
);
type TreeMessage = MessageOf<typeof understood>;
type TreeContext = Context<TreeMessage>;

export const TREE_PREFIX = 'tree/';
/** Put together or not at all. */
export const TREE_PAIR = Object.freeze(['tree/left', 'tree/right'] as const);

export type TreeParams = { readonly actEveryMs: number };

interface TreeState {
  readonly params: TreeParams;
  /** Revisions that it was told of, oldest first. */
  readonly seen: number[];
}

/** What it asks for by a read, and what it was answered. */
export type TreeObservation =
  | { readonly type: 'tree-read-asked'; readonly id: string; readonly revision: number }
  | {
      readonly type: 'tree-read';
      readonly id: string;
      /** 0: as of `at`. */
      readonly revision: number;
      readonly at: number;
      readonly limit: number;
      readonly newestFirst: boolean;
      readonly more: boolean;
      readonly count: number;
      readonly found: readonly { readonly key: string; readonly modRevision: number }[];
    }
  | { readonly type: 'tree-refused'; readonly id: string; readonly revision: number; readonly error: string };

type Question = {
  readonly id: string;
  readonly revision: number;
  readonly limit: number;
  readonly newestFirst: boolean;
};

const SEEN_MAX = 24;
const ASK_MS = 6000;

/**
 * Changes a few keys by transactions within transactions, reads them as they were at revisions that it has seen, sorted and cut, and now and
 * then lets the store forget the oldest of these.
 */
export const treeClient: Actor<TreeState, TreeMessage, TreeParams> = actor(understood, {
  init: (params: TreeParams): TreeState => ({ params, seen: [] }),
  start: (context, { params }) => context.setTimer('act', params.actEveryMs, { type: 'act' }),
  on: {
    act(context, state) {
      const choice = context.random('tree').between(0, 11);
      if (choice < 5) change(context, state);
      else if (choice < 11) read(context, state);
      else compact(context, state);
      context.setTimer('act', state.params.actEveryMs, { type: 'act' });
    },
    'txn-done': (_context, state, { revision }) => see(state, revision),
    'read-done'(context, state, { revision, results }) {
      see(state, revision);
      observeRead(context, context.answerTag as unknown as Question, revision, results[0]);
    },
  },
  signals: {
    // It asks for something else instead.
    askTimedOut() {},
  },
});

function see({ seen }: TreeState, revision: number): void {
  if (revision <= (seen.at(-1) ?? 0)) return;
  seen.push(revision);
  if (seen.length > SEEN_MAX) seen.shift();
}

function ask(context: TreeContext, request: CoordinatorRequest | LeaseRequest, tag: Question | null): void {
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS, tag });
}

function change(context: TreeContext, { seen }: TreeState): void {
  const requestId = `tree ${context.uniqueId()}`;
  const random = context.random('tree');
  const key = `${TREE_PREFIX}${random.between(1, 4)}`;
  const pair = TREE_PAIR.map((one): Operation => ({
    kind: 'put',
    key: one,
    value: requestId,
    leaseId: '',
    previous: true,
  }));
  const turn: Operation = {
    kind: 'txn',
    compare: [{ key, target: 'version', operator: '=', operand: 0 }],
    then: [{ kind: 'put', key, value: requestId, leaseId: '' }],
    else: [{ kind: 'delete-prefix', prefix: TREE_PREFIX, from: key, end: `${TREE_PREFIX}5`, previous: true }],
  };
  // Sometimes only if nothing in the tree has changed since it was seen last.
  const isCareful = random.between(0, 2) === 0;
  const unchanged = {
    key: TREE_PREFIX,
    prefix: true,
    target: 'mod',
    operator: '<',
    operand: (seen.at(-1) ?? 0) + 1,
  } as const;
  const request: CoordinatorRequest = {
    type: 'txn',
    requestId,
    compare: isCareful ? [unchanged] : [],
    then: [...pair, turn],
    else: [{ kind: 'range', prefix: TREE_PREFIX, limit: 2, count: true }],
  };
  ask(context, request, null);
}

function read(context: TreeContext, { seen }: TreeState): void {
  const random = context.random('tree');
  const revision = seen[random.between(0, seen.length)] ?? 0;
  const question: Question = {
    id: context.uniqueId(),
    revision,
    limit: random.between(0, 3),
    newestFirst: random.between(0, 1) === 0,
  };
  const { limit, newestFirst, id } = question;
  const range: Operation = {
    kind: 'range',
    prefix: TREE_PREFIX,
    limit,
    count: true,
    ...(revision === 0 ? {} : { revision }),
    ...(newestFirst ? { sort: { by: 'mod', order: 'descending' } } : {}),
  };
  observe(context, { type: 'tree-read-asked', id, revision });
  ask(context, { type: 'read', operations: [range] }, question);
}

function compact(context: TreeContext, { seen }: TreeState): void {
  const revision = seen[0];
  if (revision !== undefined)
    ask(context, { type: 'compact', requestId: `tree ${context.uniqueId()}`, revision }, null);
}

function observeRead(context: TreeContext, question: Question, at: number, result: OperationResult | undefined): void {
  const { id, revision, limit, newestFirst } = question;
  if (result?.kind === 'refused') observe(context, { type: 'tree-refused', id, revision, error: result.error });
  if (result?.kind !== 'range') return;
  const { more, count = -1 } = result;
  const found = result.found.map(({ key, modRevision }) => ({ key, modRevision }));
  observe(context, { type: 'tree-read', id, revision, at, limit, newestFirst, more, count, found });
}

function observe(context: TreeContext, observation: TreeObservation): void {
  context.observe(observation);
}
