import { describe, expect, it } from 'vitest';
import { actor, type ActorSpec, type AnyActorDefinition, type Supervision } from './actor.js';
import { assert } from './assert.js';
import type { Context } from './context.js';
import { HandDrivenNode } from './hand-driven-node.fixture.js';
import { messages, t } from './schema.js';

const Life = messages('life', { go: { n: t.int }, tell: { n: t.int }, fail: {}, tick: {} });

function root(definition: AnyActorDefinition, supervision?: Supervision): ActorSpec[] {
  return [{ name: 'a', definition, params: null, ...(supervision === undefined ? {} : { supervision }) }];
}

function go(bench: HandDrivenNode, to: string, n = 1): void {
  bench.tell(to, { type: 'go', n } as never);
}

const ended = (bench: HandDrivenNode): unknown => (bench.node.stateOf('a') as { ended: string[] }).ended;

describe('the end of an actor', () => {
  /** Watches a child of the definition given and notes how it ends. */
  const watching = (child: AnyActorDefinition, supervises?: Supervision): AnyActorDefinition =>
    actor(Life, {
      init: () => ({ ended: [] as string[] }),
      start: (context) => context.watch(context.spawn('x', child as typeof quiet, null)),
      on: {
        go: (context) => context.stop(`${context.self}/x`),
        tick: (context) => context.send('n2/peer', { type: 'tick' }),
      },
      ...(supervises === undefined ? {} : { supervises }),
      signals: {
        terminated(context, state, who, reason) {
          state.ended.push(`${who} ${reason}`);
          context.send('n2/peer', { type: 'tick' });
        },
      },
    });
  const quiet = actor(Life, { init: () => ({}), on: {} });

  it('is told no sooner than what the ended one wrote is durable', () => {
    const lastWords = actor(Life, {
      init: () => ({}),
      on: {
        go(context) {
          context.storage.put('done', true);
          context.stop(context.self);
        },
      },
    });
    const bench = new HandDrivenNode(root(watching(lastWords)));
    go(bench, 'n1/a/x');
    expect(ended(bench)).toEqual(['n1/a/x stopped']);
    expect(bench.sent).toEqual([]);
    bench.storage.sync();
    expect(bench.sent.map(({ message }) => message.type)).toEqual(['tick']);
  });

  it('comes after all other effects of the turn that asked for it', () => {
    const leaving = actor(Life, {
      init: () => ({}),
      on: {
        go(context) {
          context.stop(context.self);
          context.spawn('late', quiet, null);
          context.startWork('shell', null);
          context.setTimer('t', 1, { type: 'tick' });
        },
      },
    });
    const bench = new HandDrivenNode(root(watching(leaving)));
    go(bench, 'n1/a/x');
    expect(bench.node.actorPaths()).toEqual(['a']);
    expect(bench.cancelledWorks).toEqual([1]);
    expect(bench.timers.size).toBe(0);
  });

  it.each([
    ['an assertion', () => assert(false, 'on purpose')],
    [
      'an error',
      () => {
        throw new Error('on purpose');
      },
    ],
  ])('is told once, and is no restart, where its last turn fails with %s', (_what, fail) => {
    const clumsy = actor(Life, { init: () => ({}), on: {}, signals: { stopping: fail } });
    const bench = new HandDrivenNode(root(watching(clumsy)));
    go(bench, 'n1/a');
    expect(ended(bench)).toEqual(['n1/a/x stopped']);
    expect(bench.types()).toEqual(['actor-failed']);
    expect(bench.node.status).toBe('up');
  });

  it('may be asked for again in its last turn', () => {
    const eager = actor(Life, {
      init: () => ({}),
      on: {},
      signals: { stopping: (context) => context.stop(context.self) },
    });
    const bench = new HandDrivenNode(root(watching(eager)));
    go(bench, 'n1/a');
    expect(ended(bench)).toEqual(['n1/a/x stopped']);
  });

  it('leaves what was written last to rest on what its parent knew', () => {
    const lastWords = actor(Life, {
      init: () => ({}),
      on: {},
      signals: { stopping: (context) => context.send('n2/peer', { type: 'tick' }) },
    });
    const parent = actor(Life, {
      init: () => ({}),
      start: (context) => void context.spawn('x', lastWords, null),
      on: {
        go(context) {
          context.storage.put('stopped', true);
          context.stop(`${context.self}/x`);
        },
      },
    });
    const bench = new HandDrivenNode(root(parent));
    go(bench, 'n1/a');
    expect(bench.sent).toEqual([]);
    bench.storage.sync();
    expect(bench.sent).toHaveLength(1);
  });
});

describe('a restart', () => {
  const oneForAll: Supervision = { strategy: 'one-for-all', maxRestarts: 1, withinMs: 1000 };

  it('gives one first turn, also to a sibling that had not had its own', () => {
    let failures = 0;
    const failsOnce = actor(Life, {
      init: () => ({}),
      start() {
        if (failures++ === 0) throw new Error('on purpose');
      },
      on: {},
    });
    const counting = actor(Life, {
      init: () => ({ starts: 0 }),
      start: (_context, state) => void state.starts++,
      on: {},
    });
    const parent = actor(Life, {
      init: () => ({}),
      start(context) {
        context.spawn('x', failsOnce, null);
        context.spawn('y', counting, null);
      },
      on: {},
      supervises: oneForAll,
    });
    const bench = new HandDrivenNode(root(parent));
    expect(bench.node.stateOf('a/y')).toEqual({ starts: 1 });
  });

  it('brings back nobody who was given up meanwhile', () => {
    let isBroken = false;
    const breaking = actor(Life, {
      init: () => {
        if (isBroken) throw new Error('on purpose');
        return {};
      },
      on: {
        go() {
          isBroken = true;
          throw new Error('on purpose');
        },
      },
    });
    const parent = actor(Life, {
      init: () => ({}),
      start: (context) => {
        for (const name of ['x', 'y', 'z']) context.spawn(name, breaking, null);
      },
      on: {},
      supervises: oneForAll,
    });
    const bench = new HandDrivenNode(root(parent));
    go(bench, 'n1/a/z');
    expect(bench.node.actorPaths()).toEqual(['a']);
  });

  it('begins with the parameters as they were given, whatever the state did to its own', () => {
    const greedy = actor(Life, {
      init: (params: { readonly items: number[]; kept?: number[] }) =>
        params as { items: number[]; kept?: readonly number[] },
      start(_context, state, params) {
        state.kept = params.items;
      },
      on: {
        go(_context, state, { n }) {
          state.items.push(n);
          (state.kept as number[]).push(n);
        },
        fail() {
          throw new Error('on purpose');
        },
      },
    });
    const params = { items: [1] };
    const bench = new HandDrivenNode([{ name: 'a', definition: greedy, params }]);
    go(bench, 'n1/a', 2);
    bench.tell('n1/a', { type: 'fail' });
    expect(bench.node.stateOf('a')).toEqual({ items: [1], kept: [1] });
    expect(params).toEqual({ items: [1] });
  });
});

describe('bad times and indexes', () => {
  it.each([
    ['a time-out that is no number', (c: Context) => c.ask('n2/b', { type: 'tick' }, { timeoutMs: NaN })],
    ['a time-out before now', (c: Context) => c.ask('n2/b', { type: 'tick' }, { timeoutMs: -1 })],
    ['a timer that is no number', (c: Context) => c.setTimer('t', NaN, { type: 'tick' })],
    ['an index that is no number', (c: Context) => c.storage.compact(NaN)],
    ['an index between two', (c: Context) => c.storage.truncate(1.5)],
  ])('fail the turn of their actor, not the node beneath it: %s', (_what, doing) => {
    const careless = actor(Life, {
      init: () => ({}),
      on: { go: (context) => void doing(context as unknown as Context) },
    });
    const parent = actor(Life, { init: () => ({}), start: (c) => void c.spawn('x', careless, null), on: {} });
    const bench = new HandDrivenNode(root(parent));
    expect(() => go(bench, 'n1/a/x')).not.toThrow();
    bench.storage.sync();
    expect(bench.observed.at(-1)?.observation).toEqual({ type: 'actor-failed', actor: 'a/x', assertion: true });
    expect(bench.node.status).toBe('up');
    expect(bench.timers.size).toBe(0);
  });
});

describe('a delay that nobody will see the end of', () => {
  it('is a whole number of microseconds all the same', () => {
    const patient = actor(Life, {
      init: () => ({}),
      start(context) {
        context.setTimer('t', 1e300, { type: 'tick' });
        context.ask('n2/b', { type: 'tick' }, { timeoutMs: Number.MAX_VALUE });
      },
      on: {},
    });
    const bench = new HandDrivenNode(root(patient));
    const delays = [...bench.timers.values()];
    expect(delays).toHaveLength(2);
    for (const delayUs of delays) expect(delayUs).toSatisfy(Number.isSafeInteger);
  });
});

describe('what an actor has stashed', () => {
  /** Stashes `go`; `tell` fails, `fail` stops, `tick` takes back what was stashed. */
  const stashing = actor(Life, {
    init: () => ({}),
    on: {
      go: (context) => context.stash(),
      tell: () => {
        throw new Error('on purpose');
      },
      fail: (context) => context.stop(context.self),
      tick: (context) => context.unstashAll(),
    },
  });
  const counts = (bench: HandDrivenNode): Record<string, number> => Object.fromEntries(bench.node.deadLetterCounts);

  it('becomes dead letters when it is restarted, once', () => {
    const bench = new HandDrivenNode(root(stashing));
    for (const n of [1, 2, 3]) go(bench, 'n1/a', n);
    expect(counts(bench)).toEqual({});
    bench.tell('n1/a', { type: 'tell', n: 0 } as never);
    expect(bench.types()).toEqual(['actor-failed', 'actor-restarted']);
    expect(counts(bench)).toEqual({ restarted: 3 });
    bench.tell('n1/a', { type: 'tell', n: 0 } as never);
    bench.tell('n1/a', { type: 'tick' } as never);
    expect(counts(bench)).toEqual({ restarted: 3 });
    expect(bench.node.deadLetters).toBe(3);
  });

  it('becomes dead letters when a sibling takes it along', () => {
    const [spec] = root(stashing, { strategy: 'one-for-all', maxRestarts: 3, withinMs: 1000 });
    const bench = new HandDrivenNode([spec!, { ...spec!, name: 'b' }]);
    go(bench, 'n1/b');
    bench.tell('n1/a', { type: 'tell', n: 0 } as never);
    expect(counts(bench)).toEqual({ restarted: 1 });
  });

  it('becomes dead letters when it ends', () => {
    const bench = new HandDrivenNode(root(stashing));
    go(bench, 'n1/a');
    bench.tell('n1/a', { type: 'fail' } as never);
    expect(counts(bench)).toEqual({ 'no-such-actor': 1 });
  });
});
