import type { HistoryEvent, Operation } from '../props/histories/index.js';
import { pairEvents } from '../props/histories/index.js';

/** Whole numbers below `bound`, the same ones each time (a linear congruential generator; a benchmark needs no better). */
function numbers(): (bound: number) => number {
  let state = 12_345;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % bound;
  };
}

/**
 * A linearizable history of a store: `processes` clients that read, write and compare registers by key, each operation under way while several others
 * take effect; one of `infoEvery` never learns its outcome.
 */
export function generatedHistory(
  operations: number,
  processes: number,
  keys: number,
  infoEvery: number,
): readonly Operation[] {
  const draw = numbers();
  const values = Array.from({ length: keys }, () => 0);
  const clients = Array.from({ length: processes }, (_, index) => new Client(index, draw, values, infoEvery));
  const events: HistoryEvent[] = [];
  for (let called = 0; called < operations;) {
    const event = clients[draw(processes)]?.move(events.length + 1, processes);
    if (event?.type === 'invoke') called++;
    if (event !== undefined) events.push(event);
  }
  return pairEvents(events, 'generated');
}

const FUNCTIONS = ['read', 'write', 'cas'] as const;
const VALUES = 5;

/** Calls, lets its operation take effect, and answers, in three moves. */
class Client {
  private called:
    | { readonly f: string; readonly key: number; readonly argument: number | readonly [number, number] | null }
    | undefined;
  private result: number | boolean | null | undefined;

  constructor(
    private process: number,
    private readonly draw: (bound: number) => number,
    private readonly values: number[],
    private readonly infoEvery: number,
  ) {}

  move(line: number, processes: number): HistoryEvent | undefined {
    const { called, draw, process } = this;
    if (called === undefined) {
      const f = FUNCTIONS[draw(FUNCTIONS.length)] ?? 'read';
      const argument = f === 'read' ? null : f === 'write' ? draw(VALUES) : ([draw(VALUES), draw(VALUES)] as const);
      this.called = { f, key: draw(this.values.length), argument };
      this.result = undefined;
      return { process, type: 'invoke', f, key: String(this.called.key), value: argument, line };
    }
    if (this.result === undefined) {
      this.result = this.takeEffect(called);
      return undefined;
    }
    this.called = undefined;
    const isLost = called.f !== 'read' && draw(this.infoEvery) === 0;
    if (isLost) this.process += processes;
    return { process, type: isLost ? 'info' : 'ok', f: called.f, key: String(called.key), value: this.result, line };
  }

  private takeEffect({ f, key, argument }: NonNullable<Client['called']>): number | boolean | null {
    const value = this.values[key] ?? 0;
    if (f === 'read') return value;
    if (typeof argument === 'number') {
      this.values[key] = argument;
      return null;
    }
    const [expected, after] = argument ?? [0, 0];
    if (value !== expected) return false;
    this.values[key] = after;
    return null;
  }
}
