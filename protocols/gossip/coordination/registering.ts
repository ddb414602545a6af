import type { Plain } from '../../../runtime/data.js';
import type { MessageOf } from '../../../runtime/schema.js';
import { observe } from '../observations.js';
import type { GossipOptions } from '../options.js';
import { findRefusal } from '../registers/exchange.js';
import type { registerAnswers, RegisterVersion } from '../registers/messages.js';
import { beginBatch, liveAt, type Change } from '../registers/replica.js';
import { commit, remove, write } from './applying.js';
import type { Received } from './messages.js';
import { OWN_PREFIX } from '../registers/register.js';
import { type CoordinatorContext, type CoordinatorState } from './state.js';

type Answer = MessageOf<typeof registerAnswers>;

function versionAt(state: CoordinatorState, key: string): RegisterVersion | null {
  const held = liveAt(state.replica, key);
  return held === undefined ? null : { counter: held.register.counter, writer: held.register.writer };
}

export function onRegisterGet(
  context: CoordinatorContext,
  state: CoordinatorState,
  { key }: Received<'register-get'>,
): void {
  const held = liveAt(state.replica, key);
  const version = versionAt(state, key);
  const found = held === undefined || version === null ? null : { value: held.register.value, version };
  answer(context, { type: 'register-found', key, found });
}

export function onRegisterPut(
  context: CoordinatorContext,
  state: CoordinatorState,
  put: Received<'register-put'>,
): Change[] {
  return update(context, state, put, { value: put.value });
}

export function onRegisterDelete(
  context: CoordinatorContext,
  state: CoordinatorState,
  request: Received<'register-delete'>,
): Change[] {
  return update(context, state, request, undefined);
}

/** Why a plain write or deletion of a key is not allowed, or undefined. */
export function findForbiddenKey(options: GossipOptions, key: string): string | undefined {
  if (key.startsWith(OWN_PREFIX)) return `keys that begin with ${OWN_PREFIX} are the coordinator's own; choose another`;
  const prefix = options.siblingPrefixes.find((kept) => key.startsWith(kept));
  if (prefix === undefined) return undefined;
  return `keys that begin with ${prefix} keep concurrent writes as siblings; use siblings-put and siblings-delete`;
}

/** Writes or deletes one register if it has the version expected: optimistic concurrency against the local replica. */
function update(
  context: CoordinatorContext,
  state: CoordinatorState,
  { key, expected }: { readonly key: string; readonly expected?: RegisterVersion | null },
  put: { readonly value: Plain } | undefined,
): Change[] {
  const refusal =
    findForbiddenKey(state.options, key) ?? findRefusal(state, { key, counter: 0, value: put?.value ?? null });
  if (refusal !== undefined) {
    answer(context, { type: 'register-failed', key, detail: refusal });
    return [];
  }
  const actual = versionAt(state, key);
  if (expected !== undefined && !isSameVersion(expected, actual)) {
    observe(context, { type: 'write-refused', key, counter: actual?.counter ?? 0, expected: expected?.counter ?? 0 });
    answer(context, { type: 'register-conflict', key, expected, actual });
    return [];
  }
  const batch = beginBatch(state.replica, context.wallMs());
  if (put === undefined) remove(context, state, batch, key);
  else write(context, state, batch, { key, value: put.value });
  const changes = commit(context, state, batch);
  const register = state.replica.held.get(key)?.register;
  const version = { counter: register?.counter ?? 0, writer: register?.writer ?? state.node };
  answer(context, { type: 'register-done', key, version });
  return changes;
}

function isSameVersion(a: RegisterVersion | null, b: RegisterVersion | null): boolean {
  if (a === null || b === null) return a === b;
  return a.counter === b.counter && a.writer === b.writer;
}

function answer(context: CoordinatorContext, message: Answer): void {
  context.reply(message);
}
