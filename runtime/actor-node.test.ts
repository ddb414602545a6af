import { describe, expect, it } from 'vitest';
import { actor, type ActorSpec, type AnyActorDefinition } from './actor.js';
import { ActorNode, type ActorNodeOptions } from './actor-node.js';
import { firstInFirstOut } from './dispatcher.js';
import type { Envelope } from './envelope.js';
import type { ObservedRecord } from './observation.js';
import type { NodePorts } from './ports.js';
import { randomStream } from './random.js';
import { messages, t } from './schema.js';
import type { NodeStorage, StorageEvents, StorageWrite } from './storage/storage.js';
import type { Durable } from './actor.js';

/** A storage in memory whose syncs end when the test says so. */
class HandSyncedStorage implements NodeStorage {
  durableLsn = 0;
  lastLsn = 0;
  readonly records: (readonly StorageWrite[])[] = [];
  constructor(
    private readonly events: StorageEvents,
    private readonly found: ReadonlyMap<string, Durable> = new Map(),
    private readonly lives = 0,
  ) {}
  open(): void {
    this.events.recovered({ actors: this.found, lastLsn: 0, incarnation: this.lives, tornBytes: 0 });
    this.sync();
  }
  append(writes: readonly StorageWrite[]): number {
    this.records.push(writes);
    return ++this.lastLsn;
  }
  appendIncarnation(): number {
    return ++this.lastLsn;
  }
  imageOf(actorPath: string): Durable | undefined {
    const cells = new Map(this.found.get(actorPath)?.cells ?? []);
    for (const write of this.records.flat())
      if (write.kind === 'put' && write.actor === actorPath) cells.set(write.cell, write.value);
    return cells.size === 0 ? undefined : { cells, log: { firstIndex: 1, entries: [] }, snapshot: undefined };
  }
  sync(): void {
    if (this.durableLsn === this.lastLsn) return;
    this.durableLsn = this.lastLsn;
    this.events.durable(this.durableLsn);
  }
}

class Bench {
  readonly sent: Envelope[] = [];
  readonly observed: ObservedRecord[] = [];
  readonly timers = new Map<number, number>();
  readonly works: { workId: number; kind: string }[] = [];
  readonly cancelledWorks: number[] = [];
  halted = '';
  nowUs = 0;
  storage!: HandSyncedStorage;
  readonly node: ActorNode;

  constructor(
    actors: readonly ActorSpec[],
    options: Partial<ActorNodeOptions> & { found?: ReadonlyMap<string, Durable>; lives?: number } = {},
  ) {
    const ports: NodePorts = {
      clock: { monotonicUs: () => this.nowUs, wallUs: () => this.nowUs },
      timers: {
        set: (token, delayUs) => void this.timers.set(token, this.nowUs + delayUs),
        cancel: (token) => void this.timers.delete(token),
      },
      network: { send: (envelope) => void this.sent.push(envelope) },
      disk: undefined as never,
      work: {
        start: (workId, kind) => void this.works.push({ workId, kind }),
        cancel: (workId) => void this.cancelledWorks.push(workId),
      },
      calendar: undefined as never,
      random: (name) => randomStream(name),
      observe: (record) => void this.observed.push(record),
      halted: (reason) => void (this.halted = reason),
    };
    const storage = (events: StorageEvents): NodeStorage =>
      (this.storage = new HandSyncedStorage(events, options.found, options.lives));
    this.node = new ActorNode({ node: 'n1', actors, ports, storage, pick: firstInFirstOut, ...options });
    this.node.start();
  }

  /** A message from another node. */
  tell(to: string, message: Envelope['message'], extra: Partial<Envelope> = {}): void {
    const base = { from: 'n2/peer', to, incarnation: 1, toIncarnation: 0, sequence: 1, causeStep: 1, lamport: 1 };
    this.node.receive({ ...base, traceparent: '', schemaVersion: 1, correlation: 0, stamp: 0, message, ...extra });
  }
  advance(us: number): void {
    this.nowUs += us;
    for (const [token, atUs] of [...this.timers].sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
      if (atUs > this.nowUs || !this.timers.delete(token)) continue;
      this.node.timerFired(token);
    }
  }
  types(): string[] {
    return this.observed.map((record) => record.observation.type).filter((type) => type !== 'node-started');
  }
}

const Probe = messages('probe', {
  go: { n: t.int },
  ack: { n: t.int },
  fail: {},
  tick: {},
});

function root(definition: AnyActorDefinition, supervision?: ActorSpec['supervision']): ActorSpec[] {
  return [{ name: 'a', definition, params: null, ...(supervision === undefined ? {} : { supervision }) }];
}

describe('output commit', () => {
  const writer = actor(Probe, {
    init: () => ({ count: 0 }),
    on: {
      go(context, state, { n }) {
        state.count += n;
        context.save(state);
        context.observe({ type: 'counted', count: state.count });
        context.reply({ type: 'ack', n: state.count });
      },
      tick: (context) => context.send('n2/peer', { type: 'tick' }, { beforeDurable: true }),
    },
  });

  it('holds replies and observations until the record they rest on is durable, and keeps their order', () => {
    const bench = new Bench(root(writer));
    bench.tell('n1/a', { type: 'go', n: 2 } as never);
    bench.tell('n1/a', { type: 'go', n: 3 } as never);
    expect(bench.sent).toEqual([]);
    expect(bench.types()).toEqual([]);
    bench.storage.sync();
    expect(bench.sent.map((e) => e.message)).toEqual([
      { type: 'ack', n: 2 },
      { type: 'ack', n: 5 },
    ]);
    expect(bench.types()).toEqual(['counted', 'counted']);
  });

  it('holds what another actor of the node sends because of an unsynced write', () => {
    const relay = actor(Probe, {
      init: () => ({}),
      on: { go: (context, _state, { n }) => context.send('n2/peer', { type: 'ack', n }) },
    });
    const source = actor(Probe, {
      init: () => ({ n: 0 }),
      on: {
        go(context, state, { n }) {
          context.save(state);
          context.send('n1/relay', { type: 'go', n });
        },
      },
    });
    const bench = new Bench([...root(source), { name: 'relay', definition: relay, params: null }]);
    bench.tell('n1/a', { type: 'go', n: 7 } as never);
    expect(bench.sent).toEqual([]);
    bench.storage.sync();
    expect(bench.sent.map((e) => e.message)).toEqual([{ type: 'ack', n: 7 }]);
  });

  it('lets only what says so out before that', () => {
    const bench = new Bench(root(writer));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'tick' });
    expect(bench.sent.map((e) => e.message.type)).toEqual(['tick']);
  });
});

describe('a turn', () => {
  it('that throws has no effects, and the actor restarts with what it had saved', () => {
    const fragile = actor(Probe, {
      init: () => ({ count: 0 }),
      on: {
        go(context, state, { n }) {
          state.count += n;
          context.save(state);
          context.observe({ type: 'count', count: state.count });
        },
        fail(context, state) {
          state.count = 999;
          context.observe({ type: 'never' });
          context.send('n2/peer', { type: 'tick' });
          throw new Error('on purpose');
        },
      },
    });
    const bench = new Bench(root(fragile));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'fail' });
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.storage.sync();
    expect(bench.types()).toEqual(['count', 'actor-failed', 'actor-restarted', 'count']);
    expect(bench.node.stateOf('a')).toEqual({ count: 2 });
    expect(bench.sent).toEqual([]);
  });

  it('does not share a message with its receiver', () => {
    const seen: number[][] = [];
    const Lists = messages('lists', { list: { items: t.array(t.int) }, go: {} });
    const receiver = actor(Lists, {
      init: () => ({}),
      on: { list: (_c, _s, { items }) => void seen.push(items as number[]) },
    });
    const sender = actor(Lists, {
      init: () => ({ items: [1] }),
      on: {
        go(context, state) {
          context.send('n1/b', { type: 'list', items: state.items });
          state.items.push(2);
        },
      },
    });
    const bench = new Bench([...root(sender), { name: 'b', definition: receiver, params: null }]);
    bench.tell('n1/a', { type: 'go' });
    expect(seen).toEqual([[1]]);
  });

  it('refuses its context afterwards', () => {
    let kept: { observe(o: { type: string }): void } | undefined;
    const hoarder = actor(Probe, { init: () => ({}), on: { go: (context) => void (kept = context) } });
    const bench = new Bench(root(hoarder));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    expect(() => kept?.observe({ type: 'late' })).toThrow('outside of its turn');
  });
});

describe('supervision', () => {
  const failing = actor(Probe, {
    init: () => ({}),
    on: {
      fail() {
        throw new Error('on purpose');
      },
    },
  });

  it('gives up when restarts come too often, and a root that is given up halts the node', () => {
    const bench = new Bench(root(failing, { strategy: 'restart', maxRestarts: 2, withinMs: 1000 }));
    for (let i = 0; i < 3; i++) bench.tell('n1/a', { type: 'fail' });
    expect(bench.halted).toContain('gave-up');
    expect(bench.node.status).toBe('halted');
  });

  it('forgets restarts that are long past', () => {
    const bench = new Bench(root(failing, { strategy: 'restart', maxRestarts: 2, withinMs: 1000 }));
    for (let i = 0; i < 5; i++) {
      bench.tell('n1/a', { type: 'fail' });
      bench.advance(600_000);
    }
    expect(bench.node.status).toBe('up');
  });

  it('tells watchers of a child that ended, and one-for-all restarts the siblings', () => {
    const parent = actor(Probe, {
      init: () => ({ ended: [] as string[] }),
      start(context) {
        context.watch(context.spawn('x', failing, null));
        context.spawn('y', failing, null);
      },
      on: {},
      supervises: { strategy: 'one-for-all', maxRestarts: 1, withinMs: 1000 },
      signals: { terminated: (_context, state, ended, reason) => void state.ended.push(`${ended} ${reason}`) },
    });
    const bench = new Bench(root(parent));
    bench.tell('n1/a/x', { type: 'fail' });
    expect(bench.types()).toEqual(['actor-failed', 'actor-restarted', 'actor-restarted']);
    bench.tell('n1/a/x', { type: 'fail' });
    expect(bench.node.stateOf('a')).toEqual({ ended: ['n1/a/x gave-up'] });
    expect(bench.node.actorPaths()).toEqual(['a', 'a/y']);
  });
});

describe('timers and questions', () => {
  const timed = actor(Probe, {
    init: () => ({ log: [] as string[] }),
    on: {
      go(context, state, { n }) {
        if (n === 1) context.setTimer('t', 10, { type: 'tick' });
        if (n === 2) context.cancelTimer('t');
        if (n === 3) context.ask('n2/peer', { type: 'tick' }, { timeoutMs: 50, tag: 'why' });
        state.log.push(`go ${n}`);
      },
      tick: (_context, state) => void state.log.push('tick'),
      ack: (context, state, { n }) =>
        void state.log.push(`answer ${n} ${context.answers} ${String(context.answerTag)}`),
    },
    signals: { askTimedOut: (_context, state, { tag }) => void state.log.push(`timed out ${String(tag)}`) },
  });
  const log = (bench: Bench): string[] => (bench.node.stateOf('a') as { log: string[] }).log;

  it('a timer that was replaced fires once, a cancelled one never', () => {
    const bench = new Bench(root(timed));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.advance(5_000);
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.advance(5_000);
    expect(log(bench)).toEqual(['go 1', 'go 1']);
    bench.advance(5_000);
    expect(log(bench).at(-1)).toBe('tick');
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'go', n: 2 } as never);
    bench.advance(1_000_000);
    expect(log(bench).filter((line) => line === 'tick')).toHaveLength(1);
  });

  it('an answer closes its question, a late one is a dead letter', () => {
    const bench = new Bench(root(timed));
    bench.tell('n1/a', { type: 'go', n: 3 } as never);
    const asked = bench.sent[0]?.correlation ?? 0;
    expect(asked).toBeGreaterThan(0);
    bench.tell('n1/a', { type: 'ack', n: 9 } as never, { correlation: -asked, toIncarnation: 1 });
    bench.advance(1_000_000);
    expect(log(bench)).toEqual(['go 3', `answer 9 ${asked} why`]);
    bench.tell('n1/a', { type: 'go', n: 3 } as never);
    bench.advance(1_000_000);
    expect(log(bench).at(-1)).toBe('timed out why');
    bench.tell('n1/a', { type: 'ack', n: 9 } as never, { correlation: -(bench.sent[1]?.correlation ?? 0) });
    expect(bench.node.deadLetterCounts.get('late-answer')).toBe(1);
  });

  it('a message for another incarnation is not delivered', () => {
    const bench = new Bench(root(timed), { lives: 4 });
    expect(bench.node.incarnation).toBe(5);
    bench.tell('n1/a', { type: 'go', n: 9 } as never, { toIncarnation: 4 });
    expect(bench.node.deadLetterCounts.get('other-incarnation')).toBe(1);
  });
});

describe('mailboxes', () => {
  it('drop what exceeds the capacity by the policy named', () => {
    const flooding = (overflow: 'drop-newest' | 'drop-oldest'): unknown => {
      const slow = actor(Probe, {
        init: () => ({ got: [] as number[] }),
        mailbox: { capacity: 2, overflow },
        on: { go: (_context, state, { n }) => void state.got.push(n) },
      });
      const flooder = actor(Probe, {
        init: () => ({}),
        on: {
          tick(context) {
            for (let n = 1; n <= 4; n++) context.send('n1/b', { type: 'go', n });
          },
        },
      });
      const bench = new Bench([...root(flooder), { name: 'b', definition: slow, params: null }]);
      bench.tell('n1/a', { type: 'tick' });
      expect(bench.node.deadLetterCounts.get('mailbox-full')).toBe(2);
      return bench.node.stateOf('b');
    };
    expect(flooding('drop-newest')).toEqual({ got: [1, 2] });
    expect(flooding('drop-oldest')).toEqual({ got: [3, 4] });
  });

  it('keep stashed messages in order, before what waits', () => {
    const stashing = actor(Probe, {
      init: () => ({ isOpen: false, got: [] as number[] }),
      on: {
        go(context, state, { n }) {
          if (state.isOpen) state.got.push(n);
          else context.stash();
        },
        tick(context, state) {
          state.isOpen = true;
          context.unstashAll();
          context.send('n1/a', { type: 'go', n: 4 });
        },
      },
    });
    const bench = new Bench(root(stashing));
    for (const n of [1, 2, 3]) bench.tell('n1/a', { type: 'go', n } as never);
    bench.tell('n1/a', { type: 'tick' });
    expect(bench.node.stateOf('a')).toEqual({ isOpen: true, got: [1, 2, 3, 4] });
  });

  it('endless loops halt the node instead of hanging it', () => {
    const looping = actor(Probe, {
      init: () => ({}),
      on: { tick: (context) => context.send(context.self, { type: 'tick' }) },
    });
    const bench = new Bench(root(looping), { maxTurnsPerEvent: 1000 });
    bench.tell('n1/a', { type: 'tick' });
    expect(bench.halted).toContain('endless loop');
  });

  it('refuse malformed messages from the wire', () => {
    const bench = new Bench(
      root(actor(Probe, { init: () => ({ n: 0 }), on: { go: (_c, s, { n }) => void (s.n = n) } })),
      { checkIncoming: true },
    );
    bench.tell('n1/a', { type: 'go', n: 'x' } as never);
    bench.tell('n1/a', { type: 'go' });
    bench.tell('n1/a', { type: 'constructor' });
    expect(bench.node.deadLetterCounts.get('malformed')).toBe(3);
  });
});

describe('work', () => {
  it('starts only when what it rests on is durable, and is not told after a cancel', () => {
    const working = actor(Probe, {
      init: () => ({ done: [] as string[], workId: 0 }),
      on: {
        go(context, state) {
          context.save({});
          state.workId = context.startWork('shell', null, 'tag');
        },
        fail: (context, state) => context.cancelWork(state.workId),
      },
      signals: { workDone: (_context, state, { tag }, result) => void state.done.push(`${String(tag)} ${result.ok}`) },
    });
    const bench = new Bench(root(working));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    expect(bench.works).toEqual([]);
    bench.storage.sync();
    expect(bench.works).toEqual([{ workId: 1, kind: 'shell' }]);
    bench.node.workDone(1, { ok: true, value: null });
    expect((bench.node.stateOf('a') as { done: string[] }).done).toEqual(['tag true']);
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'fail' });
    bench.storage.sync();
    expect(bench.works).toHaveLength(1);
  });
});
