import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import {
  COORDINATOR_ACTOR,
  coordinatorAnswers,
  type CoordinatorRequest,
  type KeyValue,
} from '../../protocols/coordinator/index.js';

export const REGISTER_PREFIX = 'register/';

const clientMessages = messages('register-client', {
  /** Adds one to a register by compare and set; tries again where another was faster. */
  increment: { key: t.string, id: t.string },
  /** Puts a key under a lease of its own, keeps it alive `keepAlives` times, then lets it run out and tries to put once more. */
  'put-leased': { key: t.string, ttlMs: t.int, keepAlives: t.int, id: t.string },
  /** Ends the lease of another member's session, as an operator may. */
  'revoke-session': { node: t.string, id: t.string },
  /** Only reads. */
  look: { key: t.string, id: t.string },
  'next-try': { id: t.string },
});
const understood = combineMessages('register-client', clientMessages, coordinatorAnswers);
type ClientMessage = MessageOf<typeof understood>;
type ClientContext = Context<ClientMessage>;

type Job =
  | {
      readonly kind: 'increment';
      readonly key: string;
      tries: number;
      repeats: number;
      sent: CoordinatorRequest | undefined;
    }
  | {
      readonly kind: 'leased';
      readonly key: string;
      readonly ttlMs: number;
      keepAlives: number;
      leaseId: string;
      puts: number;
    }
  | { readonly kind: 'revoke'; readonly node: string };

interface ClientState {
  readonly jobs: Map<string, Job>;
}

const ASK_MS = 6000;
const TRIES_MAX = 8;
const REPEATS_MAX = 3;

/**
 * A client of the store. Observes `read-asked` and `read-answered` around its reads, with what it read, `increment-asked` and `increment-answered`
 * around its changes. A change whose outcome it did
 * not learn it asks for again with the same requestId.
 */
export const registerClient: Actor<ClientState, ClientMessage, null> = actor(understood, {
  init: (): ClientState => ({ jobs: new Map() }),
  on: {
    increment(context, state, { key, id }) {
      state.jobs.set(id, { kind: 'increment', key, tries: 0, repeats: 0, sent: undefined });
      read(context, key, id);
    },
    'put-leased'(context, state, { key, ttlMs, keepAlives, id }) {
      state.jobs.set(id, { kind: 'leased', key, ttlMs, keepAlives, leaseId: '', puts: 0 });
      ask(context, { type: 'lease-grant', requestId: `${id} grant`, ttlMs }, id);
    },
    'revoke-session'(context, state, { node, id }) {
      state.jobs.set(id, { kind: 'revoke', node });
      read(context, `members/${node}`, id);
    },
    look: (context, _state, { key, id }) => read(context, key, id),
    'next-try'(context, state, { id }) {
      const job = state.jobs.get(id);
      if (job?.kind === 'increment') read(context, job.key, id);
      if (job?.kind === 'leased') nextOfLease(context, job, id);
    },
    'read-done'(context, state, { revision, results }) {
      const id = tagOf(context);
      const [result] = results;
      const found = result?.kind === 'get' ? result.found : null;
      const value = numberOf(found);
      context.observe({ type: 'read-answered', id, revision, modRevision: found?.modRevision ?? 0, value });
      afterRead(context, state, id, found);
    },
    'txn-done'(context, state, { succeeded }) {
      const id = tagOf(context);
      const job = state.jobs.get(id);
      if (job?.kind === 'leased') return later(context, id, job.ttlMs / 3);
      if (job?.kind === 'increment')
        context.observe({ type: 'increment-answered', id: `${id} try ${job.tries}`, succeeded });
      if (job?.kind !== 'increment' || succeeded || ++job.tries >= TRIES_MAX) state.jobs.delete(id);
      else later(context, id, 20);
    },
    'lease-granted'(context, state, { leaseId }) {
      const id = tagOf(context);
      const job = state.jobs.get(id);
      if (job?.kind !== 'leased') return;
      job.leaseId = leaseId;
      putLeased(context, job, id);
    },
    'lease-kept'(context) {
      later(context, tagOf(context), 200);
    },
    'lease-revoked': (context, state) => void state.jobs.delete(tagOf(context)),
    failed(context, state, { error }) {
      const id = tagOf(context);
      const job = state.jobs.get(id);
      const mayRepeat = job?.kind === 'increment' && job.sent !== undefined && error === 'unknown';
      if (!mayRepeat || ++job.repeats > REPEATS_MAX || job.sent === undefined) state.jobs.delete(id);
      else ask(context, job.sent, id);
    },
  },
  signals: {
    askTimedOut: (_context, state, question) => void state.jobs.delete(String(question.tag)),
  },
});

/** Registers hold numbers and begin with 0. */
function numberOf(found: KeyValue | null): number {
  return typeof found?.value === 'number' ? found.value : 0;
}

function tagOf(context: ClientContext): string {
  return String(context.answerTag);
}

function ask(context: ClientContext, request: CoordinatorRequest, id: string): void {
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS, tag: id });
}

function read(context: ClientContext, key: string, id: string): void {
  context.observe({ type: 'read-asked', id, key });
  ask(context, { type: 'read', operations: [{ kind: 'get', key }] }, id);
}

function later(context: ClientContext, id: string, delayMs: number): void {
  context.setTimer(`next/${id}`, Math.floor(delayMs), { type: 'next-try', id });
}

function afterRead(context: ClientContext, state: ClientState, id: string, found: KeyValue | null): void {
  const job = state.jobs.get(id);
  if (job?.kind === 'revoke') {
    const leaseId = found?.leaseId ?? '';
    if (leaseId === '') state.jobs.delete(id);
    else ask(context, { type: 'lease-revoke', requestId: `${id} revoke`, leaseId }, id);
  } else if (job?.kind === 'increment') {
    const value = numberOf(found);
    const requestId = `${id} try ${job.tries}`;
    context.observe({ type: 'increment-asked', id: requestId, key: job.key, value });
    const request: CoordinatorRequest = {
      type: 'txn',
      requestId,
      compare: [{ key: job.key, target: 'mod', operator: '=', operand: found?.modRevision ?? 0 }],
      then: [{ kind: 'put', key: job.key, value: value + 1, leaseId: '' }],
      else: [{ kind: 'get', key: job.key }],
    };
    job.sent = request;
    ask(context, request, id);
  }
}

function putLeased(context: ClientContext, job: Extract<Job, { kind: 'leased' }>, id: string): void {
  job.puts += 1;
  const value: Plain = { puts: job.puts };
  const then = [{ kind: 'put' as const, key: job.key, value, leaseId: job.leaseId }];
  ask(context, { type: 'txn', requestId: `${id} put ${job.puts}`, compare: [], then, else: [] }, id);
}

function nextOfLease(context: ClientContext, job: Extract<Job, { kind: 'leased' }>, id: string): void {
  if (job.keepAlives > 0) {
    job.keepAlives -= 1;
    ask(context, { type: 'lease-keep-alive', leaseId: job.leaseId }, id);
  } else if (job.puts === 1) {
    // The lease is let run out; what is put afterwards must not last.
    job.puts += 1;
    later(context, id, 2 * job.ttlMs);
  } else if (job.puts === 2) {
    putLeased(context, job, id);
  }
}
