import { actor, type ActorSpec } from '../../actor.js';
import type { Context } from '../../context.js';
import type { ObservedRecord } from '../../observation.js';
import { messages, t, type MessageOf } from '../../schema.js';
import type { Disturbance, WorldCase } from './world-case.js';

// What timers and clocks owe actors in every world. The actor follows a script; it tells what rang, and when by its own clocks.

type Action =
  | { readonly set: string; readonly delayMs: number }
  | { readonly cancel: string }
  /** Sets it until it has rung so many times. */
  | { readonly repeat: string; readonly delayMs: number; readonly times: number };

/** What is done at the start of each life, and on each ring. */
type Script = {
  readonly start: readonly Action[];
  readonly on?: Readonly<Record<string, readonly Action[]>>;
  /** Of the first life only. */
  readonly startOnce?: readonly Action[];
};

const scripted = messages('timer-probes', { ring: { name: t.string } });

interface ProbeState {
  readonly script: Script;
  readonly rung: Map<string, number>;
}

const probe = actor(scripted, {
  init: (script: Script): ProbeState => ({ script, rung: new Map() }),
  recover: (_durable, script): ProbeState => ({ script, rung: new Map() }),
  start(context, state) {
    context.observe({ type: 'began', ...clocksOf(context) });
    const { start, startOnce = [] } = state.script;
    follow(context, state, context.incarnation === 1 ? [...startOnce, ...start] : start);
  },
  on: {
    ring(context, state, { name }) {
      state.rung.set(name, (state.rung.get(name) ?? 0) + 1);
      context.observe({ type: 'rang', name, ...clocksOf(context) });
      follow(context, state, state.script.on?.[name] ?? []);
    },
  },
});

/** In whole microseconds, so that differences are exact. */
function clocksOf(context: Pick<Context, 'nowMs' | 'wallMs'>): { readonly nowUs: number; readonly wallUs: number } {
  return { nowUs: Math.round(context.nowMs() * 1000), wallUs: Math.round(context.wallMs() * 1000) };
}

function follow(context: Context<MessageOf<typeof scripted>>, { rung }: ProbeState, actions: readonly Action[]): void {
  for (const action of actions) {
    if ('cancel' in action) context.cancelTimer(action.cancel);
    else if ('set' in action) context.setTimer(action.set, action.delayMs, { type: 'ring', name: action.set });
    else if ((rung.get(action.repeat) ?? 0) < action.times) {
      context.setTimer(action.repeat, action.delayMs, { type: 'ring', name: action.repeat });
    }
  }
}

const NODE = 'n1';
/** Rings when all else has rung, in any world. */
const OVER: Action = { set: 'over', delayMs: 300 };

interface Rung {
  readonly name: string;
  readonly nowUs: number;
  readonly wallUs: number;
  readonly incarnation: number;
}

function rungIn(records: readonly ObservedRecord[], type = 'rang'): readonly Rung[] {
  return records
    .filter(({ observation }) => observation.type === type)
    .map(({ incarnation, observation: { name, nowUs, wallUs } }) => ({
      ...{ name: String(name), nowUs: Number(nowUs), wallUs: Number(wallUs), incarnation },
    }));
}

const namesIn = (records: readonly ObservedRecord[]): string =>
  rungIn(records)
    .map(({ name }) => name)
    .join(' ');

function timerCase(
  name: string,
  script: Script,
  judge: (records: readonly ObservedRecord[]) => string | undefined,
  disturbances: readonly Disturbance[] = [],
): WorldCase {
  return {
    ...{ name, nodes: [NODE], disturbances, judge },
    actors: (): readonly ActorSpec[] => [{ name: 'probe', definition: probe, params: script }],
    isDone: (records) => rungIn(records).some((ring) => ring.name === 'over'),
  };
}

/** The names in the order in which they must have rung. */
function inOrder(names: string): (records: readonly ObservedRecord[]) => string | undefined {
  return (records) => (namesIn(records) === names ? undefined : `rang ${namesIn(records)} instead of ${names}`);
}

const DELAYS_MS = Object.freeze([0, 1, 2, 5, 17, 50, 120]);

function findEarly(records: readonly ObservedRecord[]): string | undefined {
  const beganUs = rungIn(records, 'began')[0]!.nowUs;
  const early = rungIn(records).find(({ name, nowUs }) => name !== 'over' && nowUs - beganUs < Number(name) * 1000);
  return early === undefined ? undefined : `${early.name} ms rang ${early.nowUs - beganUs} us after it was set`;
}

const ROUNDS = 40;
const ROUND_MS = 10;

function findWrongRound(records: readonly ObservedRecord[]): string | undefined {
  const rounds = rungIn(records).filter(({ name }) => name === 'round');
  if (rounds.length !== ROUNDS) return `${rounds.length} of ${ROUNDS} rounds`;
  const early = rounds.findIndex(({ nowUs }, at) => at > 0 && nowUs - rounds[at - 1]!.nowUs < ROUND_MS * 1000);
  return early < 0 ? undefined : `round ${early + 1} came early`;
}

const NOW: Action = { repeat: 'now', delayMs: 0, times: ROUNDS };

const HOUR_MS = 3_600_000;
const HALF_AN_HOUR_US = 1_800_000_000;

/** The step is seen by the wall clock, both ways, and by nothing else. */
function findWrongClock(records: readonly ObservedRecord[]): string | undefined {
  const rounds = rungIn(records).filter(({ name }) => name === 'round');
  const offsets = rounds.map(({ nowUs, wallUs }) => wallUs - nowUs);
  const steps = offsets.filter((offset, at) => at > 0 && Math.abs(offset - offsets[at - 1]!) > HALF_AN_HOUR_US);
  if (steps.length !== 2) return `${steps.length} steps of the wall clock were seen instead of 2`;
  const back = rounds.findIndex(({ nowUs }, at) => at > 0 && nowUs < rounds[at - 1]!.nowUs);
  if (back >= 0) return 'the monotonic clock went back';
  const length = rounds.at(-1)!.nowUs - rounds[0]!.nowUs;
  return length < HALF_AN_HOUR_US ? findWrongRound(records) : `the monotonic clock counted ${length} us`;
}

function findRevived(records: readonly ObservedRecord[]): string | undefined {
  const revived = rungIn(records).find(({ name, incarnation }) => name === 'old' && incarnation > 1);
  if (revived !== undefined) return `a timer of life 1 rang in life ${revived.incarnation}`;
  return rungIn(records, 'began').length === 2 ? undefined : 'there were not two lives';
}

/** What every world must pass. */
export const timerCases: readonly WorldCase[] = Object.freeze([
  timerCase(
    'rings each timer once, none before its time by the monotonic clock',
    { start: [...DELAYS_MS.map((delayMs) => ({ set: String(delayMs), delayMs })), OVER] },
    (records) => inOrder(`${DELAYS_MS.join(' ')} over`)(records) ?? findEarly(records),
  ),
  timerCase(
    'rings timers of equal deadlines in the order in which they were set, one that was set anew as the last',
    {
      start: [
        ...['c', 'a', 'd', 'b', 'e', 'a'].map((set) => ({ set, delayMs: 30 })),
        { set: 'sooner', delayMs: 10 },
        OVER,
      ],
    },
    inOrder('sooner c d b e a over'),
  ),
  timerCase(
    'rings no timer that was cancelled, not even at its own moment',
    {
      start: [...['a', 'b', 'c'].map((set) => ({ set, delayMs: 30 })), { set: 'd', delayMs: 60 }],
      on: { a: [{ cancel: 'b' }], c: [{ cancel: 'd' }, { set: 'over', delayMs: 60 }] },
    },
    inOrder('a c over'),
  ),
  timerCase(
    'rings a timer that was set anew at its new time only',
    {
      start: [
        { set: 'a', delayMs: 40 },
        { set: 'b', delayMs: 20 },
        { set: 'c', delayMs: 100 },
      ],
      on: { b: [{ set: 'a', delayMs: 120 }], a: [{ set: 'over', delayMs: 60 }] },
    },
    inOrder('b c a over'),
  ),
  timerCase(
    'rings a timer without delay in a later turn, and others after it',
    {
      start: [NOW, { set: 'later', delayMs: 5 }],
      on: { now: [NOW], later: [{ cancel: 'now' }, { set: 'over', delayMs: 20 }] },
    },
    (records) => (/^now (now )*later over$/.test(namesIn(records)) ? undefined : `rang ${namesIn(records)}`),
  ),
  timerCase(
    'never counts a round of a timer that sets itself as shorter than it is',
    {
      start: [{ set: 'round', delayMs: ROUND_MS }],
      on: {
        round: [
          { repeat: 'round', delayMs: ROUND_MS, times: ROUNDS },
          { set: 'over', delayMs: 100 },
        ],
      },
    },
    findWrongRound,
  ),
  ...[HOUR_MS, -HOUR_MS].map((offsetMs) =>
    timerCase(
      `rings by the monotonic clock while the wall clock steps by ${offsetMs / HOUR_MS} h and back`,
      {
        start: [{ set: 'round', delayMs: ROUND_MS }],
        on: {
          round: [
            { repeat: 'round', delayMs: ROUND_MS, times: ROUNDS },
            { set: 'over', delayMs: 400 },
          ],
        },
      },
      findWrongClock,
      [{ kind: 'wall-clock', node: NODE, offsetMs, atMs: 60, forMs: 60 }],
    ),
  ),
  timerCase(
    'rings no timer of an earlier life',
    { start: [{ set: 'over', delayMs: 900 }], startOnce: [{ set: 'old', delayMs: 600 }] },
    findRevived,
    [{ kind: 'restart', node: NODE, atMs: 200, forMs: 50 }],
  ),
]);
