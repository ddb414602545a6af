import type { Plain } from '../../runtime/data.js';

/**
 * The guard at the place where effects happen (style: idempotency by execution id, with a fencing token). It needs no store
 * and no clock. For each execution it lets the first effect through; what comes later is told the first result. A token lower
 * than one seen marks a worker that had lost the execution before: its effect is refused as stale.
 *
 * Guarantee: at most one effect for each execution id, whatever workers, networks and clocks do, as long as this state
 * survives and executions have the same id everywhere.
 */
export interface FencedSink {
  readonly executions: Map<string, FencedExecution>;
  /** Execution ids remembered at most; the longest unchanged goes first. */
  readonly capacity: number;
}

export interface FencedExecution {
  /** The highest fencing token seen. */
  token: number;
  /** Attempt whose effect took place. */
  readonly attempt: number;
  readonly result: Plain;
}

export interface Effect {
  readonly executionId: string;
  readonly attempt: number;
  readonly fencingToken: number;
}

export type EffectVerdict =
  | { readonly kind: 'applied' }
  /** Took place before; `result` is that of the first time. */
  | { readonly kind: 'duplicate'; readonly result: Plain }
  /** Comes from an attempt that has been overtaken. */
  | { readonly kind: 'stale'; readonly token: number };

export function newFencedSink(capacity: number): FencedSink {
  return { executions: new Map(), capacity };
}

/** Judges an effect; `result` is remembered for repetitions if it takes place. The caller carries it out if, and only if, `applied`. */
export function judgeEffect(sink: FencedSink, effect: Effect, result: Plain): EffectVerdict {
  const known = sink.executions.get(effect.executionId);
  if (known !== undefined && effect.fencingToken < known.token) return { kind: 'stale', token: known.token };
  if (known !== undefined) {
    known.token = effect.fencingToken;
    return { kind: 'duplicate', result: known.result };
  }
  remember(sink, effect, result);
  return { kind: 'applied' };
}

/** Puts back what was remembered before a restart. */
export function remember(sink: FencedSink, effect: Effect, result: Plain): void {
  sink.executions.set(effect.executionId, { token: effect.fencingToken, attempt: effect.attempt, result });
  if (sink.executions.size <= sink.capacity) return;
  const oldest = sink.executions.keys().next();
  if (oldest.done !== true) sink.executions.delete(oldest.value);
}
