import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import { inCluster, type OnlyThisFault } from './only-this-fault.fixture.js';

// What starts, stands still, loses its disk or meets another build, and the mistakes of whoever did not think of it.

const words = messages('word', {
  tick: {},
  begin: {},
  settled: {},
  promote: {},
  question: {},
  word: { n: t.int, version: t.int },
});

const crashLoop = inCluster({
  kind: 'crash-loop',
  mistake: 'a node that throws its data away after three starts that it did not live through',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({ attempts: 0 }),
        recover: ({ cells }) => ({ attempts: Number(cells.get('attempts') ?? 0) }),
        start(context, state) {
          context.storage.put('attempts', ++state.attempts);
          context.setTimer('settled', 30, { type: 'settled' });
          if (state.attempts > 3) context.observe({ type: 'threw-away' });
        },
        on: { settled: (context) => context.storage.put('attempts', 0) },
      }),
    },
  ],
  property: () => ({
    observe: ({ node, observation: { type } }) => (type === 'threw-away' ? `${node} threw its data away` : undefined),
  }),
});

const LATE_MS = 25;

const slowNode = inCluster({
  kind: 'slow-node',
  mistake: 'a node that takes the second late timer in a row for impossible: whoever stood still runs again',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({ dueMs: 0, late: 0 }),
        start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
        on: {
          tick(context, state) {
            const nowMs = context.nowMs();
            state.late = state.dueMs > 0 && nowMs - state.dueMs > LATE_MS ? state.late + 1 : 0;
            if (state.late > 1) context.observe({ type: 'cannot-be' });
            state.dueMs = nowMs + 2;
            context.setTimer('tick', 2, { type: 'tick' });
            if (context.node !== 'b') context.send('b/x', { type: 'word', n: 0, version: 1 });
          },
        },
      }),
    },
  ],
  property: () => ({
    observe: ({ node, observation: { type } }) => (type === 'cannot-be' ? `${node} is late twice in a row` : undefined),
  }),
});

const wipe = inCluster({
  kind: 'wipe',
  mistake: 'a node that numbers what it makes by its incarnation and a count, and takes that for unique',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({ made: 0 }),
        start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
        on: {
          tick(context, state) {
            context.setTimer('tick', 2, { type: 'tick' });
            context.observe({ type: 'made', id: `${context.node}/${context.incarnation}/${++state.made}` });
          },
        },
      }),
    },
  ],
  property: () => {
    const ids = new Set<unknown>();
    return {
      observe({ observation: { type, id } }) {
        if (type !== 'made') return undefined;
        if (ids.has(id)) return `${String(id)} was made twice`;
        ids.add(id);
        return undefined;
      },
    };
  },
});

const PROMOTED_AT_MS = 50;
const ASKED_AT_MS = 100;
const ASKED_AGAIN_AT_MS = 500;

const replace = inCluster({
  kind: 'replace',
  mistake: 'a voter that takes an incarnation above the first for the proof that its disk is its own',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({ voted: '', isMember: false }),
        recover: ({ cells }) => ({ voted: String(cells.get('voted') ?? ''), isMember: false }),
        start(context, state) {
          // A new member votes when it was told that it is one; who was here before knows.
          state.isMember = context.incarnation > 1;
          if (context.incarnation > 1) return;
          if (context.node === 'a') context.setTimer('promote', PROMOTED_AT_MS, { type: 'settled' });
          const askAtMs = context.node === 'a' ? ASKED_AT_MS : ASKED_AGAIN_AT_MS;
          if (context.node !== 'b') context.setTimer('ask', askAtMs, { type: 'tick' });
        },
        on: {
          settled: (context) => context.send('b/x', { type: 'promote' }),
          tick: (context) => context.send('b/x', { type: 'question' }),
          promote(_context, state) {
            state.isMember = true;
          },
          question(context, state) {
            if (!state.isMember || state.voted !== '') return;
            context.storage.put('voted', (state.voted = context.sender));
            context.observe({ type: 'voted', voted: state.voted });
          },
        },
      }),
    },
  ],
  property: () => {
    const votes = new Set<unknown>();
    return {
      observe({ observation: { type, voted } }) {
        if (type === 'voted') votes.add(voted);
        return votes.size > 1 ? `b voted for ${[...votes].join(' and ')}` : undefined;
      },
    };
  },
});

const THOUSANDTHS = 1_000;
/** More than a crash can hide of what was counted. */
const LEAP = 50;

/** Counts durably: the old build in ones, the new one in thousandths, of which the old one knows nothing. */
function counting(unit: number): ReturnType<Parameters<typeof inCluster>[0]['program']> {
  const definition = actor(words, {
    init: () => ({ count: 0 }),
    recover: ({ cells }) => {
      const stored = Number(cells.get('count') ?? 0);
      const storedUnit = unit === 1 ? 1 : Number(cells.get('unit') ?? 1);
      return { count: Math.floor(stored / storedUnit) };
    },
    start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
    on: {
      tick(context, state) {
        context.setTimer('tick', 2, { type: 'tick' });
        context.storage.put('count', ++state.count * unit);
        if (unit !== 1) context.storage.put('unit', unit);
        context.observe({ type: 'count', count: state.count });
      },
    },
  });
  return [{ name: 'x', definition, params: null }];
}

const switchProgram = inCluster({
  kind: 'switch-program',
  mistake: 'a new build that writes what the old one misreads when it comes back',
  program: () => counting(1),
  next: () => counting(THOUSANDTHS),
  property: () => {
    const last = new Map<string, number>();
    return {
      observe({ node, observation: { type, count } }) {
        if (type !== 'count') return undefined;
        const before = last.get(node) ?? 0;
        last.set(node, Number(count));
        return Number(count) > before + LEAP ? `${node} counts ${Number(count)} after ${before}` : undefined;
      },
    };
  },
});

/** The new build says its numbers from another beginning once it has heard another new one: then all are new, or so it believes. */
function speaking(version: number): ReturnType<Parameters<typeof inCluster>[0]['program']> {
  const definition = actor(words, {
    init: () => ({ n: 0, isNewTongue: false }),
    recover: () => ({ n: 0, isNewTongue: false }),
    start: (context) => context.setTimer('tick', 5, { type: 'tick' }),
    on: {
      tick(context, state) {
        context.setTimer('tick', 5, { type: 'tick' });
        state.n++;
        const n = state.isNewTongue ? -state.n : state.n;
        for (const peer of ['a', 'b', 'c'])
          if (peer !== context.node) context.send(`${peer}/x`, { type: 'word', n, version });
      },
      word(context, state, { n, version: other }) {
        if (version > 1 && other > 1) state.isNewTongue = true;
        if (version === 1) context.observe({ type: 'understood', n });
      },
    },
  });
  return [{ name: 'x', definition, params: null }];
}

const rollingUpgrade = inCluster({
  kind: 'rolling-upgrade',
  mistake: 'a new build that speaks as only new ones understand as soon as there are two',
  program: () => speaking(1),
  next: () => speaking(2),
  property: () => ({
    observe: ({ node, observation: { type, n } }) =>
      type === 'understood' && Number(n) < 0 ? `${node} understood ${String(n)}` : undefined,
  }),
});

export const processMistakes: readonly OnlyThisFault[] = [
  crashLoop,
  slowNode,
  wipe,
  replace,
  switchProgram,
  rollingUpgrade,
];
