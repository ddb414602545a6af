import { assert } from '../../runtime/assert.js';
import { isOpen, type Operation } from '../histories/index.js';
import { CompiledHistory } from './compiled-history.js';
import { counterexampleOf, type Counterexample } from './counterexample.js';
import { JustInTimeSearch } from './just-in-time-search.js';
import type { Model } from './model.js';
import type { Search } from './search.js';
import { WglSearch } from './wgl-search.js';

/** `unknown`: the limit was reached first. It is never to be taken for `legal`. */
export type Verdict = 'legal' | 'illegal' | 'unknown';
export type Algorithm = 'wgl' | 'jit';
export const ALGORITHMS: readonly Algorithm[] = ['wgl', 'jit'];

export interface CheckOptions {
  readonly algorithm?: Algorithm;
  /** Transitions to be tried at most, over all parts. Default: without limit. */
  readonly stepsMax?: number;
  /** Asked every few thousand steps whether to go on: the caller's clock, and its progress. Default: yes. */
  readonly goesOn?: (progress: CheckProgress) => boolean;
}

export interface CheckProgress {
  readonly steps: number;
  readonly parts: number;
  readonly partsDone: number;
}

/** What came of one part of the object. */
export interface PartResult {
  readonly key: string | null;
  readonly verdict: Verdict;
  readonly operations: number;
  readonly steps: number;
  /** Where it is legal: an order of its operations that explains every answer. Open operations that it does without are not in it. */
  readonly order?: readonly Operation[];
}

export interface CheckResult {
  readonly verdict: Verdict;
  readonly operations: number;
  /** Operations whose outcome nobody knows. */
  readonly openOperations: number;
  readonly steps: number;
  /** Parts that were not judged, since another was found illegal, are `unknown`. */
  readonly parts: readonly PartResult[];
  readonly counterexample?: Counterexample;
  /** Why it is illegal, where that is not told by a counterexample. */
  readonly explanation?: string | undefined;
  /** Why it is not decided. */
  readonly unknownBecause?: 'steps' | 'time' | 'memory';
}

const FIRST_SLICE_STEPS = 4096;
const SLICE_STEPS_MAX = 65_536;

interface Part<State> {
  readonly key: string | null;
  readonly history: CompiledHistory<State>;
  readonly search: Search;
}

/**
 * Whether there is an order of the operations, each taking effect at one moment between its call and its return, in which the model gives every
 * answer that was given: linearizability (Herlihy and Wing, 1990). The parts of the object are searched in turn, a slice each, so that one
 * that is easily refuted does not wait for one that is hard. The same history gives the same result, but for what `goesOn` does.
 */
export function checkLinearizable<State>(
  model: Model<State>,
  operations: readonly Operation[],
  options: CheckOptions = {},
): CheckResult {
  const parts = partsOf(model, operations, options.algorithm ?? 'wgl');
  const unknownBecause = searchInTurn(parts, options);
  const illegal = parts.find(({ search }) => search.status === 'illegal');
  const isDecided = parts.every(({ search }) => search.status === 'legal');
  return {
    verdict: illegal !== undefined ? 'illegal' : isDecided ? 'legal' : 'unknown',
    operations: operations.length,
    openOperations: operations.filter(isOpen).length,
    steps: stepsOf(parts),
    parts: parts.map(partResult),
    ...(illegal === undefined
      ? {}
      : { counterexample: counterexampleOf(illegal.history, illegal.key, illegal.search.deadEnd()) }),
    ...(illegal !== undefined || isDecided ? {} : { unknownBecause: unknownBecause ?? 'memory' }),
  };
}

/** The operations on each part of the object, in the order in which the parts are first named. */
export function partition<State>(
  model: Model<State>,
  operations: readonly Operation[],
): ReadonlyMap<string | null, readonly Operation[]> {
  const parts = new Map<string | null, Operation[]>();
  for (const operation of operations) {
    const key = model.partition?.(operation) ?? null;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [operation]);
    else part.push(operation);
  }
  return parts;
}

function partsOf<State>(
  model: Model<State>,
  operations: readonly Operation[],
  algorithm: Algorithm,
): readonly Part<State>[] {
  return [...partition(model, operations)].map(([key, own]) => {
    const history = new CompiledHistory(model, key, own);
    const search = algorithm === 'wgl' ? new WglSearch(history) : new JustInTimeSearch(history);
    return { key, history, search };
  });
}

/** Ends when all are decided or one is illegal; answers what ended it before. */
function searchInTurn<State>(parts: readonly Part<State>[], options: CheckOptions): 'steps' | 'time' | undefined {
  const { stepsMax = Infinity, goesOn = () => true } = options;
  let waiting = parts.filter(({ search }) => search.status === 'searching');
  for (let slice = FIRST_SLICE_STEPS; waiting.length > 0; slice = Math.min(slice * 2, SLICE_STEPS_MAX)) {
    for (const { search } of waiting) {
      const steps = stepsOf(parts);
      if (steps >= stepsMax) return 'steps';
      const partsDone = parts.length - waiting.length;
      if (!goesOn({ steps, parts: parts.length, partsDone })) return 'time';
      if (search.advance(Math.min(slice, stepsMax - steps)) === 'illegal') return undefined;
    }
    waiting = waiting.filter(({ search }) => search.status === 'searching');
  }
  return undefined;
}

function stepsOf<State>(parts: readonly Part<State>[]): number {
  let steps = 0;
  for (const { search } of parts) steps += search.steps;
  return steps;
}

function partResult<State>({ key, history, search }: Part<State>): PartResult {
  const { status, steps } = search;
  const verdict = status === 'legal' || status === 'illegal' ? status : 'unknown';
  const result = { key, verdict, operations: history.count, steps } as const;
  if (verdict !== 'legal') return result;
  const order = search.order().map((operation) => history.operationOf(operation));
  assert(order.length <= history.count, 'an order has each operation once');
  return { ...result, order };
}
