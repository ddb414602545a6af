import type { Plain } from '../../../runtime/data.js';
import type { MessageOf } from '../../../runtime/schema.js';
import { observe } from '../observations.js';
import { findRefusal } from '../registers/exchange.js';
import type { registerAnswers } from '../registers/messages.js';
import { beginBatch, writeSiblingInBatch, type Change } from '../registers/replica.js';
import {
  covers,
  findSiblingFault,
  mergeVectors,
  SIBLING_WRITERS_MAX,
  SIBLINGS_MAX,
  type SiblingSet,
  type Vector,
} from '../registers/siblings.js';
import { commit } from './applying.js';
import type { Received } from './messages.js';
import type { CoordinatorContext, CoordinatorState } from './state.js';

// Registers under `siblingPrefixes`: a write replaces what its author has seen, and stands beside what it has not.

function heldAt(state: CoordinatorState, key: string): SiblingSet {
  return state.replica.held.get(key)?.register.siblings ?? { vector: [], siblings: [] };
}

export function onSiblingsGet(
  context: CoordinatorContext,
  state: CoordinatorState,
  { key }: Received<'siblings-get'>,
): void {
  const { vector, siblings } = heldAt(state, key);
  const values = siblings.filter(({ deleted }) => !deleted).map(({ value }) => value);
  answer(context, { type: 'siblings-found', key, values, seen: vector });
}

export function onSiblingsPut(
  context: CoordinatorContext,
  state: CoordinatorState,
  { key, value, seen }: Received<'siblings-put'>,
): Change[] {
  return write(context, state, key, seen, { value, deleted: false });
}

export function onSiblingsDelete(
  context: CoordinatorContext,
  state: CoordinatorState,
  { key, seen }: Received<'siblings-delete'>,
): Change[] {
  return write(context, state, key, seen, { value: null, deleted: true });
}

function write(
  context: CoordinatorContext,
  state: CoordinatorState,
  key: string,
  seen: Vector,
  given: { readonly value: Plain; readonly deleted: boolean },
): Change[] {
  const detail = findFault(state, key, seen, given.value);
  if (detail !== undefined) {
    answer(context, { type: 'register-failed', key, detail });
    return [];
  }
  const batch = beginBatch(state.replica, context.wallMs());
  const { vector, siblings } = writeSiblingInBatch(state.replica, batch, { key, ...given }, seen);
  const count = vector.find(({ node }) => node === state.node)?.count ?? 0;
  const { deleted } = given;
  observe(context, { type: 'siblings-written', key, count, deleted, seen, siblings: siblings.length });
  const changes = commit(context, state, batch);
  answer(context, { type: 'siblings-done', key, seen: vector });
  return changes;
}

function findFault(state: CoordinatorState, key: string, seen: Vector, value: Plain): string | undefined {
  const { siblingPrefixes } = state.options;
  if (!siblingPrefixes.some((prefix) => key.startsWith(prefix))) {
    return `no siblings are kept under this key; those that keep them begin with ${siblingPrefixes.join(', ') || 'nothing: set siblingPrefixes'}`;
  }
  const held = state.replica.held.get(key);
  if (held !== undefined && held.register.siblings === undefined) {
    return 'it was written before its prefix kept siblings; choose another key';
  }
  const { vector, siblings } = heldAt(state, key);
  if (siblings.filter((one) => !covers(seen, one)).length >= SIBLINGS_MAX) {
    return `${SIBLINGS_MAX} writes stand beside each other already; read them with siblings-get, and write with what it answers as seen`;
  }
  if (mergeVectors(mergeVectors(vector, seen), [{ node: state.node, count: 1 }]).length > SIBLING_WRITERS_MAX) {
    return `${SIBLING_WRITERS_MAX} nodes have written it already; write it at one of them`;
  }
  const fault = findSiblingFault({ vector: seen, siblings: [] });
  return fault === undefined ? findRefusal(state, { key, counter: 0, value }) : `seen: ${fault}`;
}

function answer(context: CoordinatorContext, message: MessageOf<typeof registerAnswers>): void {
  context.reply(message);
}
